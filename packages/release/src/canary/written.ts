import type { InFlight, Landed, LeaseState, Shift, Timestamp } from '../in-flight.ts'
import type { ReleaseGoal } from './goal.ts'
import type { Note } from './moves.ts'
import { mergedPlan } from './walk.ts'

// What the moves write on the Lease. Pure: the engine writes it, a dry run and the tests imagine it.

/** `begin`: a release that has done nothing yet. */
export function begun(
  goal: ReleaseGoal,
  base: InFlight['base'],
  deployment: number | undefined,
  now: Timestamp,
): InFlight {
  return {
    release: goal.release,
    run: goal.run,
    deployment,
    traffic: goal.traffic,
    plan: goal.plan,
    since: now,
    base,
    passed: [],
    shifts: [],
    phase: { name: 'adopting', since: now },
    retreat: undefined,
    reverted: 0,
  }
}

/** `begin` by another run, or with another plan: what was reached stays reached. */
export function takenUp(goal: ReleaseGoal, before: InFlight, deployment: number | undefined): InFlight {
  return {
    ...before,
    run: goal.run,
    plan: mergedPlan(goal, before),
    deployment: before.deployment ?? deployment,
  }
}

/** The in-flight state after a note. Pure, so that a test can hold what the Lease says. */
export function noted(state: InFlight, change: Note, now: Timestamp): InFlight {
  switch (change.kind) {
    case 'phase':
      return state.phase.name === change.name ? state : { ...state, phase: { name: change.name, since: now } }
    case 'shift':
      return { ...state, shifts: [...state.shifts, { weight: change.weight, at: now, verified: 'pending' }] }
    case 'passed':
      return state.passed.includes(change.weight)
        ? state
        : { ...state, passed: [...state.passed, change.weight] }
    case 'retreat':
      // The first reason is the reason; the phase may change from restoring to retreating.
      return {
        ...state,
        retreat: state.retreat ?? change.why,
        phase: state.phase.name === change.phase ? state.phase : { name: change.phase, since: now },
      }
    case 'reverted':
      return { ...state, reverted: state.reverted + 1, phase: { name: 'shifting', since: now } }
  }
}

/** `verify`: how the last shift was proved, and the share that was seen. */
export function proved(state: InFlight, how: Pick<Shift, 'verified' | 'seen'>): InFlight {
  const shift = state.shifts.at(-1)
  return shift === undefined
    ? state
    : { ...state, shifts: [...state.shifts.slice(0, -1), { ...shift, ...how }] }
}

/**
 * `land`: nothing is in flight any more, and the outcome is known.
 * @param served the digest that the stable's pods run, for a release that was named by its tag only
 */
export function landed(
  state: LeaseState,
  outcome: Landed['outcome'],
  now: Timestamp,
  served?: string,
): LeaseState {
  const flight = state.inFlight
  if (flight === undefined) return state
  const { run, deployment, retreat } = flight
  const digest = flight.release.digest ?? (outcome === 'promoted' ? served : undefined)
  const release = { ...flight.release, digest }
  const why = outcome === 'retreated' ? retreat : undefined
  const last: Landed = { release, run, deployment, outcome, why, at: now }
  return { ...state, inFlight: undefined, last, live: outcome === 'promoted' ? last : state.live }
}
