import { openGitHub } from '@release-actions/action-world'
import { Forbidden, messageOf } from '@release-actions/values'
import type { Work } from './setting.ts'

// Who vouches for an artifact: whether somebody has, and doing it.

/** What is to be signed, or was. */
export interface Subject {
  /** What people call it: the repository of the image, the name of the file. */
  readonly name: string
  readonly digest: string
  /** This run built it: then it can vouch for it. */
  readonly built: boolean
  /** What the artifact's own record says; undefined: nothing. */
  readonly recorded: string | undefined
}

/** The runner gives the address only to jobs with `id-token: write`. */
function maySign(): boolean {
  return (process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '') !== ''
}

/** This run will sign what it builds. */
export function willSign({ attest, push }: Work['inputs']): boolean {
  return push && attest !== 'false' && maySign()
}

/** Before anything is built. @throws Forbidden when it is to be signed, and may not be */
export function assertMaySign({ attest, push }: Work['inputs']): void {
  if (attest !== 'true' || !push || maySign()) return
  throw new Forbidden('the provenance cannot be signed: the job may not ask for an identity token', {
    fix: ['add to the job: permissions: {id-token: write, attestations: write}'],
  })
}

/**
 * The page of the attestation: one that GitHub has, else one that this run makes.
 * @returns undefined: it is not signed
 * @throws Forbidden with attest: true, when it cannot be signed
 */
export async function signedBy(work: Work, subject: Subject): Promise<string | undefined> {
  return (await attestedBefore(work, subject.digest, subject.recorded)) ?? (await attested(work, subject))
}

/**
 * Whether GitHub has an attestation of a digest. A record beside the artifact says so too, but anybody may write one who
 * may push there: it counts only where GitHub cannot be asked, and that is said.
 * @returns the page of it, where the record has one of GitHub's, else that of all
 */
export async function attestedBefore(
  { inputs, kit, http, warn }: Work,
  digest: string,
  recorded: string | undefined,
): Promise<string | undefined> {
  if (inputs.attest === 'false' && recorded === undefined) return undefined
  const { serverUrl, owner, repo } = kit.context
  const pages = `${serverUrl}/${owner}/${repo}/attestations`
  try {
    const { createAttestations } = await import('@release-actions/github')
    const { github } = await openGitHub(inputs.token, kit, http)
    const found = await createAttestations(github, serverUrl).find(digest)
    if (found.length > 0) return recorded?.startsWith(`${pages}/`) === true ? recorded : pages
    if (recorded !== undefined)
      warn(`the record of ${digest} says that it is signed, but GitHub shows no attestation of it`)
    return undefined
  } catch (error) {
    const asked = `GitHub could not be asked whether ${digest} is signed (${messageOf(error)})`
    if (recorded === undefined) kit.log.debug(asked)
    else warn(`${asked}: that it is, is what its record says`)
    return recorded
  }
}

/** Signs what this run built. What it only found is not signed: somebody else may have put it there. */
async function attested(work: Work, { name, digest, built }: Subject): Promise<string | undefined> {
  const { inputs, kit, http, stages, warn } = work
  if (inputs.attest === 'false' || (inputs.attest === 'auto' && !maySign())) return undefined
  if (!built) {
    warn(`${digest} is not signed: this run did not build it, and GitHub knows no attestation of it`)
    return undefined
  }
  try {
    return await stages.run('Attest', async (say) => {
      const [{ attestProvenance }, { createAttestations }] = await Promise.all([
        import('@release-actions/artifact/attest'),
        import('@release-actions/github'),
      ])
      const { github } = await openGitHub(inputs.token, kit, http)
      const url = await attestProvenance({
        name,
        digest,
        attestations: createAttestations(github, kit.context.serverUrl),
        visibility: visibilityOf(kit.context.event()),
      })
      say(`signed: ${url}`)
      return url
    })
  } catch (error) {
    if (inputs.attest === 'true') throw error
    warn(`the provenance is not signed: ${messageOf(error)}`)
    return undefined
  }
}

function visibilityOf(event: Readonly<Record<string, unknown>>): 'public' | 'private' {
  const repository = event['repository']
  const isPublic =
    typeof repository === 'object' &&
    repository !== null &&
    'visibility' in repository &&
    repository.visibility === 'public'
  return isPublic ? 'public' : 'private'
}
