import type { Kit } from '@release-actions/action-kit'
import { assertOutlives, connectCluster } from '@release-actions/action-world'
import type { Http } from '@release-actions/http'
import {
  createClient,
  createPods,
  findDeployment,
  mainImage,
  servicesOf,
  type Client,
} from '@release-actions/kubernetes'
import type { Pods } from '@release-actions/ports'
import { InvalidInput, versionOf, type Milliseconds } from '@release-actions/values'
import type { ChosenGates } from './gates.ts'
import type { GateInputs } from './inputs.ts'
import { BASELINE, CANDIDATE, unnamed, type WorkloadNames } from './tracks.ts'

/** The cluster's side of a gate. Only reads. */
export interface Workloads {
  readonly namespace: string
  readonly pods: Pods
  readonly candidate: WorkloadNames
  readonly baseline: WorkloadNames
}

/**
 * Connects, and finds the Deployments that are judged and compared with.
 * @param needed how long the credentials must last
 * @throws NotFound, InvalidInput, Forbidden, Unreachable
 */
export async function openWorkloads(
  inputs: GateInputs,
  { names }: ChosenGates,
  kit: Kit,
  http: Http,
  needed: Milliseconds,
): Promise<Workloads> {
  const { workload, baseline } = inputs
  const { clock } = kit
  const connection = await connectCluster(inputs, kit)
  assertOutlives(await connection.expiresAt(), clock.now(), needed)
  const namespace = inputs.namespace ?? connection.namespace ?? 'default'
  const client = createClient({ http, connection, namespace, clock })
  const services = names.has('kube-service')
  const [fresh, old] = await Promise.all([
    workload === undefined ? undefined : namesOf(client, workload, services),
    baseline === undefined ? undefined : namesOf(client, baseline, services),
  ])
  return {
    namespace,
    pods: createPods(client, {
      ...(workload === undefined ? {} : { [CANDIDATE]: workload }),
      ...(baseline === undefined ? {} : { [BASELINE]: baseline }),
    }),
    candidate: {
      ...(fresh ?? unnamed(inputs)),
      ...(inputs.version === undefined ? {} : { version: inputs.version }),
    },
    baseline: old ?? unnamed(inputs),
  }
}

async function namesOf(client: Client, name: string, services: boolean): Promise<WorkloadNames> {
  const deployment = await findDeployment(client, name)
  const image = mainImage(deployment)
  return {
    workload: name,
    version: image === undefined ? 'unknown' : versionOf(image),
    'kube-service': services ? only(name, await servicesOf(client, deployment)) : '',
  }
}

function only(workload: string, services: readonly string[]): string {
  const [name, second] = services
  if (name !== undefined && second === undefined) return name
  const found = services.length === 0 ? 'no Service selects' : `${services.join(', ')} all select`
  throw new InvalidInput(
    'gates',
    '{{ kube-service }}',
    `the Service's name in its place: ${found} the pods of ${workload}`,
  )
}
