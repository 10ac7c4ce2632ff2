import type { ClusterSight } from '@release-actions/ports'
import type { WorkloadSight } from '@release-actions/release'
import { TEMPLATE } from '../names.ts'
import type { Autoscaler, Deployment, EndpointSlice, Pod, ReplicaSet } from '../objects.ts'
import { imageOf } from './containers.ts'
import { isReady, revisionsOf } from './revisions.ts'
import { isRolledOut } from './rolled-out.ts'
import { templateHash } from './template-hash.ts'
import { troubleOf } from './trouble.ts'

/** Of Kubernetes' recommended labels. */
export const VERSION_LABEL = 'app.kubernetes.io/version'

/** Everything that is read for one look, as it came. */
export interface Look {
  readonly at: number
  readonly container: string
  readonly stable: Deployment
  readonly canary: Deployment | undefined
  readonly replicaSets: readonly ReplicaSet[]
  readonly pods: readonly Pod[]
  /** A full quota may have room again by itself. */
  readonly leaving: boolean
  /** Of the stable's and the canary's Service. */
  readonly slices: readonly EndpointSlice[]
  readonly autoscaler: Autoscaler | undefined
  readonly unstamped: readonly string[]
}

/** What a look says. Pure. */
export function sightOf(look: Look): ClusterSight {
  const stable = workloadOf(look, look.stable)
  return {
    stable: {
      ...stable.sight,
      image: stable.image,
      label: look.stable.spec?.template.metadata?.labels?.[VERSION_LABEL],
      replicaSet: stable.replicaSet,
      digest: stable.digest,
    },
    canary: look.canary === undefined ? undefined : canaryOf(look, look.canary),
    autoscaler:
      look.autoscaler === undefined
        ? undefined
        : {
            name: look.autoscaler.metadata?.name ?? '',
            min: look.autoscaler.spec?.minReplicas ?? 1,
            max: look.autoscaler.spec?.maxReplicas ?? Infinity,
          },
    unstamped: look.unstamped,
    at: look.at,
  }
}

function canaryOf(look: Look, canary: Deployment): NonNullable<ClusterSight['canary']> {
  const { sight, image, digest } = workloadOf(look, canary)
  // In the terms of the stable: the template that it would have. Without the note it is nobody's.
  return { ...sight, template: canary.metadata?.annotations?.[TEMPLATE] ?? '', image, digest }
}

/** One Deployment of a look, with its own pods. `look.slices`: of the Services in whose endpoints they count. */
export function workloadOf(
  look: Pick<Look, 'container' | 'replicaSets' | 'pods' | 'leaving' | 'slices'>,
  deployment: Deployment,
): { sight: WorkloadSight; image: string; digest: string | undefined; replicaSet: string | undefined } {
  const { current, currentPods, oldPods } = revisionsOf(deployment, look.replicaSets, look.pods)
  const ready = currentPods.filter(isReady)
  const desired = deployment.spec?.replicas ?? 1
  const { metadata = {} } = deployment
  return {
    sight: {
      name: metadata.name ?? '',
      template: templateHash(deployment.spec?.template),
      desired,
      ready: ready.length,
      total: currentPods.length + oldPods.length,
      old: oldPods.length,
      settled: isRolledOut(deployment) && oldPods.length === 0,
      endpoints: inEndpoints(ready, look.slices),
      trouble: troubleOf(deployment, currentPods, look.leaving),
      deleting: metadata.deletionTimestamp !== undefined,
    },
    image: imageOf(deployment.spec?.template, look.container),
    digest: digestOf(ready, look.container),
    replicaSet: current?.metadata?.name,
  }
}

/** How many of these pods the Services name as ready and not terminating. */
function inEndpoints(ready: readonly Pod[], slices: readonly EndpointSlice[]): number {
  const served = new Set(
    slices
      .flatMap((slice) => slice.endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false && conditions?.terminating !== true)
      .map((endpoint) => endpoint.targetRef?.uid),
  )
  return ready.filter((pod) => served.has(pod.metadata?.uid)).length
}

/** The digest that all of them run, where the container runtime tells it by repository (`…@sha256:…`). */
function digestOf(pods: readonly Pod[], container: string): string | undefined {
  const digests = pods.map((pod) => {
    const status = pod.status?.containerStatuses?.find((each) => each.name === container)
    return /@(sha256:[0-9a-f]{64})$/.exec(status?.imageID ?? '')?.[1]
  })
  return new Set(digests).size === 1 ? digests[0] : undefined
}
