import type { AbortGoal } from '../canary/goal.ts'
import type { ClaimSight } from '../canary/sight.ts'
import type { NotOurs } from '../canary/steps.ts'
import type { LeaseState } from '../in-flight.ts'
import { formatRun, isOwn, type RunId } from '../run-id.ts'

/** Whether an abort may end this release: one that does not pre-empt, or takes only its own, leaves others their work. */
export function mayEnd(goal: AbortGoal, claim: NotOurs, flight: { readonly run: RunId }): boolean {
  if (goal.preempt && goal.onlyOwn !== true) return true
  return isOwn(goal.run, flight.run) && (claim.kind !== 'held' || isOwn(goal.run, claim.by))
}

/**
 * Why what is in flight is not this run's to end, as a sentence; undefined: it is, or nothing is in flight.
 * @param holder who is at work on the workload, if anybody
 */
export function notOwn(run: RunId, state: LeaseState, holder: RunId | undefined): string | undefined {
  const flight = state.inFlight ?? state.switching
  if (flight === undefined) return undefined
  const { version } = flight.release
  if (!isOwn(run, flight.run))
    return `${version} is in flight, and is of run ${formatRun(flight.run)}: it is left to that run`
  if (holder === undefined || isOwn(run, holder)) return undefined
  return `run ${formatRun(holder)} has taken over, and ends ${version} itself: it is left to that run`
}

/** Why an abort that is done has left what is in flight where it is; undefined: nothing is in flight any more. */
export function leftTo(goal: AbortGoal, claim: ClaimSight): string | undefined {
  return notOwn(goal.run, claim.state, claim.kind === 'held' ? claim.by : undefined)
}
