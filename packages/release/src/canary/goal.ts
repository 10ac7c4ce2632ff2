import type { Milliseconds, Percent } from '@release-actions/values'
import type { ReleaseId, Timing } from '../in-flight.ts'
import type { RunId } from '../run-id.ts'

/** What this step is asked for. Plain data, fixed for the life of the process. */
export type CanaryGoal = ReleaseGoal | AbortGoal

export interface ReleaseGoal {
  readonly kind: 'release'
  readonly release: ReleaseId
  readonly run: RunId
  /** As the user wrote it: `httproute/shop`, `replicas`. */
  readonly traffic: string
  /** The whole walk, strictly ascending. */
  readonly plan: readonly Percent[]
  /** The last weight of this step; one of the plan. */
  readonly until: Percent
  /** After `until` has passed. */
  readonly promote: boolean
  /** The soak at each weight of the plan, in its order. */
  readonly soaks: readonly Milliseconds[]
  readonly timing: Timing
  readonly onFailure: 'retreat' | 'hold'
  /** Act although a newer run has released. */
  readonly allowOlder: boolean
}

/** End what is in flight: route back, proved, drained, cleaned up. What `post:` and `rollback: abort` ask for. */
export interface AbortGoal {
  readonly kind: 'abort'
  readonly run: RunId
  readonly timing: Timing
  /** Why, for the record, when the world does not already say. */
  readonly reason: string
  /** Take the claim also from a run that is not ours. */
  readonly preempt: boolean
  /** Even so, end only what this run has in flight itself, and only while no other run works on it. */
  readonly onlyOwn?: boolean
}
