import type { Deployment, Pod, ReplicaSet } from '../objects.ts'
import { templateHash } from './template-hash.ts'

/** The pods of one Deployment, told apart by template. */
export interface Revisions {
  /** The ReplicaSet of the Deployment's current template; undefined when the controller has not made it yet. */
  readonly current: ReplicaSet | undefined
  /** Of the current template, terminating ones included. */
  readonly currentPods: readonly Pod[]
  readonly oldPods: readonly Pod[]
}

/** Found by who owns what, not by labels: stable and canary may share those. Pods that ended long ago do not count. */
export function revisionsOf(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
  pods: readonly Pod[],
): Revisions {
  const own = replicaSets.filter((each) => ownedBy(each, deployment))
  const hash = templateHash(deployment.spec?.template)
  const current = own
    .filter((each) => templateHash(each.spec?.template) === hash)
    .sort((a, b) => revision(b) - revision(a))[0]
  const ended = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
  const alive = pods.filter((pod) => !ended(pod) && own.some((each) => ownedBy(pod, each)))
  const isCurrent = (pod: Pod): boolean => current !== undefined && ownedBy(pod, current)
  return { current, currentPods: alive.filter(isCurrent), oldPods: alive.filter((pod) => !isCurrent(pod)) }
}

export function ownedBy(object: ReplicaSet | Pod, owner: Deployment | ReplicaSet): boolean {
  const uid = owner.metadata?.uid
  return (
    object.metadata?.ownerReferences?.some((each) => each.controller === true && each.uid === uid) === true
  )
}

/** `deployment.kubernetes.io/revision`: it rises with every rollout, also one back to an old template. */
export function revision(replicaSet: ReplicaSet): number {
  return Number(replicaSet.metadata?.annotations?.['deployment.kubernetes.io/revision'] ?? 0)
}

export function isReady(pod: Pod): boolean {
  const ready =
    pod.status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') === true
  return ready && pod.metadata?.deletionTimestamp === undefined
}
