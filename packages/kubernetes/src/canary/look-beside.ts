import { ReleaseError } from '@release-actions/values'
import type { Client } from '../client.ts'
import { besideTemplate, differencesBeside, patchOf, refusedBeside } from './beside-template.ts'
import type { Target } from './target.ts'

/** The first look at what the manifests' Deployment says beside its template: could it be applied at the end? */
export async function lookBeside(
  client: Client,
  { workload, deployment, manifests }: Target,
  scaled: boolean,
): Promise<{ readonly refused: readonly string[]; readonly warnings: readonly string[] }> {
  if (manifests === undefined) return { refused: [], warnings: [] }
  const refused = refusedBeside(manifests.deployment)
  if (refused.length > 0) return { refused, warnings: [] }
  const wanted = besideTemplate(manifests.deployment)
  const patch = patchOf(differencesBeside(wanted, deployment, scaled))
  const [present, replicas] = [deployment.spec?.replicas ?? 1, Number(wanted.spec['replicas'])]
  const shrinks = !scaled && replicas < present
  return {
    refused: patch.length === 0 ? [] : await dryRun(client, workload, patch),
    warnings: shrinks
      ? [
          `Deployment ${workload} has ${present} replicas and the manifests say ${replicas}: it is scaled down once it is promoted`,
        ]
      : [],
  }
}

/** A field that the server does not take would be found out only when the new version already serves. */
async function dryRun(
  client: Client,
  workload: string,
  patch: ReturnType<typeof patchOf>,
): Promise<readonly string[]> {
  try {
    await client.patch('Deployment', workload, patch, { dryRun: true })
    return []
  } catch (error) {
    const refused =
      error instanceof ReleaseError && (error.code === 'invalid-input' || error.code === 'forbidden')
    if (!refused) throw error
    return [`what the manifests say of Deployment ${workload}: ${[error.message, ...error.why].join('; ')}`]
  }
}
