import { copyOf } from '../json.ts'
import type { KubeObject, StoreEvent } from '../store.ts'
import type { KindOf, Objects } from '../typed.ts'
import type { EventRecorder } from './events.ts'
import { WorkQueue, type Key, type LookAgain } from './queue.ts'

/** What controllers work with. */
export interface Tools {
  readonly objects: Objects
  readonly events: EventRecorder
  /** An error that is a bug of the lab's: a reconcile never throws for what a user did. */
  readonly onError: (error: unknown) => void
}

/** One loop of the controller manager. */
export interface Controller {
  /** Something changed: says which of its objects to look at. */
  readonly seen: (event: StoreEvent, look: (namespace: string | undefined, name: string) => void) => void
  /** Brings one object to where it should be. Synchronous, so nothing changes between its reads and its writes. */
  readonly reconcile: (key: Key) => LookAgain
}

/** Runs controllers until it is told to stop. */
export function runControllers(tools: Tools, controllers: readonly Controller[]): () => void {
  const queues = controllers.map(({ seen, reconcile }) => ({
    seen,
    queue: new WorkQueue(reconcile, tools.onError),
  }))
  const unsubscribe = tools.objects.store.subscribe((event) => {
    for (const { seen, queue } of queues) seen(event, (namespace, name) => queue.add(namespace, name))
  })
  return () => {
    unsubscribe()
    for (const { queue } of queues) queue.close()
  }
}

/** The name of the controlling owner of that kind. */
export function ownerOf(object: KubeObject, kind: string): string | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true && owner.kind === kind)
    ?.name
}

/** Whether the owner's uid is that of the controlling owner. */
export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  return (
    object.metadata.ownerReferences?.some(
      ({ controller, uid }) => controller === true && uid === owner.metadata.uid,
    ) ?? false
  )
}

export function isOrphan(object: KubeObject): boolean {
  return object.metadata.ownerReferences?.some(({ controller }) => controller === true) !== true
}

/**
 * Claims the objects that an owner's selector matches, and lets go of those that it matches no more: a controller of
 * Kubernetes adopts any orphan with fitting labels.
 * @returns those that the owner controls now
 */
export function claim<T extends KubeObject>(
  objects: Objects,
  kind: KindOf<T>,
  owner: KubeObject,
  candidates: readonly T[],
  fits: (candidate: T) => boolean,
): T[] {
  const claimed: T[] = []
  for (const candidate of candidates) {
    if (isControlledBy(candidate, owner)) {
      if (fits(candidate)) claimed.push(candidate)
      else if (candidate.metadata.deletionTimestamp === undefined) release(objects, kind, candidate, owner)
    } else if (isOrphan(candidate) && fits(candidate)) {
      if (
        owner.metadata.deletionTimestamp !== undefined ||
        candidate.metadata.deletionTimestamp !== undefined
      )
        continue
      const adopted = copyOf(candidate)
      adopted.metadata.ownerReferences = [
        ...(candidate.metadata.ownerReferences ?? []),
        controllerReference(owner),
      ]
      claimed.push(objects.update(kind, adopted))
    }
  }
  return claimed
}

/** A copy that an owner no longer owns. */
export function disowned<T extends KubeObject>(object: T, uid: string): T {
  const freed = copyOf(object)
  const left = freed.metadata.ownerReferences?.filter((reference) => reference.uid !== uid) ?? []
  if (left.length > 0) freed.metadata.ownerReferences = left
  else delete freed.metadata.ownerReferences
  return freed
}

function release<T extends KubeObject>(
  objects: Objects,
  kind: KindOf<T>,
  object: T,
  owner: KubeObject,
): void {
  objects.update(kind, disowned(object, owner.metadata.uid))
}

/** The reference that makes `owner` the controller of an object. */
export function controllerReference(
  owner: KubeObject,
): NonNullable<KubeObject['metadata']['ownerReferences']>[number] {
  const { apiVersion, kind } = owner
  return {
    apiVersion,
    kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  }
}
