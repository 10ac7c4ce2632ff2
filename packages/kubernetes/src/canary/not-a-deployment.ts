import { Forbidden, NotFound, ReleaseError } from '@release-actions/values'
import type { Client } from '../client.ts'

const OTHERS = [
  { kind: 'StatefulSet', plural: 'statefulsets' },
  { kind: 'DaemonSet', plural: 'daemonsets' },
] as const

/** Why there is no Deployment of that name: nothing has it, or something else has. @throws NotFound, ReleaseError */
export async function notADeployment(client: Client, workload: string): Promise<never> {
  const unseen: string[] = []
  for (const { kind, plural } of OTHERS) {
    const found = await client
      .findAny({ group: 'apps', version: 'v1', plural }, kind, workload)
      .catch((error: unknown) => {
        // The Role does not let us look, and that is said.
        if (!(error instanceof Forbidden)) throw error
        unseen.push(kind)
        return undefined
      })
    if (found === undefined) continue
    const message = `${workload} is a ${kind}: only Deployments can be released, since its pods are not interchangeable`
    throw new ReleaseError('invalid-input', message, { object: `${kind} ${client.namespace}/${workload}` })
  }
  const object = `Deployment ${client.namespace}/${workload}`
  throw new NotFound(`${object} does not exist`, {
    object,
    why: unseen.map(
      (kind) => `if it is a ${kind}, which may not be looked at: only Deployments can be released`,
    ),
    fix: [`kubectl -n ${client.namespace} get deployments`],
  })
}
