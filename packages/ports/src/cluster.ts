import type { AutoscalerSight, Timestamp, WorkloadSight } from '@release-actions/release'

/**
 * One workload and its canary on one cluster. Every write is idempotent and tests the fence: a process that lost its
 * claim changes nothing. All methods throw ReleaseError: `forbidden` names the missing verb, `conflict` the object
 * that changed since it was observed, `unreachable` the server.
 */
export interface Cluster {
  /**
   * Looks once, before anything is touched: refuses what cannot be released (KUBERNETES.md, "Refused at the first
   * look"), and proves by SelfSubjectAccessReview that every move, the way back first, is allowed.
   * @returns warnings, a sentence each
   */
  preflight(): Promise<readonly string[]>
  observe(): Promise<ClusterSight>
  /** Puts the fence on one of `observe().unstamped`. */
  stamp(object: string, fence: number): Promise<void>
  holdAutoscaler(min: number, fence: number): Promise<void>
  releaseAutoscaler(name: string, min: number, fence: number): Promise<void>
  /** Creates the canary Deployment, or gives it this release's template, with so many replicas. */
  applyCanary(replicas: number, fence: number): Promise<void>
  scaleCanary(replicas: number, fence: number): Promise<void>
  /**
   * With `manifests`, a promoted stable gets before it what they say of it beside the template; says what of that could
   * not be applied.
   */
  deleteCanary(fence: number): Promise<readonly string[]>
  /** The stable's template becomes this release's; with `manifests`, the other objects are applied first. */
  promoteStable(fence: number): Promise<void>
  /** The stable's template becomes again that of `replicaSet`, or of `image` where that is gone; says what it could not restore. */
  restoreStable(
    base: { replicaSet: string | undefined; image: string; template: string },
    fence: number,
  ): Promise<readonly string[]>
  /** Resolves as soon as something that `observe` reads has changed (a watch), at the latest after `ms`. */
  changed(ms: number, signal?: AbortSignal): Promise<void>
  /** The pods' own words, for a person: conditions, events, last log lines of the pods that are not well. */
  explain(track: 'stable' | 'canary'): Promise<readonly string[]>
}

export interface ClusterSight {
  readonly stable: WorkloadSight & {
    readonly image: string
    /** What its pods' label `app.kubernetes.io/version` says. */
    readonly label: string | undefined
    readonly replicaSet: string | undefined
    /** The digest that its ready pods run, when they all run one. */
    readonly digest: string | undefined
  }
  readonly canary:
    (WorkloadSight & { readonly image: string; readonly digest: string | undefined }) | undefined
  readonly autoscaler: AutoscalerSight | undefined
  readonly unstamped: readonly string[]
  readonly at: Timestamp
}
