import type { Milliseconds } from '@release-actions/values'

export type Track = 'stable' | 'canary' | 'blue' | 'green'

export interface PodSight {
  readonly name: string
  readonly uid: string
  readonly ready: boolean
  readonly deleting: boolean
  readonly startedAt: number | undefined
  /** Sum over the containers. */
  readonly restarts: number
  /** Container ports by name. */
  readonly ports: Readonly<Record<string, number>>
  /** Sums of the containers' limits: cores, bytes; undefined when some container has none. */
  readonly limits: { readonly cpu: number | undefined; readonly memory: number | undefined }
}

export interface ProxyAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly latency: Milliseconds
}

/** The pods of one workload, reached through the API server: a runner outside the cluster network needs nothing else. */
export interface Pods {
  /** Pods of that track, its newest template only. */
  list(track: Track): Promise<readonly PodSight[]>
  /** GET through the pod proxy. `port`: a number or a container port's name. @throws Unreachable, NotFound, Forbidden, TimedOut */
  get(pod: PodSight, port: number | string, path: string, timeout: Milliseconds): Promise<ProxyAnswer>
  /** GET through the service proxy. @throws as `get` */
  service(
    name: { namespace: string; service: string; port: number | string },
    path: string,
    timeout: Milliseconds,
  ): Promise<ProxyAnswer>
  /** Current usage by pod name, cores and bytes (metrics.k8s.io); undefined when the cluster has no metrics server. */
  usage(
    track: Track,
  ): Promise<ReadonlyMap<string, { readonly cpu: number; readonly memory: number }> | undefined>
}
