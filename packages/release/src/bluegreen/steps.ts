import { countsSince, waitUntil, type Ours } from '../canary/steps.ts'
import type { LeaseState, Timestamp, Timing } from '../in-flight.ts'
import type { WorkloadSight } from '../canary/sight.ts'
import { otherColor, type Color, type Owner } from './color.ts'
import type { SwitchGoal } from './goal.ts'
import type { BlueGreenMove, SwitchAwaited } from './moves.ts'
import type { BlueGreenSight } from './sight.ts'
import type { SwitchMade, Switching, SwitchPhase, SwitchStage } from './switching.ts'

// What the parts of the decision share. Pure.

/** A blue/green release under way, as it is seen, with the claim ours. */
export interface Way {
  readonly timing: Timing
  readonly seen: BlueGreenSight
  readonly claim: Ours
  readonly flight: Switching
}

/** The same, on the way forward. */
export interface Forward extends Way {
  readonly goal: SwitchGoal
}

export function note(name: SwitchPhase): BlueGreenMove {
  return { kind: 'note', change: { kind: 'phase', name } }
}

/** The first object that must carry the fence before anything else is changed; what says who serves is the first. */
export function stampFirst(seen: BlueGreenSight): BlueGreenMove | undefined {
  const object = seen.switch.unstamped[0] ?? seen.unstamped[0]
  return object === undefined ? undefined : { kind: 'stamp', object }
}

/** The fence on what says who serves: nothing else need carry it before a way back. */
export function stampSwitch(seen: BlueGreenSight): BlueGreenMove | undefined {
  const object = seen.switch.unstamped[0]
  return object === undefined ? undefined : { kind: 'stamp', object }
}

/** The colour that serves before the new one does: after a first run's adoption, the one that was adopted as. */
export function baseColor({ base, to }: Pick<Switching, 'base' | 'to'>): Color {
  return base.owner === 'own' ? otherColor(to) : base.owner
}

export function lastSwitch(flight: Switching): SwitchMade | undefined {
  return flight.switches.at(-1)
}

/** Who serves by our own doing; undefined: the user's own Deployment, which is not adopted yet. */
export function meant({ switching, colors }: LeaseState): Color | undefined {
  if (switching === undefined) return colors?.live
  const last = lastSwitch(switching)
  if (last !== undefined) return last.to
  return switching.base.owner === 'own' ? undefined : switching.base.owner
}

/**
 * Who serves, as far as a new release is concerned: who is named; where our key was taken out of a Service that we
 * had adopted, the colour that we left there.
 */
export function servingOwner(seen: {
  readonly claim: { readonly state: LeaseState }
  readonly switch: { readonly to: Owner }
}): Owner {
  const { to } = seen.switch
  return to === 'own' ? (seen.claim.state.colors?.live ?? 'own') : to
}

/**
 * What a release goes back to: what serves. Where the release that is asked for serves already, and whether it was ever
 * judged is not known any more, the other colour.
 */
export function baseOwner(
  goal: Pick<SwitchGoal, 'release'>,
  seen: Pick<BlueGreenSight, 'claim' | 'switch' | 'own' | Color>,
): Owner {
  const serving = servingOwner(seen)
  const same = serving !== 'own' && seen[serving]?.template === goal.release.template
  return same ? otherColor(serving) : serving
}

/** Nothing is known of an adopted workload: its Lease was deleted. */
export function isForgotten({ switching, inFlight, colors, last, live }: LeaseState): boolean {
  return (switching ?? inFlight ?? colors ?? last ?? live) === undefined
}

/** Ready pods that a colour must have before everything goes to it. */
export function needOf(
  goal: Pick<SwitchGoal, 'preempt'>,
  live: WorkloadSight | undefined,
  replicas: number,
): number {
  if (live === undefined) return Math.max(1, replicas)
  // A rollback from a version of which nothing is ready: any pod is better than none.
  if (goal.preempt && live.ready === 0) return 1
  return Math.max(1, live.desired)
}

/** Nobody else's pods are in what serves. */
export function onlyServes(seen: Pick<BlueGreenSight, 'switch'>, color: Color): boolean {
  const { endpoints } = seen.switch
  return endpoints[color] > 0 && endpoints.own === 0 && endpoints[otherColor(color)] === 0
}

/** A switch counts once it is accepted, the endpoints are the colour's alone, and new connections told so. */
export function proveSwitch({ timing, seen, claim }: Omit<Way, 'flight'>, made: SwitchMade): BlueGreenMove {
  const until = proofEnds(timing, seen, claim, made)
  if (!seen.switch.accepted) return { kind: 'await', what: 'switch-accepted', until }
  if (!onlyServes(seen, made.to)) return { kind: 'await', what: 'switch-endpoints', until }
  return { kind: 'verify', to: made.to, until }
}

/** Why a switch that was made is not proved, although its time is over; undefined: it may still be. */
export function unprovedFor(
  { timing, seen, claim }: Omit<Way, 'flight'>,
  made: SwitchMade,
): string | undefined {
  if (made.verified !== 'pending' || seen.now < proofEnds(timing, seen, claim, made)) return undefined
  if (!seen.switch.accepted) return `the route's controller did not accept the switch to ${made.to}`
  return onlyServes(seen, made.to) ? undefined : `the endpoints did not become those of ${made.to} alone`
}

function proofEnds(
  timing: Timing,
  seen: Pick<BlueGreenSight, 'now'>,
  claim: Ours,
  made: SwitchMade,
): Timestamp {
  return countsSince(made.at, claim, seen) + timing.timeout
}

export function waitFor(way: Way, what: SwitchAwaited): BlueGreenMove {
  return { kind: 'await', what, until: waitUntil(way, way.seen, way.claim, way.flight) }
}

/** The key is gone from a Service that we have adopted: the colour that is meant comes back, never an idle one. */
export function mend(seen: BlueGreenSight, to: Color, until: Timestamp): BlueGreenMove | undefined {
  if (seen.switch.to !== 'own') return undefined
  const stamp = stampSwitch(seen)
  if (stamp !== undefined) return stamp
  // All pods that the user's selector matches serve now, which is better than none.
  if ((seen[to]?.ready ?? 0) === 0) return { kind: 'await', what: 'base-ready', until }
  return { kind: 'switch', to, why: 'mend' }
}

/** The next HPA or PDB that does not name who serves. */
export function follow(seen: BlueGreenSight, to: Color): BlueGreenMove | undefined {
  const behind = seen.followers.find((follower) => follower.to !== to)
  if (behind === undefined) return undefined
  return stampFirst(seen) ?? { kind: 'follow', object: behind.object, to }
}

/** Pods that serve no more go: once nothing names them, and what they were at has had its time to end. */
export function retire(
  seen: BlueGreenSight,
  owner: Owner,
  { drained, until }: { readonly drained: Timestamp; readonly until: Timestamp },
): BlueGreenMove | undefined {
  if ((seen[owner]?.desired ?? 0) === 0) return undefined
  if (seen.switch.endpoints[owner] > 0) return { kind: 'await', what: 'switch-endpoints', until }
  if (seen.now < drained) return { kind: 'drain', until: drained }
  return stampFirst(seen) ?? { kind: 'scale', owner, replicas: 0 }
}

/** When requests that were sent before the last switch have ended. */
export function drainedAt({ timing, seen, claim, flight }: Way): Timestamp {
  const last = lastSwitch(flight)
  return last === undefined ? 0 : countsSince(last.at, claim, seen) + timing.drain
}

export function hasPassed(flight: Switching, stage: SwitchStage): boolean {
  return flight.preempt || flight.passed.includes(stage)
}

/**
 * A rollback's own switch has been made: what serves, or serves again once our key is put back, is the good version, and
 * what served before is what somebody wants to be rid of. A signal, or whoever comes next, sees it through.
 */
export function isRestored(seen: Pick<BlueGreenSight, 'switch' | Color>, flight: Switching): boolean {
  if (!flight.preempt || flight.retreat !== undefined) return false
  const { to } = seen.switch
  if (to === flight.to) return true
  return to === 'own' && lastSwitch(flight)?.to === flight.to && (seen[flight.to]?.ready ?? 0) > 0
}

/** The new version serves, proved and judged: going back would undo a success, and only tidying up is left. */
export function finished(seen: Pick<BlueGreenSight, 'switch'>, flight: Switching): boolean {
  const last = lastSwitch(flight)
  return (
    flight.retreat === undefined &&
    seen.switch.to === flight.to &&
    last?.to === flight.to &&
    last.verified !== 'pending' &&
    hasPassed(flight, 'post-switch')
  )
}
