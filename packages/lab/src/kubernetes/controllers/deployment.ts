import { copyOf } from '../json.ts'
import { canonical } from '../names.ts'
import type { Deployment, Pod, PodTemplate, ReplicaSet } from '../objects.ts'
import { matches } from '../selectors.ts'
import { DEPLOYMENT, isKind, POD, REPLICA_SET, type Objects } from '../typed.ts'
import {
  claim,
  controllerReference,
  isControlledBy,
  isOrphan,
  ownerOf,
  type Controller,
  type Tools,
} from './controller.ts'
import { progressing, writeStatus } from './deployment-status.ts'
import { TEMPLATE_HASH, templateHash } from './pods.ts'
import type { LookAgain } from './queue.ts'
import { newSize, oldSizes, proportional, roomOf, type Room, type Sized } from './rolling.ts'

const COMPONENT = 'deployment-controller'
export const REVISION = 'deployment.kubernetes.io/revision'
const HISTORY = 'deployment.kubernetes.io/revision-history'
const DESIRED = 'deployment.kubernetes.io/desired-replicas'
const MAXIMUM = 'deployment.kubernetes.io/max-replicas'
/** What a ReplicaSet does not inherit of its Deployment's annotations. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  HISTORY,
  DESIRED,
  MAXIMUM,
])

/** Rolls out Deployments. */
export function deploymentController(tools: Tools): Controller {
  const { objects } = tools
  return {
    seen: ({ kind, object }, look) => {
      const { namespace, name } = object.metadata
      if (isKind(kind, DEPLOYMENT)) look(namespace, name)
      if (isKind(kind, REPLICA_SET)) {
        const owner = ownerOf(object, 'Deployment')
        if (owner !== undefined) look(namespace, owner)
        if (!isOrphan(object)) return
        for (const { metadata, spec } of objects.list(DEPLOYMENT, namespace)) {
          if (matches(spec.selector, object.metadata.labels)) look(namespace, metadata.name)
        }
      }
      if (isKind(kind, POD)) {
        // Only Recreate waits for pods themselves.
        const set = objects.get(REPLICA_SET, namespace, ownerOf(object, 'ReplicaSet') ?? '')
        const owner = set === undefined ? undefined : ownerOf(set, 'Deployment')
        if (owner !== undefined) look(namespace, owner)
      }
    },
    reconcile: ({ namespace, name }) => {
      const deployment = objects.get(DEPLOYMENT, namespace, name)
      return deployment === undefined ? undefined : reconcile(tools, deployment)
    },
  }
}

function reconcile(tools: Tools, deployment: Deployment): LookAgain {
  const { objects } = tools
  const { namespace } = deployment.metadata
  const { selector, paused = false, template } = deployment.spec
  const candidates = objects.list(REPLICA_SET, namespace)
  let sets = claim(objects, REPLICA_SET, deployment, candidates, (set) =>
    matches(selector, set.metadata.labels),
  )
  sets.sort(
    (a, b) =>
      Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp) ||
      revisionOf(a) - revisionOf(b),
  )
  let next = sets.find((set) => sameTemplate(set.spec.template, template))
  if (deployment.metadata.deletionTimestamp !== undefined) return writeStatus(objects, deployment, next, sets)

  const old = (): ReplicaSet[] => sets.filter(({ metadata }) => metadata.uid !== next?.metadata.uid)
  if (next !== undefined || !paused) {
    const recreate = deployment.spec.strategy?.type === 'Recreate'
    if (next === undefined && recreate && !emptied(tools, deployment, old()))
      return writeStatus(objects, deployment, next, sets)
    const before = next
    next =
      next === undefined
        ? createReplicaSet(tools, deployment, old())
        : annotated(objects, deployment, next, old())
    const current = next
    sets =
      before === undefined
        ? [...sets, current]
        : sets.map((set) => (set.metadata.uid === current.metadata.uid ? current : set))
    if (before === undefined)
      progressing(
        objects,
        deployment,
        'NewReplicaSetCreated',
        `Created new replica set "${current.metadata.name}"`,
      )
  }
  const wasScaled = sets.some(
    (set) => size(set) > 0 && set.metadata.annotations?.[DESIRED] !== String(deployment.spec.replicas ?? 1),
  )
  if (paused || wasScaled) scale(tools, deployment, next, old())
  else if (next !== undefined) {
    if (deployment.spec.strategy?.type === 'Recreate') recreateRollout(tools, deployment, next, old())
    else roll(tools, deployment, next, old())
  }
  const fresh = objects
    .list(REPLICA_SET, namespace)
    .filter((set) => sets.some(({ metadata }) => metadata.uid === set.metadata.uid))
  const again = writeStatus(objects, deployment, next && find(fresh, next), fresh)
  if (next !== undefined) forget(objects, deployment, next, old())
  return again
}

function find(sets: readonly ReplicaSet[], wanted: ReplicaSet): ReplicaSet {
  return sets.find(({ metadata }) => metadata.uid === wanted.metadata.uid) ?? wanted
}

/** Templates are the same version when they differ in the hash label at most. */
function sameTemplate(a: PodTemplate, b: PodTemplate): boolean {
  const plain = ({ metadata = {}, spec }: PodTemplate): string => {
    const { [TEMPLATE_HASH]: _hash, ...labels } = metadata.labels ?? {}
    return canonical({ labels, annotations: metadata.annotations ?? {}, spec })
  }
  return plain(a) === plain(b)
}

function size(set: ReplicaSet): number {
  return set.spec.replicas ?? 1
}

function sized(set: ReplicaSet): Sized {
  return { replicas: size(set), available: set.status?.availableReplicas ?? 0 }
}

export function revisionOf(object: { metadata: ReplicaSet['metadata'] }): number {
  return Number(object.metadata.annotations?.[REVISION] ?? 0)
}

function copied(deployment: Deployment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !NOT_COPIED.has(key)),
  )
}

function createReplicaSet(
  { objects, events }: Tools,
  deployment: Deployment,
  old: readonly ReplicaSet[],
): ReplicaSet {
  const { namespace, name } = deployment.metadata
  const { selector, template, replicas = 1, minReadySeconds } = deployment.spec
  const room = roomOf(deployment)
  const revision = String(Math.max(0, ...old.map(revisionOf)) + 1)
  let collisions = deployment.status?.collisionCount ?? 0
  let hash = templateHash(template, collisions)
  while (objects.get(REPLICA_SET, namespace, `${name}-${hash}`) !== undefined)
    hash = templateHash(template, ++collisions)
  if (collisions !== (deployment.status?.collisionCount ?? 0)) {
    objects.updateStatus(DEPLOYMENT, deployment, (current) => {
      current.status = { ...current.status, collisionCount: collisions }
    })
  }
  const labels = { ...template.metadata?.labels, [TEMPLATE_HASH]: hash }
  const first = newSize(replicas, room, { replicas: 0, available: 0 }, old.map(sized))
  const annotations = { ...copied(deployment), ...bounds(deployment, room), [REVISION]: revision }
  const set = objects.create(REPLICA_SET, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace !== undefined && { namespace }),
      labels,
      annotations,
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: first,
      ...(minReadySeconds !== undefined && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [TEMPLATE_HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
    status: { replicas: 0 },
  })
  if (first > 0) {
    events.record(
      COMPONENT,
      deployment,
      'Normal',
      'ScalingReplicaSet',
      `Scaled up replica set ${set.metadata.name} from 0 to ${first}`,
    )
  }
  setRevision(objects, deployment, revision)
  return set
}

function bounds(deployment: Deployment, room: Room): Record<string, string> {
  const replicas = deployment.spec.replicas ?? 1
  return { [DESIRED]: String(replicas), [MAXIMUM]: String(replicas + room.surge) }
}

/** By the status, as the real controller does: no new generation. */
function setRevision(objects: Objects, deployment: Deployment, revision: string): void {
  if (deployment.metadata.annotations?.[REVISION] === revision) return
  objects.updateStatus(DEPLOYMENT, deployment, ({ metadata }) => {
    metadata.annotations = { ...metadata.annotations, [REVISION]: revision }
  })
}

/** The ReplicaSet of the current version, with the revision and annotations that it should have: a rollback makes an old one the newest. */
function annotated(
  objects: Objects,
  deployment: Deployment,
  set: ReplicaSet,
  old: readonly ReplicaSet[],
): ReplicaSet {
  const newest = Math.max(0, ...old.map(revisionOf)) + 1
  const before = set.metadata.annotations ?? {}
  const annotations = { ...before, ...copied(deployment) }
  if (revisionOf(set) < newest) {
    const history = [before[HISTORY], before[REVISION]].filter((value) => value !== undefined).join(',')
    if (history !== '') annotations[HISTORY] = history
    annotations[REVISION] = String(newest)
  }
  const minReadySeconds = deployment.spec.minReadySeconds
  setRevision(objects, deployment, annotations[REVISION] ?? '1')
  if (canonical(annotations) === canonical(before) && set.spec.minReadySeconds === minReadySeconds) return set
  const next = copyOf(set)
  next.metadata.annotations = annotations
  if (minReadySeconds === undefined) delete next.spec.minReadySeconds
  else next.spec.minReadySeconds = minReadySeconds
  return objects.update(REPLICA_SET, next)
}

function resize({ objects, events }: Tools, deployment: Deployment, set: ReplicaSet, replicas: number): void {
  const annotations = { ...set.metadata.annotations, ...bounds(deployment, roomOf(deployment)) }
  const from = size(set)
  if (from === replicas && canonical(annotations) === canonical(set.metadata.annotations)) return
  const current = objects.get(REPLICA_SET, set.metadata.namespace, set.metadata.name)
  if (current === undefined) return
  objects.update(REPLICA_SET, {
    ...current,
    metadata: { ...current.metadata, annotations },
    spec: { ...current.spec, replicas },
  })
  if (from === replicas) return
  const way = replicas > from ? 'up' : 'down'
  events.record(
    COMPONENT,
    deployment,
    'Normal',
    'ScalingReplicaSet',
    `Scaled ${way} replica set ${set.metadata.name} from ${from} to ${replicas}`,
  )
}

function roll(tools: Tools, deployment: Deployment, next: ReplicaSet, old: readonly ReplicaSet[]): void {
  const wanted = deployment.spec.replicas ?? 1
  const room = roomOf(deployment)
  const grown = newSize(wanted, room, sized(next), old.map(sized))
  if (grown !== size(next)) return resize(tools, deployment, next, grown)
  const sizes = oldSizes(wanted, room, sized(next), old.map(sized))
  for (const [index, set] of old.entries()) resize(tools, deployment, set, sizes[index] ?? size(set))
}

/** Scales the old version to 0. True once none of its pods is left, terminating ones included. */
function emptied(tools: Tools, deployment: Deployment, old: readonly ReplicaSet[]): boolean {
  for (const set of old) resize(tools, deployment, set, 0)
  const ended = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed'
  const pods = tools.objects.list(POD, deployment.metadata.namespace)
  return !pods.some((pod) => old.some((set) => isControlledBy(pod, set)) && !ended(pod))
}

function recreateRollout(
  tools: Tools,
  deployment: Deployment,
  next: ReplicaSet,
  old: readonly ReplicaSet[],
): void {
  if (emptied(tools, deployment, old)) resize(tools, deployment, next, deployment.spec.replicas ?? 1)
}

/** Follows a changed `spec.replicas`: the only active ReplicaSet takes it, several keep their proportions. */
function scale(
  tools: Tools,
  deployment: Deployment,
  next: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): void {
  const wanted = deployment.spec.replicas ?? 1
  const all = next === undefined ? old : [...old, next]
  const active = all.filter((set) => size(set) > 0)
  const only = active.length === 1 ? active[0] : active.length === 0 ? (next ?? all.at(-1)) : undefined
  if (only !== undefined) return resize(tools, deployment, only, wanted)
  if (next !== undefined && size(next) === wanted && (next.status?.availableReplicas ?? 0) === wanted) {
    for (const set of old) resize(tools, deployment, set, 0)
    return
  }
  if (deployment.spec.strategy?.type === 'Recreate') return
  const sorted = active.toSorted((a, b) => size(b) - size(a))
  const before = Number(sorted[0]?.metadata.annotations?.[MAXIMUM] ?? wanted)
  const sizes = proportional(sorted.map(size), before, wanted === 0 ? 0 : wanted + roomOf(deployment).surge)
  for (const [index, set] of sorted.entries()) resize(tools, deployment, set, sizes[index] ?? size(set))
}

/** Deletes the oldest versions beyond `revisionHistoryLimit`, once the rollout is complete. */
function forget(
  objects: Objects,
  deployment: Deployment,
  next: ReplicaSet,
  old: readonly ReplicaSet[],
): void {
  const { replicas = 1, revisionHistoryLimit = 10 } = deployment.spec
  if ((next.status?.availableReplicas ?? 0) < replicas || size(next) !== replicas) return
  const empty = old.filter(
    (set) =>
      size(set) === 0 && (set.status?.replicas ?? 0) === 0 && set.metadata.deletionTimestamp === undefined,
  )
  const surplus = empty
    .toSorted((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, Math.max(empty.length - revisionHistoryLimit, 0))
  for (const set of surplus) objects.delete(REPLICA_SET, set)
}
