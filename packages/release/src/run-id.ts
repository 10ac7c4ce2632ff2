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

/**
 * What `other` has begun is `run`'s own: of the same run, and of no later attempt, which would be somebody else at work
 * on it by now.
 */
export function isOwn(run: RunId, other: RunId): boolean {
  return other.id === run.id && other.attempt <= run.attempt
}

/** `7` or, from the second attempt on, `7 (attempt 2)`. */
export function formatRun(run: RunId): string {
  return run.attempt > 1 ? `${run.id} (attempt ${run.attempt})` : String(run.id)
}
