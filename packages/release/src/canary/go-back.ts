import { formatPercent } from '@release-actions/values'
import type { InFlight, Retreat, Timing } from '../in-flight.ts'
import type { CanaryMove } from './moves.ts'
import type { CanarySight } from './sight.ts'
import {
  countsSince,
  firstUnstamped,
  isEmptied,
  lastShift,
  proveShift,
  routeIsBack,
  servesNobody,
  type Ours,
} from './steps.ts'

export interface GoBack {
  readonly timing: Timing
  readonly seen: CanarySight
  readonly claim: Ours
  readonly flight: InFlight
  readonly why: Retreat
  /** A signal came: prove the route, and leave the rest to `post:` or the next run. */
  readonly brief?: boolean
}

/** Route back, proved, settled and drained, then the canary goes: in this order, whatever the world looks like. */
export function goBack(way: GoBack): CanaryMove {
  const { timing, seen, flight, why } = way
  const { traffic, canary } = seen
  const promoted =
    seen.stable.template === flight.release.template &&
    flight.release.template !== flight.base.release.template
  if (promoted || isRestoring(way)) {
    const move = restore(way, promoted)
    if (move !== undefined) return move
  }
  const onCanary =
    traffic.kind === 'route' ? traffic.linked && traffic.weight > 0 : (canary?.desired ?? 0) > 0
  // Nobody is there to go back to: as behind a promotion, the route waits for a stable that can answer.
  if (onCanary && isEmptied(seen) && !isRestoring(way))
    return { kind: 'note', change: { kind: 'retreat', why, phase: 'restoring' } }
  if (onCanary) {
    const unstamped = traffic.unstamped[0] ?? unstampedPods(seen)
    return unstamped === undefined ? { kind: 'retreat-route', why } : { kind: 'stamp', object: unstamped }
  }
  if (flight.retreat === undefined)
    return { kind: 'note', change: { kind: 'retreat', why, phase: 'retreating' } }
  const shift = lastShift(flight)
  const everServed = shift !== undefined
  if (everServed && shift.weight !== 0) return { kind: 'note', change: { kind: 'shift', weight: 0 } }
  if (everServed && shift.verified === 'pending') {
    if (!traffic.accepted && seen.now >= countsSince(shift.at, way.claim, seen) + timing.timeout)
      return notTakenBack(way)
    return proveShift({ timing }, seen, way.claim, shift)
  }
  if (way.brief === true) {
    return { kind: 'failed', decision: 'cancelled', code: why.code, reason: why.reason }
  }
  // The route went back before the stable was whole again: what is left of the release goes only once it is.
  return (isRestoring(way) ? awaitStable(way) : undefined) ?? tidyUp(way, 'retreated')
}

/** Once the route is back and proved: drain, then everything of ours goes and everything of theirs is put back. */
export function tidyUp(way: Omit<GoBack, 'why'>, outcome: 'promoted' | 'retreated'): CanaryMove {
  const { timing, seen, flight } = way
  const shift = lastShift(flight)
  const drained = shift === undefined ? 0 : countsSince(shift.at, way.claim, seen) + timing.drain
  if (seen.now < drained) return { kind: 'drain', until: drained }
  const unstamped = firstUnstamped(seen)
  if (unstamped !== undefined) return { kind: 'stamp', object: unstamped }
  if (seen.traffic.linked && seen.traffic.kind === 'route') return { kind: 'unlink' }
  if (seen.canary !== undefined && !seen.canary.deleting) return { kind: 'delete-canary' }
  const held = flight.base.autoscaler
  if (held !== undefined && seen.autoscaler?.name === held.name) {
    const min = Math.min(held.min, seen.autoscaler.max)
    if (seen.autoscaler.min !== min) return { kind: 'release-autoscaler', name: held.name, min }
  }
  return { kind: 'land', outcome }
}

/** Without a router the canary's own Deployment is what goes back, and what must carry the fence of whoever came. */
function unstampedPods({ traffic, canary, unstamped }: CanarySight): string | undefined {
  return traffic.kind === 'replicas'
    ? unstamped.find((object) => object === `Deployment/${canary?.name ?? ''}`)
    : undefined
}

function isRestoring(way: GoBack): boolean {
  return way.flight.phase.name === 'restoring'
}

/**
 * The stable already has the new template: the old one comes back behind the canary, which passed every gate and goes
 * on serving, and only then does the route go back. Traffic does not go to a stable that is half rolled, unless no pod
 * of the canary is left to answer: then the stable's ready pods are all that there is.
 */
function restore(way: GoBack, promoted: boolean): CanaryMove | undefined {
  const { seen, flight, why } = way
  if (promoted) {
    if (flight.phase.name !== 'restoring')
      return { kind: 'note', change: { kind: 'retreat', why, phase: 'restoring' } }
    const unstamped = firstUnstamped(seen)
    return unstamped === undefined ? { kind: 'restore-stable' } : { kind: 'stamp', object: unstamped }
  }
  if (routeIsBack(seen) || (servesNobody(seen) && seen.stable.endpoints > 0)) return undefined
  const waiting = awaitStable(way)
  if (waiting === undefined || way.brief !== true) return waiting
  return { kind: 'failed', decision: 'cancelled', code: why.code, reason: why.reason }
}

/** @returns undefined: the stable is whole */
function awaitStable(way: GoBack): CanaryMove | undefined {
  const { timing, seen, claim, flight } = way
  const { settled, endpoints, desired } = seen.stable
  const there = desired > 0 || routeIsBack(seen)
  if (settled && there && endpoints >= desired) return undefined
  const until = countsSince(flight.phase.since, claim, seen) + timing.timeout
  if (seen.now >= until) return notTakenBack(way)
  return { kind: 'await', what: settled && there ? 'stable-endpoints' : 'stable-rolled-out', until }
}

function notTakenBack(way: GoBack): CanaryMove {
  const { seen, flight, why } = way
  const still = stillServes(seen, flight)
  const emptied = isEmptied(seen)
    ? `, and ${seen.stable.name} is scaled to 0, so that nobody else would answer`
    : ''
  return {
    kind: 'failed',
    decision: 'failed',
    code: 'retreat-failed',
    reason: `the way back did not complete: ${still}${emptied}. It was taken back because ${why.reason}`,
  }
}

/** What users are on while the way back is not complete: for the first line that a person reads. */
export function stillServes(seen: CanarySight, flight: InFlight): string {
  const { release, base } = flight
  if (routeIsBack(seen)) return `the traffic is back on ${base.release.version}`
  const share =
    seen.traffic.kind === 'route'
      ? formatPercent(seen.traffic.weight)
      : `the share of ${seen.canary?.desired ?? 0} pods`
  return `${release.version} may still serve ${share} of the traffic`
}
