import type { Kit } from '@release-actions/action-kit'
import type { Http } from '@release-actions/http'
import { Forbidden, InvalidInput } from '@release-actions/values'
import type { ChosenImage } from './choose-image.ts'
import { openGitHub } from './github.ts'

export interface RequiredAttestation {
  /** `sha256:…`; undefined where no registry told it: then nothing can be verified. */
  readonly digest: string | undefined
  readonly token: string | undefined
  /** Workflows that may have signed; undefined: any of this repository's, and the `build.yml` of release-actions. */
  readonly signerWorkflow: readonly string[] | undefined
  /** A file, from the workspace. */
  readonly trustedRoot: string | undefined
}

/**
 * Holds that a digest was built and attested by this repository's own workflow, before anything is touched.
 * @returns the workflow that signed and the commit that was built, in one sentence
 * @throws Forbidden when it was not, and when that cannot be found out
 */
export async function requireAttestation(
  { digest, token, signerWorkflow, trustedRoot }: RequiredAttestation,
  kit: Pick<Kit, 'context' | 'clock' | 'log'>,
  http: Http,
): Promise<string> {
  if (digest === undefined)
    throw new Forbidden(
      'the image is not known by its digest, so nothing can be said of where it was built',
      {
        fix: ['give the image by digest, as build-artifact puts it out, or docker login to its registry'],
      },
    )
  const { context } = kit
  const [{ verifyAttestation }, { createAttestations }, { tmpdir }, { resolve }] = await Promise.all([
    import('@release-actions/artifact/verify'),
    import('@release-actions/github'),
    import('node:os'),
    import('node:path'),
  ])
  const { github } = await openGitHub(token, kit, http)
  const repository = `${context.owner}/${context.repo}`
  const claims = await verifyAttestation({
    digest,
    attestations: createAttestations(github, context.serverUrl),
    serverUrl: context.serverUrl,
    repository,
    signerWorkflows: signerWorkflow ?? trustedByDefault(repository),
    trustedRoot: trustedRoot === undefined ? undefined : resolve(context.workspace, trustedRoot),
    temp: process.env['RUNNER_TEMP'] ?? tmpdir(),
  })
  return `${digest} was built from commit ${claims.commit} and attested by ${claims.workflow}`
}

/**
 * `require-attestation: true` of an action that releases, before anything is touched.
 * @throws Forbidden; InvalidInput for a release by manifests alone, whose images may be several and by tag
 */
export async function assertAttested(
  inputs: Omit<RequiredAttestation, 'digest'> & { readonly requireAttestation: boolean },
  chosen: ChosenImage | undefined,
  kit: Pick<Kit, 'context' | 'clock' | 'log'>,
  http: Http,
): Promise<void> {
  if (!inputs.requireAttestation) return
  if (chosen === undefined)
    throw new InvalidInput('require-attestation', true, 'it together with image, whose digest is verified')
  const { token, signerWorkflow, trustedRoot } = inputs
  const { digest } = chosen
  kit.log.line(await requireAttestation({ digest, token, signerWorkflow, trustedRoot }, kit, http))
}

/** The runner says whose action this is: its `build.yml` is trusted as far as the action is. */
function trustedByDefault(repository: string): readonly string[] {
  const action = process.env['GITHUB_ACTION_REPOSITORY'] ?? ''
  return [
    `${repository}/.github/workflows/`,
    ...(/^[\w.-]+\/[\w.-]+$/.test(action) ? [`${action}/.github/workflows/build.yml`] : []),
  ]
}
