import { formatDuration, formatPercent } from '@release-actions/values'
import type { InFlight, Retreat } from '../in-flight.ts'
import { capacity } from './capacity.ts'
import type { ReleaseGoal } from './goal.ts'
import type { CanarySight } from './sight.ts'
import { countsSince, lastShift, routeIsBack, servesNobody, type Ours } from './steps.ts'
import { nextStep } from './walk.ts'

/** Why our release must be taken back, judged from what is seen; undefined when it need not. Pure. */
export function reasonToRetreat(
  goal: ReleaseGoal,
  seen: CanarySight,
  claim: Ours,
  flight: InFlight,
): Retreat | undefined {
  if (flight.retreat !== undefined) return flight.retreat
  const because = (code: Retreat['code'], reason: string): Retreat => ({ code, reason, at: seen.now })
  const inStable = seen.stable.template === goal.release.template
  if (seen.cancelled) return because('cancelled', 'the workflow was cancelled')
  if (finished(goal, seen)) return undefined
  if (seen.traffic.tampered !== undefined) return because('conflict', seen.traffic.tampered)
  const strange = strangeWeight(goal, seen, flight, inStable)
  if (strange !== undefined) return because('conflict', strange)
  if (!inStable && seen.stable.template !== flight.base.release.template) {
    return because(
      'conflict',
      `somebody else changed the template of ${seen.stable.name} while the release was in flight`,
    )
  }
  if (!inStable && seen.stable.desired === 0) {
    return because(
      'conflict',
      `somebody else scaled ${seen.stable.name} to 0 while the release was in flight`,
    )
  }
  if (flight.reverted >= 2) {
    return because(
      'conflict',
      `somebody (a GitOps controller?) has put the old template of ${seen.stable.name} back twice`,
    )
  }
  if (seen.verdict.kind === 'fail') return because(seen.verdict.code, seen.verdict.reason)
  if (seen.obstacle !== undefined) return because(seen.obstacle.code, seen.obstacle.reason)
  if (seen.traffic.refused !== undefined && lastShift(flight)?.verified === 'pending') {
    return because('conflict', `the route was refused: ${seen.traffic.refused}`)
  }
  return brokenPods(seen, inStable) ?? overdue(goal, seen, claim, flight, inStable)

  function brokenPods(sight: CanarySight, promoted: boolean): Retreat | undefined {
    const { canary, stable, traffic } = sight
    if (promoted && !stable.settled && stable.trouble[0] !== undefined)
      return because('not-ready', stable.trouble[0])
    if (promoted) {
      // It carries everything while the stable rolls behind it. A stable that is whole gets the route at once instead.
      return !stable.settled && servesNobody(sight)
        ? because('not-ready', `no pod of the canary is ready while it carries the traffic of the promotion`)
        : undefined
    }
    if (canary === undefined) {
      const serving = traffic.kind === 'route' && traffic.weight > 0
      return serving ? because('conflict', 'somebody else deleted the canary while it served') : undefined
    }
    if (canary.template !== goal.release.template) {
      return traffic.weight > 0
        ? because('conflict', `somebody else changed ${canary.name} while it served`)
        : undefined
    }
    if (canary.trouble[0] !== undefined && canary.ready < canary.desired)
      return because('not-ready', canary.trouble[0])
    if (traffic.kind === 'route' && traffic.weight > 0 && canary.ready === 0) {
      // Ready are those of its newest template: `kubectl rollout restart` makes one that nobody has judged.
      if (canary.old > 0)
        return because(
          'conflict',
          `somebody else changed or restarted ${canary.name} while it served: its pods are being replaced`,
        )
      return because(
        'not-ready',
        `no pod of ${canary.name} is ready while it has ${formatPercent(traffic.weight)} of the traffic`,
      )
    }
    return undefined
  }
}

/** The weight in the route is neither the one that the Lease knows nor one that a killed process could have left. */
function strangeWeight(
  goal: ReleaseGoal,
  seen: CanarySight,
  flight: InFlight,
  inStable: boolean,
): string | undefined {
  const { traffic, canary } = seen
  const shift = lastShift(flight)
  if (traffic.kind === 'replicas') {
    const lost =
      shift !== undefined && shift.weight > 0 && !inStable && (canary === undefined || canary.desired === 0)
    return lost ? 'somebody else scaled the canary to 0 while the release was in flight' : undefined
  }
  if (!traffic.linked) {
    return shift !== undefined && !inStable
      ? 'the canary was taken out of the route by somebody else'
      : undefined
  }
  const known = shift?.weight ?? 0
  if (traffic.weight === known) return undefined
  const next = nextStep(goal, flight)
  const left = [
    next.kind === 'step' ? next.weight : undefined, // killed after the shift, before the note
    next.kind === 'end' && goal.promote ? 100 : undefined,
    inStable ? 0 : undefined,
  ]
  if (left.includes(traffic.weight)) return undefined
  const was = formatPercent(known)
  return `the route gives the canary ${formatPercent(traffic.weight)}, but this release had set ${was}: somebody else changed it, or a retreat was interrupted`
}

function overdue(
  goal: ReleaseGoal,
  seen: CanarySight,
  claim: Ours,
  flight: InFlight,
  inStable: boolean,
): Retreat | undefined {
  const limit = formatDuration(goal.timing.timeout)
  const late = (reason: string): Retreat => ({
    code: 'timeout',
    reason: `${reason} within ${limit}`,
    at: seen.now,
  })
  const since = countsSince(flight.phase.since, claim, seen)
  const phaseIsOver = seen.now >= since + goal.timing.timeout
  const { canary, stable, traffic } = seen
  const shift = lastShift(flight)
  if (
    shift?.verified === 'pending' &&
    !traffic.accepted &&
    seen.now >= countsSince(shift.at, claim, seen) + goal.timing.timeout
  ) {
    return late(`the route's controller did not accept the weight ${formatPercent(shift.weight)}`)
  }
  if (!phaseIsOver) return undefined
  if (flight.phase.name === 'promoting' && inStable && !stable.settled) {
    const old = stable.old === 0 ? '' : `, and ${stable.old} of the old ones are still there`
    return late(`${stable.name} did not roll out (${stable.ready} of ${stable.desired} pods are ready${old})`)
  }
  if (flight.phase.name === 'promoting' && inStable && stable.endpoints < stable.desired) {
    return late(`the Service did not list the pods of ${stable.name}`)
  }
  if (flight.phase.name !== 'scaling' || canary === undefined) return undefined
  const next = nextStep(goal, flight)
  const need = capacity(traffic.kind, next.kind === 'step' ? next.weight : 100, stable.desired)
  if (canary.ready < need) return late(`${canary.ready} of ${need} pods of ${canary.name} became ready`)
  if (canary.endpoints < need) return late(`the Service did not list the pods of ${canary.name}`)
  return undefined
}

/** The stable has it and the route is back on it: only tidying up is left, and going back would undo a success. */
export function finished(goal: ReleaseGoal, seen: CanarySight): boolean {
  return seen.stable.template === goal.release.template && routeIsBack(seen)
}
