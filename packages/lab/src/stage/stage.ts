import type { EmbeddedKubernetes } from '../kubernetes/index.ts'
import type { Applying } from './client-side-apply.ts'
import type { Manifest } from './objects.ts'

/**
 * Where a scenario plays: a namespace of its own, on the embedded Kubernetes or on a real cluster. A scenario that
 * uses only this runs on both.
 */
export interface Stage extends AsyncDisposable {
  readonly kind: 'embedded' | 'cluster'
  readonly namespace: string
  /** Only on the embedded one: faults, request log, clocks. */
  readonly embedded: EmbeddedKubernetes | undefined
  /** The router, for clients on this machine; tell hosts apart by the Host header. */
  readonly gatewayUrl: string
  /** What to type for this router: twice its throttle, and the least drain. */
  readonly settle: string
  readonly drain: string
  /** For kubectl and for the administrator's part of a scenario. */
  readonly kubeconfig: string
  /** A kubeconfig (JSON) of a ServiceAccount that has exactly the Role that the docs print. */
  roleKubeconfig(): Promise<string>
  /** Server-side apply in the namespace, as the user would. */
  apply(...objects: readonly Manifest[]): Promise<void>
  /** As `kubectl apply` does, in one of its ways. @returns undefined, or what the API server refused it with */
  applyAs(how: Applying, object: Manifest): Promise<string | undefined>
  get(kind: string, name: string): Promise<Manifest | undefined>
  list(kind: string): Promise<readonly Manifest[]>
  patch(kind: string, name: string, merge: unknown): Promise<void>
  remove(kind: string, name: string): Promise<void>
  /** The Deployment is rolled out: all pods are of its template, ready, and known to its Services. */
  rolledOut(name: string, timeoutMs?: number): Promise<void>
  /** What is applied and routed answers through the gateway. */
  answers(host: string, timeoutMs?: number): Promise<void>
  /** A client inside the cluster that asks the Service over and over; counts by version. */
  inClusterClient(service: string, options?: InClusterOptions): Promise<InClusterClient>
}

export interface InClusterOptions {
  /** Keeps its connections. Default: a new one for each request, which is what kube-proxy decides by. */
  readonly keepAlive?: boolean
}

export interface InClusterClient {
  counts(): Promise<Readonly<Record<string, number>>>
  answered(): Promise<Answered>
  stop(): void
}

/** By version; `failed`: no answer. */
export interface Answered {
  readonly counts: Readonly<Record<string, number>>
  /** When the last answer came, in milliseconds since 1970. */
  readonly last: Readonly<Record<string, number>>
  /** Why requests failed, and how many. */
  readonly why: Readonly<Record<string, number>>
}
