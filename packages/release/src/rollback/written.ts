import type { BlueGreenGoal } from '../bluegreen/goal.ts'
import type { CanaryGoal } from '../canary/goal.ts'
import type { Landed, LeaseState, ReleaseId, Retreat, Timestamp } from '../in-flight.ts'
import type { RunId } from '../run-id.ts'
import type { RedeployGoal } from './goal.ts'
import { isSameVersion } from './identity.ts'
import type { RedeployNote } from './moves.ts'
import type { Redeploying, RolledBack } from './redeploying.ts'
import { currentRedeploy } from './way.ts'

// What the moves write on the Lease. Pure: the engine writes it, a dry run and the tests imagine it.

/** So many releases that were taken back are remembered. */
const MOST_REMEMBERED = 10

/** `begin`: also by another run, which takes up what was left; then what was bad stays what was bad. */
export function redeployBegun(
  state: LeaseState,
  goal: RedeployGoal,
  deployment: number | undefined,
  now: Timestamp,
): LeaseState {
  const before = currentRedeploy(state)
  const redeploying: Redeploying = {
    release: goal.release,
    from: before?.from ?? goal.from,
    run: goal.run,
    deployment,
    reason: goal.reason,
    since: now,
    phase: { name: 'restoring', since: now },
    passed: 0,
    reverted: 0,
  }
  return { ...state, redeploying }
}

export function redeployNoted(redeploy: Redeploying, change: RedeployNote, now: Timestamp): Redeploying {
  switch (change.kind) {
    case 'phase':
      return redeploy.phase.name === change.name
        ? redeploy
        : { ...redeploy, phase: { name: change.name, since: now } }
    case 'passed':
      return { ...redeploy, passed: Math.max(redeploy.passed, change.round) }
    case 'reverted':
      return {
        ...redeploy,
        reverted: redeploy.reverted + 1,
        phase: { name: 'restoring', since: now },
        passed: 0,
      }
  }
}

/** `land`: what was restored is live, and what it replaced was taken back. */
export function redeployLanded(state: LeaseState, flaw: Retreat | undefined, now: Timestamp): LeaseState {
  const { redeploying } = state
  if (redeploying === undefined) return state
  const { release, from, run, deployment } = redeploying
  const landed: Landed = { release, run, deployment, outcome: 'promoted', why: flaw, at: now }
  return {
    ...takenBack(state, { release: from, run, at: now }),
    redeploying: undefined,
    last: landed,
    live: landed,
  }
}

/**
 * `land` of a release that was taken back: a rollback that ended it is remembered with it. When its process is killed
 * right after, the next attempt would else find a world without it, and go one release further back.
 */
export function endedBy(
  state: LeaseState,
  goal: CanaryGoal | BlueGreenGoal,
  release: ReleaseId | undefined,
  now: Timestamp,
): LeaseState {
  // What an interrupted rollback's own switch was bringing is good: whoever goes back is to find it.
  const restoring = state.switching?.preempt === true
  return release !== undefined && goal.kind === 'abort' && goal.preempt && !restoring
    ? takenBack(state, { release, run: goal.run, at: now })
    : state
}

/** Remembers that a release was taken back. */
export function takenBack(state: LeaseState, entry: RolledBack): LeaseState {
  const others = (state.rolledBack ?? []).filter(({ release }) => !isSameVersion(release, entry.release))
  return { ...state, rolledBack: [entry, ...others].slice(0, MOST_REMEMBERED) }
}

/** A run's own interrupted rollback: its goal is what it was, whatever runs by now. */
export function ownRedeploy(state: LeaseState, run: RunId): Redeploying | undefined {
  const redeploy = currentRedeploy(state)
  return redeploy?.run.id === run.id ? redeploy : undefined
}

/** The last thing that became of the workload is that this run took a release back: it has done what it was asked for. */
export function hasTakenBack(state: LeaseState, run: RunId): boolean {
  const { inFlight, switching, last, live, rolledBack = [] } = state
  if (inFlight !== undefined || switching !== undefined) return false
  const ended = Math.max(last?.at ?? 0, live?.at ?? 0)
  return rolledBack.some((each) => each.run.id === run.id && each.at >= ended)
}
