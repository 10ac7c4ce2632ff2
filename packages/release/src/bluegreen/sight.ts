import type { ReasonCode } from '@release-actions/values'
import type { ClaimSight, Obstacle, WorkloadSight } from '../canary/sight.ts'
import type { Timestamp } from '../in-flight.ts'
import type { Color, Owner } from './color.ts'
import type { SwitchStage } from './switching.ts'

/** Everything that `decideSwitch` may look at, read from the world in one go. Plain data. */
export interface BlueGreenSight {
  readonly now: Timestamp
  readonly claim: ClaimSight
  /** The user's own Deployment. Once it is adopted it serves nothing. */
  readonly own: WorkloadSight
  /** `template` is in the terms of the user's own Deployment: without our colour label. undefined: there is none. */
  readonly blue: WorkloadSight | undefined
  readonly green: WorkloadSight | undefined
  readonly switch: SwitchSight
  /** What follows the colour that serves: its HPA and its PDB. */
  readonly followers: readonly Follower[]
  /** Workload objects that will be changed and do not carry our fence, in the order in which to stamp them. */
  readonly unstamped: readonly string[]
  readonly verdict: SwitchVerdict
  /** A signal came: the runner wants us gone within seconds. */
  readonly cancelled: boolean
  readonly obstacle: Obstacle | undefined
}

/** What says who serves: the live Service's selector, or a route's weights. */
export interface SwitchSight {
  readonly kind: 'service' | 'route'
  /** Who is named; `own`: nobody of ours, so every pod that the user's selector matches. */
  readonly to: Owner
  /** The preview Service (and, for a route, our backends) is there. */
  readonly linked: boolean
  /** Every controller has accepted the current generation; always true for a Service. */
  readonly accepted: boolean
  readonly refused: string | undefined
  /** Something about our part that we did not do and that we will not undo: said as a conflict. */
  readonly tampered: string | undefined
  readonly unstamped: readonly string[]
  /** Ready endpoints, not terminating, that the EndpointSlices of what serves name, by whose pods they are. */
  readonly endpoints: { readonly own: number; readonly blue: number; readonly green: number }
}

/** An object of the user's that must name the Deployment, or the pods, that serve. */
export interface Follower {
  /** `HorizontalPodAutoscaler/shop` */
  readonly object: string
  readonly to: Owner
}

export type SwitchVerdict =
  | { readonly kind: 'none' }
  | { readonly kind: 'judging'; readonly stage: SwitchStage }
  | { readonly kind: 'pass'; readonly stage: SwitchStage }
  | { readonly kind: 'fail'; readonly stage: SwitchStage; readonly code: ReasonCode; readonly reason: string }
  | { readonly kind: 'hold'; readonly stage: SwitchStage; readonly reason: string }

/** @returns undefined for a colour that has no Deployment */
export function ownerOf(seen: Pick<BlueGreenSight, 'own' | Color>, owner: Owner): WorkloadSight | undefined {
  return seen[owner]
}
