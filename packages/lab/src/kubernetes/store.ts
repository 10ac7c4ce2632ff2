import { randomUUID } from 'node:crypto'
import { alreadyExists, conflict, modified, notFound } from './api/status-error.ts'
import { copyOf, sameJson } from './json.ts'
import { apiVersionOf, type Kind } from './kinds.ts'
import { suffix, timestamp } from './names.ts'

export type { Kind } from './kinds.ts'

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}
export interface ObjectMeta {
  name: string
  namespace?: string
  uid: string
  resourceVersion: string
  generation?: number
  creationTimestamp: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
  managedFields?: unknown[]
  generateName?: string
}
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  [field: string]: unknown
}
/** An object before it is stored: what the store sets may be missing. */
export interface Draft {
  apiVersion?: string
  kind?: string
  metadata: Partial<ObjectMeta>
  [field: string]: unknown
}
export type StoreEvent = {
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  kind: Kind
  object: KubeObject
  /** What the object was before; undefined for ADDED. */
  previous: KubeObject | undefined
  resourceVersion: number
}
export interface DeleteOptions {
  propagation?: 'Background' | 'Foreground' | 'Orphan'
  gracePeriodSeconds?: number
}

/** The finalizers by which the garbage collector is told how to treat what an object owns. */
export const FOREGROUND = 'foregroundDeletion'
export const ORPHAN = 'orphan'

const POD_GRACE_SECONDS = 30

/**
 * The objects of a cluster, as etcd behind an API server holds them: one counter of versions, optimistic concurrency,
 * deletion in two steps where a finalizer or a kubelet has a say. It neither defaults nor validates: api/ does.
 *
 * What is handed in is copied. What is handed out is the stored object itself, frozen whole: whoever wants it changed
 * works on a copy ({@link copyOf}). A cluster reads far more often than it writes.
 */
export class Store {
  readonly #objects = new Map<string, Map<string, KubeObject>>()
  readonly #listeners = new Set<(event: StoreEvent) => void>()
  #version = 1000

  /** The version of the last write. */
  get resourceVersion(): number {
    return this.#version
  }

  get(kind: Kind, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#of(kind).get(keyOf(kind, namespace, name))
  }

  /** In the order of namespace and name, as etcd lists keys. */
  list(kind: Kind, namespace?: string): KubeObject[] {
    const prefix = namespace === undefined ? '' : `${namespace}/`
    return [...this.#of(kind)]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object)
  }

  /** @throws StatusError 409 AlreadyExists */
  create(kind: Kind, draft: Draft): KubeObject {
    const { name: given, namespace, ...rest } = copyOf(draft.metadata)
    const name = given ?? this.#generateName(kind, namespace, rest.generateName ?? '')
    const key = keyOf(kind, namespace, name)
    if (this.#of(kind).has(key)) throw alreadyExists(kind, name)
    const metadata: ObjectMeta = {
      ...rest,
      name,
      ...(kind.namespaced ? { namespace: namespace ?? 'default' } : {}),
      uid: randomUUID(),
      resourceVersion: '',
      creationTimestamp: timestamp(),
      ...(kind.hasGeneration ? { generation: 1 } : {}),
    }
    const object = { ...copyOf(draft), apiVersion: apiVersionOf(kind), kind: kind.kind, metadata }
    return this.#write('ADDED', kind, key, object, undefined)
  }

  /**
   * Writes everything but the status (for kinds whose status is a subresource). A write that changes nothing is none:
   * no new version, no event. Taking the last finalizer from an object that is being deleted removes it.
   * @throws StatusError 404, or 409 when `metadata.resourceVersion` or `uid` is given and is not the stored one
   */
  update(kind: Kind, object: KubeObject): KubeObject {
    const { name, namespace } = object.metadata
    const key = keyOf(kind, namespace, name)
    const stored = this.#of(kind).get(key)
    if (stored === undefined) throw notFound(kind, name)
    checkPreconditions(kind, object, stored)
    const next = copyOf(object)
    if (kind.hasStatus) {
      delete next['status']
      if (stored['status'] !== undefined) next['status'] = stored['status']
    }
    next.apiVersion = stored.apiVersion
    next.kind = stored.kind
    next.metadata = keepServerFields(next.metadata, stored.metadata)
    if (next.metadata.deletionTimestamp !== undefined && kind.kind !== 'Pod' && !hasFinalizers(next)) {
      return this.#remove(kind, key, next, stored)
    }
    if (sameJson(next, stored)) return stored
    if (kind.hasGeneration && !sameJson(desired(next), desired(stored))) {
      next.metadata.generation = (stored.metadata.generation ?? 0) + 1
    }
    return this.#write('MODIFIED', kind, key, next, stored)
  }

  /**
   * Read, change, write, with no conflict: only `status` and annotations of what `change` did are kept (a controller
   * writes the revision annotation this way, so that it is no new generation). Undefined when the object is gone.
   */
  updateStatus(
    kind: Kind,
    namespace: string | undefined,
    name: string,
    change: (object: KubeObject) => void,
  ): KubeObject | undefined {
    const key = keyOf(kind, namespace, name)
    const stored = this.#of(kind).get(key)
    if (stored === undefined) return undefined
    const changed = copyOf(stored)
    change(changed)
    const { annotations, ...metadata } = stored.metadata
    const wanted = changed.metadata.annotations ?? annotations
    const next: KubeObject = {
      ...stored,
      metadata: wanted === undefined ? metadata : { ...metadata, annotations: wanted },
    }
    if (changed['status'] !== undefined) next['status'] = changed['status']
    return sameJson(next, stored) ? stored : this.#write('MODIFIED', kind, key, next, stored)
  }

  /**
   * Writes status and annotations as given: the status subresource.
   * @throws StatusError 404, or 409 as {@link update}
   */
  replaceStatus(kind: Kind, object: KubeObject): KubeObject {
    const { name, namespace, annotations, managedFields } = object.metadata
    const stored = this.#of(kind).get(keyOf(kind, namespace, name))
    if (stored === undefined) throw notFound(kind, name)
    checkPreconditions(kind, object, stored)
    const next: KubeObject = { ...stored, metadata: { ...stored.metadata } }
    delete next['status']
    delete next.metadata.annotations
    if (object['status'] !== undefined) next['status'] = copyOf(object['status'])
    if (annotations !== undefined) next.metadata.annotations = { ...annotations }
    if (managedFields !== undefined) next.metadata.managedFields = copyOf(managedFields)
    if (sameJson(next, stored)) return stored
    return this.#write('MODIFIED', kind, keyOf(kind, namespace, name), next, stored)
  }

  /** A copy that nobody listens to: for dry runs. */
  fork(): Store {
    const copy = new Store()
    for (const [id, objects] of this.#objects) copy.#objects.set(id, new Map(objects))
    copy.#version = this.#version
    return copy
  }

  /**
   * - A pod that a node runs gets a deletionTimestamp and stays until {@link finalizeDelete}; with grace 0 it goes at once.
   * - `Foreground` and `Orphan` put their finalizer on the object, which stays, with a deletionTimestamp, until the
   *   garbage collector has deleted (or freed) what it owns and takes the finalizer away by {@link update}.
   * - An object with finalizers of others waits for those in the same way. Everything else goes at once.
   * @returns the object as it is now, or as it was when it is gone; undefined when there was none
   */
  delete(
    kind: Kind,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): KubeObject | undefined {
    const key = keyOf(kind, namespace, name)
    const stored = this.#of(kind).get(key)
    if (stored === undefined) return undefined
    const next: KubeObject = { ...stored, metadata: { ...stored.metadata } }
    const finalizer = { Foreground: FOREGROUND, Orphan: ORPHAN, Background: undefined }[
      options.propagation ?? 'Background'
    ]
    if (finalizer !== undefined && stored.metadata.deletionTimestamp === undefined) {
      next.metadata.finalizers = [...new Set([...(next.metadata.finalizers ?? []), finalizer])]
    }
    const grace = kind.kind === 'Pod' ? gracePeriod(stored, options.gracePeriodSeconds) : 0
    if (grace === 0 && !hasFinalizers(next)) return this.#remove(kind, key, next, stored)
    const shorter = grace < (stored.metadata.deletionGracePeriodSeconds ?? Infinity)
    if (stored.metadata.deletionTimestamp === undefined || shorter) {
      next.metadata.deletionTimestamp = timestamp(Date.now() + grace * 1000)
      next.metadata.deletionGracePeriodSeconds = grace
      if (kind.hasGeneration && stored.metadata.deletionTimestamp === undefined) {
        next.metadata.generation = (next.metadata.generation ?? 0) + 1
      }
    }
    if (sameJson(next, stored)) return stored
    return this.#write('MODIFIED', kind, key, next, stored)
  }

  /** Removes an object that was being deleted: the kubelet, when a pod's processes have ended. */
  finalizeDelete(kind: Kind, namespace: string | undefined, name: string): void {
    const key = keyOf(kind, namespace, name)
    const stored = this.#of(kind).get(key)
    if (stored !== undefined) this.#remove(kind, key, stored, stored)
  }

  /** Calls `listener` synchronously after each write. @returns the end of the subscription */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  #of(kind: Kind): Map<string, KubeObject> {
    const id = `${kind.group}/${kind.plural}`
    const found = this.#objects.get(id) ?? new Map<string, KubeObject>()
    this.#objects.set(id, found)
    return found
  }

  #generateName(kind: Kind, namespace: string | undefined, base: string): string {
    for (;;) {
      const name = `${base.slice(0, 58)}${suffix()}`
      if (!this.#of(kind).has(keyOf(kind, namespace, name))) return name
    }
  }

  #write(
    type: 'ADDED' | 'MODIFIED',
    kind: Kind,
    key: string,
    object: KubeObject,
    previous: KubeObject | undefined,
  ): KubeObject {
    object.metadata.resourceVersion = String(++this.#version)
    freeze(object)
    this.#of(kind).set(key, object)
    this.#emit(type, kind, object, previous)
    return object
  }

  #remove(kind: Kind, key: string, last: KubeObject, previous: KubeObject): KubeObject {
    this.#of(kind).delete(key)
    const metadata = { ...last.metadata, resourceVersion: String(++this.#version) }
    const gone = freeze({ ...last, metadata })
    this.#emit('DELETED', kind, gone, previous)
    return gone
  }

  #emit(type: StoreEvent['type'], kind: Kind, object: KubeObject, previous: KubeObject | undefined): void {
    const event: StoreEvent = { type, kind, object, previous, resourceVersion: this.#version }
    for (const listener of [...this.#listeners]) listener(event)
  }
}

/** All of it, but for what was frozen whole before. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) freeze(inner)
  return Object.freeze(value)
}

function keyOf(kind: Kind, namespace: string | undefined, name: string): string {
  return kind.namespaced ? `${namespace ?? 'default'}/${name}` : name
}

function hasFinalizers(object: KubeObject): boolean {
  return (object.metadata.finalizers ?? []).length > 0
}

/**
 * What users ask for: everything but metadata and status. A change of it is a new generation; of a Deployment, so is
 * a change of its annotations.
 */
function desired(object: KubeObject): Record<string, unknown> {
  const annotations = object.kind === 'Deployment' ? object.metadata.annotations : undefined
  return { ...object, metadata: annotations, status: undefined }
}

function checkPreconditions(kind: Kind, object: KubeObject, stored: KubeObject): void {
  const { name, uid, resourceVersion } = object.metadata
  // Drafts that came over HTTP have neither field, whatever the type says.
  if (resourceVersion && resourceVersion !== stored.metadata.resourceVersion) throw modified(kind, name)
  if (uid && uid !== stored.metadata.uid) {
    throw conflict(
      kind,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stored.metadata.uid}`,
    )
  }
}

/** A writer cannot change what only the server sets. */
function keepServerFields(given: ObjectMeta, stored: ObjectMeta): ObjectMeta {
  const {
    uid,
    resourceVersion,
    creationTimestamp,
    generation,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    generateName,
  } = stored
  const {
    generation: _generation,
    deletionTimestamp: _deleted,
    deletionGracePeriodSeconds: _grace,
    generateName: _generateName,
    ...rest
  } = given
  return {
    ...rest,
    uid,
    resourceVersion,
    creationTimestamp,
    ...(generation === undefined ? {} : { generation }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
    ...(generateName === undefined ? {} : { generateName }),
  }
}

/** Seconds. A pod that no node runs, or that has ended, needs none. */
function gracePeriod(pod: KubeObject, asked: number | undefined): number {
  const spec = pod['spec'] as { nodeName?: string; terminationGracePeriodSeconds?: number } | undefined
  const { phase } = (pod['status'] ?? {}) as { phase?: string }
  if (!spec?.nodeName || phase === 'Succeeded' || phase === 'Failed') return 0
  return asked ?? spec.terminationGracePeriodSeconds ?? POD_GRACE_SECONDS
}
