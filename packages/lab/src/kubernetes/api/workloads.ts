import type { KubeObject } from '../store.ts'

/** Where something listens on loopback. */
export interface Address {
  readonly host: string
  readonly port: number
}
export interface LogOptions {
  /** Undefined when the client named none. */
  readonly container: string | undefined
  readonly previous: boolean
  readonly follow: boolean
  readonly timestamps: boolean
  readonly tailLines: number | undefined
  readonly sinceSeconds: number | undefined
  readonly limitBytes: number | undefined
}

/** What the API server asks the nodes for: logs, and the way into pods and Services. */
export interface Workloads {
  /**
   * The text that a container wrote.
   * @throws StatusError as the real server answers: a container that does not exist or is not there yet
   */
  log(pod: KubeObject, options: LogOptions): Promise<string | AsyncIterable<string>>
  /** Where a pod's port is served; undefined when nothing listens there (the client then gets 503). */
  podAddress(pod: KubeObject, port: number | undefined): Promise<Address | undefined>
  /** Where a ready endpoint of the Service's port (name or number; undefined: its only one) is served. */
  serviceAddress(service: KubeObject, port: string | undefined): Promise<Address | undefined>
}
