import { withCondition } from '../conditions.ts'
import { canonical } from '../names.ts'
import type { Condition, Pod, ReplicaSet } from '../objects.ts'
import { includes, matches } from '../selectors.ts'
import { isKind, POD, REPLICA_SET, type Objects } from '../typed.ts'
import { claim, isOrphan, ownerOf, type Controller, type Tools } from './controller.ts'
import type { LookAgain } from './queue.ts'
import { createPod, isActive, isReady, untilAvailable } from './pods.ts'

const COMPONENT = 'replicaset-controller'
/** How soon a refused pod is tried again, at first; it doubles, up to a thousand seconds. */
const RETRY_MS = 10

/** Keeps the number of pods of each ReplicaSet. */
export function replicaSetController(tools: Tools): Controller {
  const { objects } = tools
  const refusals = new Map<string, number>()
  return {
    seen: ({ kind, object }, look) => {
      const { namespace, name } = object.metadata
      if (isKind(kind, REPLICA_SET)) look(namespace, name)
      if (!isKind(kind, POD)) return
      const owner = ownerOf(object, 'ReplicaSet')
      if (owner !== undefined) look(namespace, owner)
      if (!isOrphan(object)) return
      for (const set of objects.list(REPLICA_SET, namespace)) {
        if (matches(set.spec.selector, object.metadata.labels)) look(namespace, set.metadata.name)
      }
    },
    reconcile: ({ namespace, name }) => {
      const set = objects.get(REPLICA_SET, namespace, name)
      return set === undefined ? undefined : reconcile(tools, set, refusals)
    },
  }
}

function reconcile(tools: Tools, set: ReplicaSet, refusals: Map<string, number>): LookAgain {
  const { objects, events } = tools
  const { selector, template, replicas: wanted = 1, minReadySeconds = 0 } = set.spec
  const active = objects.list(POD, set.metadata.namespace).filter(isActive)
  let pods = claim(objects, POD, set, active, (pod) => matches(selector, pod.metadata.labels))
  let refused: string | undefined
  if (set.metadata.deletionTimestamp === undefined) {
    while (pods.length < wanted && refused === undefined) {
      const created = createPod(tools, set, template, COMPONENT)
      if ('pod' in created) pods = [...pods, created.pod]
      else refused = created.refused
    }
    if (pods.length > wanted) {
      const doomed = inDeletionOrder(pods).slice(0, pods.length - wanted)
      for (const pod of doomed) {
        objects.delete(POD, pod)
        events.record(COMPONENT, set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
      }
      pods = pods.filter((pod) => !doomed.includes(pod))
    }
  }
  const waits = pods.map((pod) => untilAvailable(pod, minReadySeconds))
  writeStatus(objects, set, pods, waits, refused)
  const next = Math.min(...waits.filter((wait) => wait !== undefined).filter((wait) => wait > 0))
  const tries = refused === undefined ? 0 : (refusals.get(set.metadata.uid) ?? 0) + 1
  refusals.set(set.metadata.uid, tries)
  if (tries > 0) return Math.min(RETRY_MS * 2 ** tries, 1_000_000)
  return Number.isFinite(next) ? next : undefined
}

function writeStatus(
  objects: Objects,
  set: ReplicaSet,
  pods: readonly Pod[],
  waits: readonly (number | undefined)[],
  refused: string | undefined,
): void {
  const before = set.status?.conditions ?? []
  const others = before.filter(({ type }) => type !== 'ReplicaFailure')
  const failure: Condition = {
    type: 'ReplicaFailure',
    status: 'True',
    reason: 'FailedCreate',
    message: refused ?? '',
  }
  // The first message stays: each refusal names another pod.
  const conditions =
    refused === undefined ? others : others.length < before.length ? before : withCondition(before, failure)
  const ready = pods.filter(isReady).length
  const available = waits.filter((wait) => wait === 0).length
  const labelled = pods.filter((pod) =>
    includes(set.spec.template.metadata?.labels ?? {}, pod.metadata.labels),
  ).length
  const status: NonNullable<ReplicaSet['status']> = {
    replicas: pods.length,
    ...(labelled > 0 && { fullyLabeledReplicas: labelled }),
    ...(ready > 0 && { readyReplicas: ready }),
    ...(available > 0 && { availableReplicas: available }),
    observedGeneration: set.metadata.generation ?? 1,
    ...(conditions.length > 0 && { conditions }),
  }
  if (canonical(status) === canonical(set.status)) return
  objects.updateStatus(REPLICA_SET, set, (current) => {
    current.status = status
  })
}

/**
 * Pods in the order in which a scale-down takes them: not bound, pending, not ready, cheaper to delete
 * (`controller.kubernetes.io/pod-deletion-cost`), ready for a shorter time, restarted more often, younger.
 */
export function inDeletionOrder(pods: readonly Pod[]): readonly Pod[] {
  const rank = (pod: Pod): readonly number[] => [
    pod.spec.nodeName === undefined ? 0 : 1,
    pod.status?.phase === 'Running' ? 1 : 0,
    isReady(pod) ? 1 : 0,
    Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0),
    -Date.parse(pod.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? ''),
    -Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount)),
    -Date.parse(pod.metadata.creationTimestamp),
  ]
  return pods
    .map((pod) => ({ pod, rank: rank(pod) }))
    .sort((a, b) => {
      for (const [index, value] of a.rank.entries()) {
        const difference = value - (b.rank[index] ?? 0)
        if (difference !== 0 && !Number.isNaN(difference)) return difference
      }
      return 0
    })
    .map(({ pod }) => pod)
}
