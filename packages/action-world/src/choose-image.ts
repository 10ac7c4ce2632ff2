import { systemClock } from '@release-actions/action-kit'
import type { Http } from '@release-actions/http'
import { formatImage, parseImage, shortDigest } from '@release-actions/values'

export interface ChosenImage {
  /** To write into the pod's spec: by digest wherever one is known. */
  readonly image: string
  readonly digest: string | undefined
  /** What to call it when the user does not say: the tag, else the short digest. */
  readonly name: string
  /** Why the tag could not be resolved; undefined when it could. */
  readonly unresolved: string | undefined
}

/**
 * The image that is released. A tag is resolved to the digest that the registry names now, so that what is judged is
 * what is promoted. Where the registry cannot be asked from here, the tag itself is used, and that is said.
 * @throws InvalidInput for what is no image; NotFound when the registry has none of that name
 */
export async function chooseImage(text: string, http: Http, env: NodeJS.ProcessEnv): Promise<ChosenImage> {
  const ref = parseImage('image', text)
  const name = ref.tag ?? (ref.digest === undefined ? 'latest' : shortDigest(ref.digest))
  if (ref.digest !== undefined) return { image: text.trim(), digest: ref.digest, name, unresolved: undefined }
  const { resolveDigest } = await import('@release-actions/artifact')
  const resolved = await resolveDigest(ref, { http, env, clock: systemClock() })
  if ('unresolved' in resolved)
    return { image: text.trim(), digest: undefined, name, unresolved: resolved.unresolved }
  const pinned = { repository: ref.repository, tag: undefined, digest: resolved.digest }
  return { image: formatImage(pinned), digest: resolved.digest, name, unresolved: undefined }
}
