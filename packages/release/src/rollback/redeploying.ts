import type { ReleaseId, Timestamp } from '../in-flight.ts'
import type { RunId } from '../run-id.ts'

/**
 * A rollback that sets the workload itself back, under way, as JSON on its Lease. It ends when the rollback lands, and
 * counts no more once a release has begun after it: `currentRedeploy`.
 */
export interface Redeploying {
  /** What the workload is set to; its template is the one that it will have. */
  readonly release: ReleaseId
  /** What served before: what is taken back. */
  readonly from: ReleaseId
  readonly run: RunId
  /** The GitHub Deployment of the rollback, once there is one. */
  readonly deployment: number | undefined
  /** Why, in the words of whoever asked for it. */
  readonly reason: string
  readonly since: Timestamp
  readonly phase: { readonly name: RedeployPhase; readonly since: Timestamp }
  /** How often the gates have passed, each time over a window of its own. */
  readonly passed: number
  /** How often somebody undid a write of ours. */
  readonly reverted: number
}

/** `restoring`: the template has not been seen to be there yet; `rolling`: it was. */
export type RedeployPhase = 'restoring' | 'rolling' | 'judging'

/** A release that a rollback took back. */
export interface RolledBack {
  readonly release: ReleaseId
  /** The rollback's run. */
  readonly run: RunId
  readonly at: Timestamp
}
