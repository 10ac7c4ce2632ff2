import { conditionOf, withCondition } from '../conditions.ts'
import { canonical, timestamp } from '../names.ts'
import type { Condition, Deployment, ReplicaSet } from '../objects.ts'
import { DEPLOYMENT, type Objects } from '../typed.ts'
import type { LookAgain } from './queue.ts'
import { roomOf } from './rolling.ts'

type Status = NonNullable<Deployment['status']>

/** Says on the Deployment that it moves: the deadline counts from here. */
export function progressing(objects: Objects, deployment: Deployment, reason: string, message: string): void {
  objects.updateStatus(DEPLOYMENT, deployment, (current) => {
    const condition: Condition = {
      type: 'Progressing',
      status: 'True',
      reason,
      message,
      lastUpdateTime: timestamp(),
    }
    current.status = { ...current.status, conditions: withCondition(current.status?.conditions, condition) }
  })
}

/**
 * Writes a Deployment's status from its ReplicaSets'.
 * @returns milliseconds until its progress deadline, when it has one and is not complete
 */
export function writeStatus(
  objects: Objects,
  deployment: Deployment,
  next: ReplicaSet | undefined,
  sets: readonly ReplicaSet[],
): LookAgain {
  const before = objects.get(DEPLOYMENT, deployment.metadata.namespace, deployment.metadata.name)
  if (before === undefined) return
  const status = compute(before, next, sets)
  if (canonical(status) !== canonical(before.status)) {
    objects.updateStatus(DEPLOYMENT, before, (current) => {
      current.status = status
    })
  }
  const { progressDeadlineSeconds: deadline } = deployment.spec
  const condition = conditionOf(status.conditions, 'Progressing')
  if (deadline === undefined || condition?.status !== 'True' || condition.reason === 'NewReplicaSetAvailable')
    return
  return Math.max(Date.parse(condition.lastUpdateTime ?? '') + deadline * 1000 + 1000 - Date.now(), 50)
}

function compute(deployment: Deployment, next: ReplicaSet | undefined, sets: readonly ReplicaSet[]): Status {
  const { spec, metadata, status: before = {} } = deployment
  const total = (of: (set: ReplicaSet) => number | undefined): number =>
    sets.reduce((sum, set) => sum + (of(set) ?? 0), 0)
  const replicas = total(({ status }) => status?.replicas)
  const updated = next?.status?.replicas ?? 0
  const ready = total(({ status }) => status?.readyReplicas)
  const available = total(({ status }) => status?.availableReplicas)
  const unavailable = Math.max(total((set) => set.spec.replicas ?? 1) - available, 0)
  const wanted = spec.replicas ?? 1
  const enough = available >= wanted - roomOf(deployment).unavailable
  const now = timestamp()
  let conditions = change(before.conditions, {
    type: 'Available',
    status: enough ? 'True' : 'False',
    reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: enough
      ? 'Deployment has minimum availability.'
      : 'Deployment does not have minimum availability.',
  })
  const counts = { replicas, updated, ready, available }
  const progress = progressOf(deployment, counts, next)
  if (progress !== undefined) conditions = withCondition(conditions, { ...progress, lastUpdateTime: now })
  const failure = [next, ...sets]
    .map((set) => conditionOf(set?.status?.conditions, 'ReplicaFailure'))
    .find((found) => found !== undefined)
  conditions =
    failure === undefined
      ? conditions.filter(({ type }) => type !== 'ReplicaFailure')
      : change(conditions, {
          type: 'ReplicaFailure',
          status: 'True',
          reason: failure.reason ?? '',
          message: failure.message ?? '',
        })
  return {
    ...(before.collisionCount !== undefined && { collisionCount: before.collisionCount }),
    observedGeneration: metadata.generation ?? 1,
    ...(replicas > 0 && { replicas }),
    ...(updated > 0 && { updatedReplicas: updated }),
    ...(ready > 0 && { readyReplicas: ready }),
    ...(available > 0 && { availableReplicas: available }),
    ...(unavailable > 0 && { unavailableReplicas: unavailable }),
    conditions,
  }
}

/** Sets a condition only when its status or its reason changes, so that `lastUpdateTime` means something. */
function change(conditions: readonly Condition[] | undefined, set: Condition): Condition[] {
  const before = conditionOf(conditions, set.type)
  if (before?.status === set.status && before.reason === set.reason) return [...(conditions ?? [])]
  return withCondition(conditions, { ...set, lastUpdateTime: timestamp() })
}

interface Counts {
  readonly replicas: number
  readonly updated: number
  readonly ready: number
  readonly available: number
}

/** The Progressing condition when it changes; undefined when it stays. */
function progressOf(
  deployment: Deployment,
  counts: Counts,
  next: ReplicaSet | undefined,
): Condition | undefined {
  const { spec, status: before = {} } = deployment
  const { progressDeadlineSeconds: deadline, replicas: wanted = 1, paused = false } = spec
  const current = conditionOf(before.conditions, 'Progressing')
  const of = (status: 'True' | 'False' | 'Unknown', reason: string, message: string): Condition => ({
    type: 'Progressing',
    status,
    reason,
    message,
  })
  if (deadline === undefined) return undefined
  if (paused)
    return current?.reason === 'DeploymentPaused'
      ? undefined
      : of('Unknown', 'DeploymentPaused', 'Deployment is paused')
  if (current?.reason === 'DeploymentPaused')
    return of('Unknown', 'DeploymentResumed', 'Deployment is resumed')
  const settled = current?.reason === 'NewReplicaSetAvailable' && counts.replicas === counts.updated
  if (settled) return undefined
  const named =
    next === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${next.metadata.name}"`
  const complete = counts.updated === wanted && counts.replicas === wanted && counts.available === wanted
  if (complete) return of('True', 'NewReplicaSetAvailable', `${named} has successfully progressed.`)
  const old = counts.replicas - counts.updated
  const oldBefore = (before.replicas ?? 0) - (before.updatedReplicas ?? 0)
  const moved =
    counts.updated > (before.updatedReplicas ?? 0) ||
    old < oldBefore ||
    counts.ready > (before.readyReplicas ?? 0) ||
    counts.available > (before.availableReplicas ?? 0)
  if (moved) return of('True', 'ReplicaSetUpdated', `${named} is progressing.`)
  if (current === undefined || current.status === 'False') return undefined
  const late = Date.now() > Date.parse(current.lastUpdateTime ?? '') + deadline * 1000
  return late && current.reason !== 'NewReplicaSetAvailable'
    ? of('False', 'ProgressDeadlineExceeded', `${named} has timed out progressing.`)
    : undefined
}
