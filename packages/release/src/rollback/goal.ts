import type { Milliseconds } from '@release-actions/values'
import type { ReleaseId, Timing } from '../in-flight.ts'
import type { RunId } from '../run-id.ts'

/** Set the workload itself back to an earlier version. Plain data, fixed for the life of the process. */
export interface RedeployGoal {
  readonly kind: 'redeploy'
  /** What it goes back to; `template` is the hash that it will have: that of a kept ReplicaSet, or of a new image. */
  readonly release: ReleaseId
  /** The ReplicaSet that has kept this template; undefined: none has. */
  readonly replicaSet: string | undefined
  /** What serves now, and is taken back. */
  readonly from: ReleaseId
  readonly run: RunId
  /** Why, in the words of whoever asked for it. */
  readonly reason: string
  readonly timing: Pick<Timing, 'timeout'>
  /** How often the gates must pass, each time over a window of its own. */
  readonly verifications: number
  /** How long one window lasts. */
  readonly soak: Milliseconds
  /** Act although a newer run has released. */
  readonly allowOlder: boolean
}
