/**
 * A workflow run. Its id is given at trigger time and is the same in every attempt, so of two releases the one with
 * the larger id is the newer one. Deployment ids order nothing: they are given after approval.
 */
export interface RunId {
  readonly id: number
  readonly attempt: number
}

/** Below 0: `a` is older than `b`; 0: the same run; above 0: newer. Attempts are not compared. */
export function compareRuns(a: RunId, b: RunId): number {
  return a.id - b.id
}

/** `7` or, from the second attempt on, `7 (attempt 2)`. */
export function formatRun(run: RunId): string {
  return run.attempt > 1 ? `${run.id} (attempt ${run.attempt})` : String(run.id)
}
