import type { Landed, LeaseState, Timestamp } from '../in-flight.ts'
import { takenBack } from '../rollback/written.ts'
import type { SwitchGoal } from './goal.ts'
import type { SwitchNote } from './moves.ts'
import { otherColor, type Color, type Owner } from './color.ts'
import { baseColor, lastSwitch } from './steps.ts'
import type { ColorState, SwitchMade, Switching } from './switching.ts'

// What the moves write on the Lease. Pure: the engine writes it, a dry run and the tests imagine it.

/** Which colour gets the new version. A first run adopts what serves as blue, unless blue is what is asked for. */
export function targetColor(goal: Pick<SwitchGoal, 'color'>, serving: Owner): Color {
  if (goal.color !== 'idle') return goal.color
  return serving === 'own' ? 'green' : otherColor(serving)
}

/** `begin`: a release that has done nothing yet, or one that serves and of which nothing is known any more. */
export function begunSwitch(
  goal: SwitchGoal,
  base: Switching['base'],
  deployment: number | undefined,
  now: Timestamp,
  serving: Owner,
): Switching {
  const begun = notYetBegun(goal, base, deployment, now)
  if (base.owner === 'own' || serving === base.owner) return begun
  const to = otherColor(base.owner)
  return {
    ...begun,
    to,
    passed: ['pre-switch'],
    switches: [{ to, at: now, verified: 'pending' }],
    phase: { name: 'soaking', since: now },
  }
}

function notYetBegun(
  goal: SwitchGoal,
  base: Switching['base'],
  deployment: number | undefined,
  now: Timestamp,
): Switching {
  return {
    release: goal.release,
    run: goal.run,
    deployment,
    traffic: goal.traffic,
    keep: goal.keep,
    preempt: goal.preempt,
    since: now,
    to: targetColor(goal, base.owner),
    base,
    passed: [],
    switches: [],
    phase: { name: base.owner === 'own' ? 'adopting' : 'clearing', since: now },
    retreat: undefined,
    reverted: 0,
  }
}

/** The state with a release that begins; where the Lease was deleted, which colours there are is found again. */
export function withSwitch(state: LeaseState, switching: Switching): LeaseState {
  const { owner } = switching.base
  const found = owner === 'own' ? undefined : ({ live: owner, warm: undefined } as const)
  return { ...state, switching, colors: state.colors ?? found }
}

/** `begin` by another run: what was reached stays reached. */
export function takenUpSwitch(
  goal: SwitchGoal,
  before: Switching,
  deployment: number | undefined,
): Switching {
  return {
    ...before,
    run: goal.run,
    keep: goal.keep,
    preempt: goal.preempt,
    deployment: before.deployment ?? deployment,
  }
}

/** The state after a note. `switched` also tells which colour the workload has, from the adoption on. */
export function notedSwitch(state: LeaseState, change: SwitchNote, now: Timestamp): LeaseState {
  const flight = state.switching
  if (flight === undefined) return change.kind === 'switched' ? foundLive(state, change.to) : state
  switch (change.kind) {
    case 'phase':
      return flight.phase.name === change.name
        ? state
        : { ...state, switching: { ...flight, phase: { name: change.name, since: now } } }
    case 'switched': {
      const made: SwitchMade = { to: change.to, at: now, verified: 'pending' }
      const colors = state.colors ?? { live: baseColor(flight), warm: undefined }
      return { ...state, colors, switching: { ...flight, switches: [...flight.switches, made] } }
    }
    case 'passed':
      return flight.passed.includes(change.stage)
        ? state
        : { ...state, switching: { ...flight, passed: [...flight.passed, change.stage] } }
    case 'retreat':
      // The first reason is the reason.
      return {
        ...state,
        switching: {
          ...flight,
          retreat: flight.retreat ?? change.why,
          phase: flight.phase.name === 'retreating' ? flight.phase : { name: 'retreating', since: now },
        },
      }
    case 'reverted':
      return { ...state, switching: { ...flight, reverted: flight.reverted + 1 } }
  }
}

/** `verify`: how the last switch was proved, and what was asked for it. */
export function provedSwitch(
  state: LeaseState,
  how: Pick<SwitchMade, 'verified' | 'seen' | 'by'>,
): LeaseState {
  const flight = state.switching
  const last = flight === undefined ? undefined : lastSwitch(flight)
  if (flight === undefined || last === undefined) return state
  return {
    ...state,
    switching: { ...flight, switches: [...flight.switches.slice(0, -1), { ...last, ...how }] },
  }
}

/**
 * `land`: nothing is in flight any more, the outcome is known, and which colour serves and which is warm.
 * @param served the digest that the pods run, for a release that was named by its tag only
 */
export function landedSwitch(
  state: LeaseState,
  outcome: Landed['outcome'],
  now: Timestamp,
  served?: string,
): LeaseState {
  const flight = state.switching
  if (flight === undefined) return state
  const { run, deployment, retreat } = flight
  const digest = flight.release.digest ?? (outcome === 'promoted' ? served : undefined)
  const release = { ...flight.release, digest }
  const why = outcome === 'retreated' ? retreat : undefined
  const restoring = flight.preempt && outcome === 'retreated'
  const ended: Landed = { release, run, deployment, outcome, why, at: now }
  const last: Landed = restoring ? { ...ended, restoring } : ended
  const rolledBack = flight.preempt && outcome === 'promoted'
  return {
    ...(rolledBack ? takenBack(state, { release: flight.base.release, run, at: now }) : state),
    switching: undefined,
    colors: outcome === 'promoted' ? switchedColors(state, flight, now) : keptColors(state, flight),
    last,
    live: outcome === 'promoted' ? last : state.live,
  }
}

function switchedColors(state: LeaseState, flight: Switching, now: Timestamp): ColorState {
  const { base, keep, to } = flight
  if (keep === 0) return { live: to, warm: undefined }
  const known = state.live?.release.template === base.release.template ? state.live : undefined
  const since = flight.switches.findLast((made) => made.to === to)?.at ?? now
  const { release } = base
  const warm = { release, run: known?.run, deployment: known?.deployment, since, keep }
  return { live: to, warm: { color: baseColor(flight), ...warm } }
}

/** Of a release that was taken back: what it did not touch is as it was. */
function keptColors({ colors }: LeaseState, flight: Switching): ColorState | undefined {
  if (colors === undefined) return undefined
  const { warm } = colors
  const untouched =
    warm?.color === flight.to &&
    warm.release.template === flight.release.template &&
    !flight.switches.some(({ to }) => to === flight.to)
  return { live: baseColor(flight), warm: untouched ? warm : undefined }
}

/** `forget-warm`. */
export function forgottenWarm(state: LeaseState): LeaseState {
  return state.colors === undefined ? state : { ...state, colors: { ...state.colors, warm: undefined } }
}

/** A colour serves that no release of ours left there: by somebody's hand, or the Lease was lost. */
function foundLive(state: LeaseState, live: Color): LeaseState {
  const warm = state.colors?.warm
  return { ...state, colors: { live, warm: warm?.color === live ? undefined : warm } }
}
