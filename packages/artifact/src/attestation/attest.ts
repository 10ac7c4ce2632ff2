import type { Attestations } from '@release-actions/ports'
import { Forbidden, messageOf } from '@release-actions/values'

export interface AttestOptions {
  /** What people call it: the repository of the image. */
  readonly name: string
  readonly digest: string
  readonly attestations: Attestations
  /** Public repositories sign for everybody to see; others with GitHub's own instance. */
  readonly visibility: 'public' | 'private'
  /** Whose tokens name the run; default: GitHub's, by GITHUB_SERVER_URL. */
  readonly issuer?: string
}

/**
 * Signs the provenance of a digest, as this run, and stores it with GitHub.
 * @returns the page where people see it
 * @throws Forbidden when the run may not sign, or not store
 */
export async function attestProvenance(options: AttestOptions): Promise<string> {
  const { name, digest, attestations, visibility, issuer } = options
  const { attestProvenance: sign } = await import('@actions/attest')
  const { bundle } = await sign({
    subjects: [{ name, digest: { sha256: digest.replace(/^sha256:/, '') } }],
    // Stored by our own client, which waits for rate limits and names the permission that is missing.
    skipWrite: true,
    token: '',
    sigstore: visibility === 'public' ? 'public-good' : 'github',
    ...(issuer === undefined ? {} : { issuer }),
  }).catch((error: unknown) => {
    throw new Forbidden(`the provenance of ${digest} could not be signed: ${messageOf(error)}`, {
      object: digest,
      fix: [
        'grant the job id-token: write and attestations: write, in the called workflow as in the calling one; private repositories need GitHub Enterprise Cloud; GitHub Enterprise Server has no attestations: attest: false',
      ],
      cause: error,
    })
  })
  return attestations.store(bundle)
}
