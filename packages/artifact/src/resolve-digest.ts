import type { Http } from '@release-actions/http'
import type { Clock } from '@release-actions/ports'
import {
  Cancelled,
  Forbidden,
  formatImage,
  messageOf,
  NotFound,
  ReleaseError,
  type ImageRef,
} from '@release-actions/values'
import { registryOf } from './address.ts'
import { openRegistry } from './registry/client.ts'

export interface ResolveOptions {
  readonly http: Http
  readonly clock: Clock
  /** For `DOCKER_CONFIG`. */
  readonly env: NodeJS.ProcessEnv
  readonly signal?: AbortSignal
  readonly mask?: (secrets: readonly string[]) => void
}

/** A tag can be used as it is where the registry does not tell: nobody waits long for it. */
const PATIENCE = { attempts: 3, deadline: 15_000 }

export type Resolved =
  | { readonly digest: string }
  /** The registry did not tell; the sentence says why. The pods will: the release can go on without. */
  | { readonly unresolved: string }

/**
 * The digest that a tag names now.
 * @throws NotFound when the registry says that there is no such image; Cancelled
 */
export async function resolveDigest(image: ImageRef, options: ResolveOptions): Promise<Resolved> {
  if (image.digest !== undefined) return { digest: image.digest }
  const { host } = registryOf(image.repository)
  const what = formatImage(image)
  const { signal = new AbortController().signal, ...others } = options
  try {
    const registry = openRegistry(image.repository, { ...others, signal, patience: PATIENCE })
    const found = await registry.head(image.tag ?? 'latest')
    if (found !== undefined) return { digest: found.digest }
  } catch (error) {
    if (error instanceof Cancelled || !(error instanceof ReleaseError)) throw error
    const fix = error instanceof Forbidden ? ', or give the image by digest' : ''
    return { unresolved: `the digest of ${what} is not known: ${messageOf(error)}${fix}` }
  }
  throw new NotFound(`there is no image ${what} in ${host}`, {
    object: `image ${what}`,
    fix: ['push it first, or correct the input image'],
  })
}
