import type { Percent, ReasonCode } from '@release-actions/values'
import type { LeaseState, Timestamp } from '../in-flight.ts'
import type { RunId } from '../run-id.ts'

/** Everything that `decide` may look at, read from the world in one go. Plain data. */
export interface CanarySight {
  readonly now: Timestamp
  readonly claim: ClaimSight
  readonly stable: WorkloadSight
  /** undefined: there is no canary Deployment. */
  readonly canary: WorkloadSight | undefined
  readonly traffic: TrafficSight
  readonly autoscaler: AutoscalerSight | undefined
  /** Workload objects that will be changed and do not carry our fence, in the order in which to stamp them. */
  readonly unstamped: readonly string[]
  /** What the gates say of the stage that is being judged; it is only ever about this process's own window. */
  readonly verdict: VerdictSight
  /** A signal came: the runner wants us gone within seconds. */
  readonly cancelled: boolean
  /** The server's answer to our last write, when asking again would not change it (forbidden, invalid, a full quota). */
  readonly obstacle: Obstacle | undefined
}

export interface Obstacle {
  readonly code: ReasonCode
  readonly reason: string
  /** It was already there when we tried to go back, and that was refused as well. */
  readonly onTheWayBack: boolean
}

export type ClaimSight =
  /** Nobody works on this workload (never did, let go, or expired). */
  | { readonly kind: 'free'; readonly state: LeaseState }
  /** Another process holds it: of another run, or of our own. */
  | { readonly kind: 'held'; readonly by: RunId; readonly state: LeaseState }
  | { readonly kind: 'ours'; readonly fence: number; readonly since: Timestamp; readonly state: LeaseState }
  /** It was ours in this process, and another took it. */
  | { readonly kind: 'lost'; readonly to: RunId | undefined; readonly state: LeaseState }

export interface WorkloadSight {
  readonly name: string
  /** SHA-256 (hex) of its pod template; of a canary: of the template that the stable would have. */
  readonly template: string
  readonly desired: number
  /** Ready pods of the current template. */
  readonly ready: number
  /** Pods of any template that still exist, terminating ones included. */
  readonly total: number
  /** Pods of an older template that still exist. */
  readonly old: number
  /** The controller has seen the current spec, and all desired pods are updated and available. */
  readonly settled: boolean
  /** Ready pods that the Service's EndpointSlices name and that are not terminating. */
  readonly endpoints: number
  /** Reasons why pods are not ready that time will not mend (a bad image, a crash loop, quota). One sentence each. */
  readonly trouble: readonly string[]
  readonly deleting: boolean
}

export interface TrafficSight {
  readonly kind: 'route' | 'replicas'
  /** Our backend is in the route (always true for `replicas`), with its Service. */
  readonly linked: boolean
  /** The canary's configured share of the stable's own share. 0 when not linked. */
  readonly weight: Percent
  /** Every controller has accepted the current generation. */
  readonly accepted: boolean
  /** Why the current generation is refused; undefined when it is not. */
  readonly refused: string | undefined
  /** Something about our part of the route that we did not do and that we will not undo: said as a conflict. */
  readonly tampered: string | undefined
  /** Traffic objects that will be changed and do not carry our fence. */
  readonly unstamped: readonly string[]
}

export interface AutoscalerSight {
  readonly name: string
  readonly min: number
  /** No minimum may be above it. */
  readonly max: number
}

/** A stage is what is judged: `5`, `25`, …: the canary at that weight; `stable`: the stable after promotion. */
export type Stage = `${number}` | 'stable'

export type VerdictSight =
  | { readonly kind: 'none' }
  | { readonly kind: 'judging'; readonly stage: Stage }
  | { readonly kind: 'pass'; readonly stage: Stage }
  | { readonly kind: 'fail'; readonly stage: Stage; readonly code: ReasonCode; readonly reason: string }
  /** Inconclusive, and the user wrote `on-inconclusive: hold`. */
  | { readonly kind: 'hold'; readonly stage: Stage; readonly reason: string }
