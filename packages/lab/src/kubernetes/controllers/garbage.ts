import { copyOf } from '../json.ts'
import { ALL_KINDS } from '../kinds.ts'
import { FOREGROUND, ORPHAN, type Kind, type KubeObject, type Store } from '../store.ts'
import { disowned, type Controller } from './controller.ts'

/**
 * Deletes what has lost all its owners, and does what the finalizers of a foreground or an orphaning deletion wait for.
 * Keys are uids of owners.
 */
export function garbageController(store: Store): Controller {
  const gone = new Set<string>()
  const deleting = new Map<
    string,
    { readonly kind: Kind; readonly namespace: string | undefined; readonly name: string }
  >()
  return {
    seen: ({ type, kind, object }, look) => {
      const { uid, namespace, name, deletionTimestamp, finalizers = [] } = object.metadata
      for (const owner of object.metadata.ownerReferences ?? []) {
        if (type === 'DELETED' && deleting.has(owner.uid)) look(undefined, owner.uid)
        if (type === 'ADDED' && gone.has(owner.uid)) look(undefined, owner.uid)
      }
      if (type === 'DELETED') {
        gone.add(uid)
        deleting.delete(uid)
        look(undefined, uid)
      } else if (
        deletionTimestamp !== undefined &&
        (finalizers.includes(FOREGROUND) || finalizers.includes(ORPHAN))
      ) {
        deleting.set(uid, { kind, namespace, name })
        look(undefined, uid)
      }
    },
    reconcile: ({ name: uid }) => {
      const dependents = dependentsOf(store, uid)
      const owner = deleting.get(uid)
      if (owner === undefined) {
        if (gone.has(uid)) for (const dependent of dependents) loseOwner(store, dependent, uid, gone)
        return
      }
      const object = store.get(owner.kind, owner.namespace, owner.name)
      if (object === undefined || object.metadata.uid !== uid) return
      if (object.metadata.finalizers?.includes(ORPHAN) === true) {
        for (const dependent of dependents) free(store, dependent, uid)
        takeAway(store, owner.kind, object, ORPHAN)
        return
      }
      const blocking = dependents.filter(({ object: { metadata } }) =>
        metadata.ownerReferences?.some(
          (reference) => reference.uid === uid && reference.blockOwnerDeletion === true,
        ),
      )
      for (const { kind, object: dependent } of dependents) {
        if (dependent.metadata.deletionTimestamp !== undefined) continue
        const propagation = kind.kind === 'Pod' ? 'Background' : 'Foreground'
        store.delete(kind, dependent.metadata.namespace, dependent.metadata.name, { propagation })
      }
      if (blocking.length === 0) takeAway(store, owner.kind, object, FOREGROUND)
    },
  }
}

interface Dependent {
  readonly kind: Kind
  readonly object: KubeObject
}

function dependentsOf(store: Store, uid: string): readonly Dependent[] {
  return ALL_KINDS.filter(({ kind }) => kind !== 'Event').flatMap((kind) =>
    store
      .list(kind)
      .filter(({ metadata }) => metadata.ownerReferences?.some((reference) => reference.uid === uid))
      .map((object) => ({ kind, object })),
  )
}

/** An owner is gone: the object goes with its last one. */
function loseOwner(store: Store, dependent: Dependent, uid: string, gone: ReadonlySet<string>): void {
  const { kind, object } = dependent
  const others =
    object.metadata.ownerReferences?.filter(
      (reference) => reference.uid !== uid && !gone.has(reference.uid),
    ) ?? []
  if (others.length > 0) free(store, dependent, uid)
  else if (object.metadata.deletionTimestamp === undefined)
    store.delete(kind, object.metadata.namespace, object.metadata.name)
}

function free(store: Store, { kind, object }: Dependent, uid: string): void {
  store.update(kind, disowned(object, uid))
}

function takeAway(store: Store, kind: Kind, object: KubeObject, finalizer: string): void {
  const left = copyOf(object)
  left.metadata.finalizers = left.metadata.finalizers?.filter((name) => name !== finalizer) ?? []
  if (left.metadata.finalizers.length === 0) delete left.metadata.finalizers
  store.update(kind, left)
}
