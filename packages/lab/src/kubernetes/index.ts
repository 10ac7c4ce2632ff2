import { ApiServer } from './api/server.ts'
import { startCluster, type Cluster, type ClusterOptions } from './cluster.ts'
import type { Utilizations } from './controllers/autoscaler.ts'
import type { Faults } from './faults.ts'
import type { Images } from './images.ts'
import type { RequestLog } from './request-log.ts'
import { Store } from './store.ts'

export { GATEWAY_CLASS_NAME } from './cluster.ts'
export type { ClusterOptions as KubernetesOptions } from './cluster.ts'
export { CPU } from './controllers/autoscaler.ts'
export type { FaultEffect, FaultMatch, Faults as KubernetesFaults, Order, WriteHook } from './faults.ts'
export type { ImageContent, Images, ImageSource } from './images.ts'
export { KINDS, type Kind, type KindName } from './kinds.ts'
export type { LoggedRequest, RequestLog } from './request-log.ts'
export { Store, type KubeObject, type StoreEvent } from './store.ts'

/** A Kubernetes that runs in this process and serves real HTTP on loopback. */
export interface EmbeddedKubernetes extends AsyncDisposable {
  readonly store: Store
  /** The API server: `http://127.0.0.1:PORT`. */
  readonly url: string
  readonly api: ApiServer
  readonly faults: Faults
  readonly requests: RequestLog
  readonly images: Images
  /** What autoscalers are told that their pods use. */
  readonly utilizations: Utilizations
  /** The router of all HTTPRoutes; tell hosts apart by the Host header. */
  readonly gatewayUrl: string
  readonly cluster: Cluster
  /** A kubeconfig, as JSON, with a token: the admin's, or a service account's. */
  kubeconfig(user?: { readonly serviceAccount: string; readonly namespace: string }): string
  /** A listener that balances per connection, as kube-proxy does; for the Service's first port unless one is named. */
  serviceUrl(namespace: string, name: string, port?: number): Promise<string>
}

/** @param options `tls`: the API server speaks HTTPS, as kubectl needs it; plain HTTP unless said */
export async function startKubernetes(
  options?: ClusterOptions & { readonly tls?: boolean },
): Promise<EmbeddedKubernetes> {
  const store = new Store()
  const api = await ApiServer.start({ store, tls: options?.tls ?? false })
  const cluster = await startCluster(store, options)
  api.workloads = cluster.workloads
  return {
    store,
    api,
    cluster,
    url: api.url,
    faults: api.faults,
    requests: api.requests,
    images: cluster.images,
    utilizations: cluster.utilizations,
    gatewayUrl: cluster.gatewayUrl,
    kubeconfig: (user) => api.kubeconfig(user),
    serviceUrl: (namespace, name, port) => cluster.services.listen(namespace, name, port),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]()
      await cluster[Symbol.asyncDispose]()
    },
  }
}
