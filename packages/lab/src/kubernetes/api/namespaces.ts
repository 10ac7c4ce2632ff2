import { ALL_KINDS, KINDS } from '../kinds.ts'
import type { KubeObject, Store } from '../store.ts'
import { notFound, StatusError } from './status-error.ts'
import type { Kind } from '../kinds.ts'

/** Keeps a namespace that is being deleted until its last object has gone. */
const FINALIZER = 'kubernetes'

/**
 * What a cluster does for its namespaces: each new one gets its `default` ServiceAccount and root certificate, and
 * one that is deleted takes its objects with it.
 */
export class Namespaces {
  readonly #store: Store
  readonly close: () => void

  constructor(store: Store) {
    this.#store = store
    this.close = store.subscribe(({ type, kind, object }) => {
      const namespace = object.metadata.namespace
      if (kind.kind === 'Namespace' && type === 'ADDED') this.#furnish(object.metadata.name)
      if (type === 'DELETED' && namespace !== undefined) this.#settle(namespace)
    })
    for (const name of ['default', 'kube-system']) {
      const labels = { 'kubernetes.io/metadata.name': name }
      store.create(KINDS.Namespace, {
        metadata: { name, labels },
        spec: { finalizers: [FINALIZER] },
        status: { phase: 'Active' },
      })
    }
  }

  /** @throws StatusError 404 for a namespace that is not there, 403 for one that is being deleted */
  checkOpen(namespace: string, kind: Kind, name: string): void {
    const found = this.#store.get(KINDS.Namespace, undefined, namespace)
    if (found === undefined) throw notFound(KINDS.Namespace, namespace)
    if (found.metadata.deletionTimestamp !== undefined) {
      const resource = kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`
      const why = `unable to create new content in namespace ${namespace} because it is being terminated`
      throw new StatusError(403, 'Forbidden', `${resource} "${name}" is forbidden: ${why}`, {
        name,
        ...(kind.group === '' ? {} : { group: kind.group }),
        kind: kind.plural,
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: `namespace ${namespace} is being terminated`,
            field: 'metadata.namespace',
          },
        ],
      })
    }
  }

  /** Starts the deletion; the namespace goes when it is empty. */
  remove(name: string): KubeObject | undefined {
    const found = this.#store.get(KINDS.Namespace, undefined, name)
    if (found === undefined) return undefined
    if (found.metadata.deletionTimestamp === undefined) {
      this.#store.update(KINDS.Namespace, {
        ...found,
        metadata: { ...found.metadata, finalizers: [FINALIZER] },
      })
      this.#store.delete(KINDS.Namespace, undefined, name)
      this.#store.updateStatus(KINDS.Namespace, undefined, name, (namespace) => {
        namespace['status'] = { phase: 'Terminating' }
      })
      for (const kind of ALL_KINDS.filter(({ namespaced }) => namespaced)) {
        for (const object of this.#store.list(kind, name))
          this.#store.delete(kind, name, object.metadata.name)
      }
    }
    this.#settle(name)
    return this.#store.get(KINDS.Namespace, undefined, name) ?? found
  }

  #settle(name: string): void {
    const namespace = this.#store.get(KINDS.Namespace, undefined, name)
    if (namespace?.metadata.deletionTimestamp === undefined) return
    if (ALL_KINDS.some((kind) => kind.namespaced && this.#store.list(kind, name).length > 0)) return
    this.#store.update(KINDS.Namespace, { ...namespace, metadata: { ...namespace.metadata, finalizers: [] } })
  }

  #furnish(namespace: string): void {
    this.#store.create(KINDS.ServiceAccount, { metadata: { name: 'default', namespace } })
    this.#store.create(KINDS.ConfigMap, {
      metadata: { name: 'kube-root-ca.crt', namespace },
      data: { 'ca.crt': '' },
    })
  }
}
