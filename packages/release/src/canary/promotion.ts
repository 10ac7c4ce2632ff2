import type { InFlight } from '../in-flight.ts'
import { capacity } from './capacity.ts'
import { tidyUp } from './go-back.ts'
import type { CanaryGoal, ReleaseGoal } from './goal.ts'
import type { CanaryMove } from './moves.ts'
import type { CanarySight } from './sight.ts'
import {
  countsSince,
  firstUnstamped,
  isAt,
  lastShift,
  note,
  proveShift,
  ready,
  routeIsBack,
  standUp,
  waitUntil,
  type Ours,
} from './steps.ts'

export interface Promotion {
  readonly goal: ReleaseGoal
  readonly seen: CanarySight
  readonly claim: Ours
  readonly flight: InFlight
}

/**
 * The first half: the canary takes everything, and behind it the stable gets the new template.
 * Canary ready for all of it → route 100, verified → settled and drained → patch the stable.
 */
export function promote(way: Promotion): CanaryMove {
  const { goal, seen, claim, flight } = way
  if (seen.traffic.kind === 'route') {
    // At least one, also beside a stable that somebody has scaled to 0.
    const need = capacity('route', 100, seen.stable.desired)
    const build = standUp(goal, seen, claim, flight, need)
    if (build !== undefined) return build
    const wait = ready(goal, seen, claim, flight, need)
    if (wait !== undefined) return wait
    const shift = lastShift(flight)
    if (!isAt(seen, shift, 100)) return { kind: 'shift', weight: 100 }
    if (shift?.weight !== 100) return { kind: 'note', change: { kind: 'shift', weight: 100 } }
    if (shift.verified === 'pending') return proveShift(goal, seen, claim, shift)
    const drained = countsSince(shift.at, claim, seen) + goal.timing.drain
    if (seen.now < drained) return { kind: 'drain', until: drained }
  }
  // It was promoted, and the old template is there again.
  if (flight.phase.name === 'promoting') return { kind: 'note', change: { kind: 'reverted' } }
  return { kind: 'promote-stable' }
}

/**
 * The second half: rolled out, whole, no old pods → gated through the pod proxy → in the Service's endpoints → route
 * to the stable, verified → drained → the canary goes.
 * @param way.gate false when somebody else's promotion is finished, whose gates we do not know
 */
export function finishPromotion(
  way: Omit<Promotion, 'goal'> & { goal: CanaryGoal; gate: boolean },
): CanaryMove {
  const { goal, seen, claim, flight } = way
  if (!routeIsBack(seen)) {
    if (flight.phase.name !== 'promoting') return note('promoting')
    const until = waitUntil(goal, seen, claim, flight)
    // Scaled to 0 it is settled, and answers nobody.
    const empty = seen.stable.desired === 0
    const behind =
      !seen.stable.settled || empty
        ? 'stable-rolled-out'
        : seen.stable.endpoints < seen.stable.desired
          ? 'stable-endpoints'
          : undefined
    if (behind !== undefined && seen.now >= until)
      return stuck(
        way,
        `${seen.stable.name} ${empty ? 'is scaled to 0 and did not come back' : 'did not roll out'}`,
      )
    if (behind !== undefined) return { kind: 'await', what: behind, until }
    const passed = seen.verdict.kind === 'pass' && seen.verdict.stage === 'stable'
    if (way.gate && !passed) return { kind: 'judge', stage: 'stable', soak: 0 }
    const unstamped = firstUnstamped(seen)
    return unstamped === undefined ? { kind: 'shift', weight: 0 } : { kind: 'stamp', object: unstamped }
  }
  const shift = lastShift(flight)
  if (shift !== undefined && shift.weight !== 0) return { kind: 'note', change: { kind: 'shift', weight: 0 } }
  if (shift?.verified === 'pending') {
    const late =
      !seen.traffic.accepted && seen.now >= countsSince(shift.at, claim, seen) + goal.timing.timeout
    return late
      ? stuck(way, 'the route to the stable was not accepted')
      : proveShift(goal, seen, claim, shift)
  }
  return tidyUp({ timing: goal.timing, seen, claim, flight }, 'promoted')
}

function stuck(way: { flight: InFlight }, what: string): CanaryMove {
  const reason = `${what} in time, with ${way.flight.release.version} being promoted`
  return { kind: 'failed', decision: 'failed', code: 'timeout', reason }
}
