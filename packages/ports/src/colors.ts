import type { Color, Follower, Owner, Timestamp, WorkloadSight } from '@release-actions/release'

/**
 * One workload and its two colours on one cluster. Every write is idempotent and tests the fence: a process that lost
 * its claim changes nothing. All methods throw ReleaseError: `forbidden` names the missing verb, `conflict` the object
 * that changed since it was observed, `unreachable` the server.
 */
export interface Colors {
  /**
   * Looks once, before anything is touched: refuses what cannot be released (KUBERNETES.md, "Refused at the first
   * look"), and proves by SelfSubjectAccessReview that every move, the way back first, is allowed.
   * @returns warnings, a sentence each
   */
  preflight(): Promise<readonly string[]>
  observe(): Promise<ColorsSight>
  /** Puts the fence on one of `observe().unstamped`. */
  stamp(object: string, fence: number): Promise<void>
  /** Creates the colour's Deployment, or gives it what serves now (`base`) or this release's template. */
  apply(color: Color, content: 'base' | 'release', replicas: number, fence: number): Promise<void>
  scale(owner: Owner, replicas: number, fence: number): Promise<void>
  /** One of `observe().followers` names that Deployment, or its pods, from now on. */
  follow(object: string, to: Owner, fence: number): Promise<void>
  /**
   * With `manifests`: applies the other objects. The first half of landing as promoted, once the new version serves and
   * is judged: what they say may fit that version only.
   */
  finish(fence: number): Promise<void>
  /** Resolves as soon as something that `observe` reads has changed (a watch), at the latest after `ms`. */
  changed(ms: number, signal?: AbortSignal): Promise<void>
  /** The pods' own words, for a person: conditions, events, last log lines of the pods that are not well. */
  explain(owner: Owner): Promise<readonly string[]>
}

export interface ColorSight extends WorkloadSight {
  readonly image: string
  /** The digest that its ready pods run, when they all run one. */
  readonly digest: string | undefined
  /** What its pods' label `app.kubernetes.io/version` says. */
  readonly label: string | undefined
  readonly replicaSet: string | undefined
}

export interface ColorsSight {
  readonly own: ColorSight
  readonly blue: ColorSight | undefined
  readonly green: ColorSight | undefined
  readonly followers: readonly Follower[]
  readonly unstamped: readonly string[]
  readonly at: Timestamp
}
