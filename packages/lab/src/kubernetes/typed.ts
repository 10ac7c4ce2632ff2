import { KINDS } from './kinds.ts'
import type * as shapes from './objects.ts'
import type { Kind, KubeObject, Store } from './store.ts'

/** A kind and the shape of its objects. */
export interface KindOf<T extends KubeObject> {
  readonly kind: Kind
  /** Never set: carries the shape. */
  readonly shape?: T
}
export interface DataObject extends KubeObject {
  data?: Record<string, string>
}
type Draft<T extends KubeObject> = Omit<T, 'metadata'> & { metadata: shapes.DraftMeta }

export const POD: KindOf<shapes.Pod> = { kind: KINDS.Pod }
export const SERVICE: KindOf<shapes.Service> = { kind: KINDS.Service }
export const CONFIG_MAP: KindOf<DataObject> = { kind: KINDS.ConfigMap }
export const SECRET: KindOf<DataObject> = { kind: KINDS.Secret }
export const EVENT: KindOf<KubeObject> = { kind: KINDS.Event }
export const NODE: KindOf<KubeObject> = { kind: KINDS.Node }
export const QUOTA: KindOf<shapes.ResourceQuota> = { kind: KINDS.ResourceQuota }
export const DEPLOYMENT: KindOf<shapes.Deployment> = { kind: KINDS.Deployment }
export const REPLICA_SET: KindOf<shapes.ReplicaSet> = { kind: KINDS.ReplicaSet }
export const ENDPOINT_SLICE: KindOf<shapes.EndpointSlice> = { kind: KINDS.EndpointSlice }
export const AUTOSCALER: KindOf<shapes.Autoscaler> = { kind: KINDS.HorizontalPodAutoscaler }
export const BUDGET: KindOf<shapes.DisruptionBudget> = { kind: KINDS.PodDisruptionBudget }
export const JOB: KindOf<shapes.Job> = { kind: KINDS.Job }
export const HTTP_ROUTE: KindOf<shapes.HttpRoute> = { kind: KINDS.HTTPRoute }
export const GATEWAY: KindOf<shapes.Gateway> = { kind: KINDS.Gateway }
export const GATEWAY_CLASS: KindOf<KubeObject & { spec: { controllerName: string } }> = {
  kind: KINDS.GatewayClass,
}

/** The store, with the shapes of the kinds that controllers work on. */
export class Objects {
  readonly store: Store

  constructor(store: Store) {
    this.store = store
  }

  get<T extends KubeObject>({ kind }: KindOf<T>, namespace: string | undefined, name: string): T | undefined {
    return this.store.get(kind, namespace, name) as T | undefined
  }

  list<T extends KubeObject>({ kind }: KindOf<T>, namespace?: string): T[] {
    return this.store.list(kind, namespace) as T[]
  }

  /** There is such a namespace, and it is not being deleted. */
  isOpen(name: string): boolean {
    const namespace = this.store.get(KINDS.Namespace, undefined, name)
    return namespace !== undefined && namespace.metadata.deletionTimestamp === undefined
  }

  create<T extends KubeObject>({ kind }: KindOf<T>, object: Draft<T>): T {
    return this.store.create(kind, object as unknown as Parameters<Store['create']>[1]) as T
  }

  update<T extends KubeObject>({ kind }: KindOf<T>, object: T): T {
    return this.store.update(kind, object) as T
  }

  updateStatus<T extends KubeObject>({ kind }: KindOf<T>, of: T, change: (object: T) => void): void {
    this.store.updateStatus(kind, of.metadata.namespace, of.metadata.name, (object) => change(object as T))
  }

  delete<T extends KubeObject>({ kind }: KindOf<T>, of: T, options?: Parameters<Store['delete']>[3]): void {
    this.store.delete(kind, of.metadata.namespace, of.metadata.name, options)
  }
}

/** Whether a store event is about objects of a kind. */
export function isKind(kind: Kind, of: KindOf<KubeObject>): boolean {
  return kind.kind === of.kind.kind && kind.group === of.kind.group
}
