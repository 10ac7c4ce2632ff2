import type { InFlight, Shift, Timestamp } from '../in-flight.ts'
import { capacity } from './capacity.ts'
import type { ReleaseGoal } from './goal.ts'
import type { CanaryMove } from './moves.ts'
import type { CanarySight, ClaimSight } from './sight.ts'

// What the parts of the decision share. Pure.

export type Ours = Extract<ClaimSight, { kind: 'ours' }>
export type NotOurs = Extract<ClaimSight, { kind: 'free' | 'held' }>

/** The times that a wait is bounded by. */
interface Bounded {
  readonly timing: { readonly timeout: number }
}

export function note(name: InFlight['phase']['name']): CanaryMove {
  return { kind: 'note', change: { kind: 'phase', name } }
}

export function lastShift(flight: InFlight): Shift | undefined {
  return flight.shifts.at(-1)
}

/** The first object that must carry the fence before anything else is changed; the route is the first of all. */
export function firstUnstamped(seen: CanarySight): string | undefined {
  return seen.traffic.unstamped[0] ?? seen.unstamped[0]
}

/**
 * Since when something on the Lease counts, on this process's clock: since this process came, when another wrote it.
 * The other's clock may have been wrong: a time ahead of ours is not of this process.
 */
export function countsSince(at: Timestamp, claim: Ours, seen: Pick<CanarySight, 'now'>): Timestamp {
  return at > seen.now ? claim.since : Math.max(at, claim.since)
}

/** A wait ends `timeout` after its phase began, or after this process came: a resumed step waits anew. */
export function waitUntil(
  goal: Bounded,
  seen: Pick<CanarySight, 'now'>,
  claim: Ours,
  flight: { readonly phase: { readonly since: Timestamp } },
): Timestamp {
  return countsSince(flight.phase.since, claim, seen) + goal.timing.timeout
}

/** Does the world already split as this weight asks? Without a router the canary's own size is the split. */
export function isAt(seen: CanarySight, shift: Shift | undefined, weight: number): boolean {
  if (seen.traffic.kind === 'route') return seen.traffic.weight === weight
  const need = capacity('replicas', weight, seen.stable.desired)
  return (seen.canary?.desired ?? 0) >= need && (shift?.weight === weight || seen.canary?.desired === need)
}

/** So many canary pods, ready and known to the data plane; undefined when they are. */
export function ready(
  goal: Bounded,
  seen: CanarySight,
  claim: Ours,
  flight: InFlight,
  need: number,
): CanaryMove | undefined {
  const { canary } = seen
  if (canary === undefined) return undefined
  if (canary.desired < need) return { kind: 'scale-canary', replicas: need }
  if (canary.ready >= need && canary.endpoints >= need) return undefined
  if (flight.phase.name !== 'scaling') return note('scaling')
  const what = canary.ready < need ? 'canary-ready' : 'canary-endpoints'
  return { kind: 'await', what, until: waitUntil(goal, seen, claim, flight) }
}

/** A shift counts once the controllers accepted it and the split was seen, or had time to settle. */
export function proveShift(goal: Bounded, seen: CanarySight, claim: Ours, shift: Shift): CanaryMove {
  const until = countsSince(shift.at, claim, seen) + goal.timing.timeout
  if (!seen.traffic.accepted) return { kind: 'await', what: 'route-accepted', until }
  return { kind: 'verify', weight: shift.weight, until }
}

/** Nothing of the new version is left in the traffic that the canary's own weight would bring. */
export function routeIsBack(seen: CanarySight): boolean {
  return seen.traffic.kind === 'route' ? seen.traffic.weight === 0 : (seen.canary?.desired ?? 0) === 0
}

/** The router sends requests to the canary, and no pod is there to answer them. */
export function servesNobody({ traffic, canary }: CanarySight): boolean {
  return traffic.kind === 'route' && traffic.weight > 0 && (canary?.endpoints ?? 0) === 0
}

/**
 * Somebody has scaled the stable to 0 while pods of the canary answer: requests that were given to it would be answered
 * by nobody.
 */
export function isEmptied({ stable, canary }: CanarySight): boolean {
  return stable.desired === 0 && (canary?.endpoints ?? 0) > 0
}

/** The canary's Deployment with this release's template, and our backend in the route; undefined when both are there. */
export function standUp(
  goal: ReleaseGoal,
  seen: CanarySight,
  claim: Ours,
  flight: InFlight,
  need: number,
): CanaryMove | undefined {
  const { canary, traffic } = seen
  if (canary?.deleting === true) return awaitGone(goal, seen, claim, flight)
  if (canary === undefined || canary.template !== goal.release.template) {
    // Without a router, pods are traffic: they come with the shift.
    return { kind: 'apply-canary', replicas: traffic.kind === 'route' ? need : 0 }
  }
  return traffic.linked ? undefined : { kind: 'link' }
}

function awaitGone(goal: ReleaseGoal, seen: CanarySight, claim: Ours, flight: InFlight): CanaryMove {
  const until = waitUntil(goal, seen, claim, flight)
  if (seen.now < until) return { kind: 'await', what: 'canary-gone', until }
  const reason = `the canary of an earlier release is still being deleted (${seen.canary?.total ?? 0} pods are left)`
  return { kind: 'failed', decision: 'failed', code: 'timeout', reason }
}
