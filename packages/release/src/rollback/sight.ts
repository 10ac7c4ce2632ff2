import type { ReasonCode } from '@release-actions/values'
import type { ClaimSight, Obstacle, WorkloadSight } from '../canary/sight.ts'
import type { Timestamp } from '../in-flight.ts'

/** Everything that `decideRedeploy` may look at, read from the world in one go. Plain data. */
export interface RedeploySight {
  readonly now: Timestamp
  readonly claim: ClaimSight
  readonly stable: WorkloadSight
  /** A Service selects its pods: then they must be in its endpoints too. */
  readonly serviced: boolean
  /** Objects that carry no fence of ours, in the order in which to stamp them. */
  readonly unstamped: readonly string[]
  /** What the gates say of the window that this process has open. */
  readonly verdict: RedeployVerdict
  /** A signal came: the runner wants us gone within seconds. */
  readonly cancelled: boolean
  readonly obstacle: Obstacle | undefined
}

/** A window of the verification of what was restored, counted from 1. */
export type RedeployStage = `restored-${number}`

export type RedeployVerdict =
  | { readonly kind: 'none' }
  | { readonly kind: 'judging'; readonly stage: RedeployStage }
  | { readonly kind: 'pass'; readonly stage: RedeployStage }
  | {
      readonly kind: 'fail'
      readonly stage: RedeployStage
      readonly code: ReasonCode
      readonly reason: string
    }
  | { readonly kind: 'hold'; readonly stage: RedeployStage; readonly reason: string }
