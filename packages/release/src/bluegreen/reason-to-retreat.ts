import { formatDuration } from '@release-actions/values'
import { countsSince } from '../canary/steps.ts'
import type { Retreat } from '../in-flight.ts'
import type { Color } from './color.ts'
import {
  baseColor,
  finished,
  hasPassed,
  isRestored,
  lastSwitch,
  meant,
  needOf,
  unprovedFor,
  type Forward,
} from './steps.ts'

/** How often somebody may undo a switch of ours before we stop writing against them. */
const MOST_REVERTED = 2

/** Why our release must be taken back, judged from what is seen; undefined when it need not. Pure. */
export function reasonToRetreat(way: Forward): Retreat | undefined {
  const { seen, flight } = way
  if (flight.retreat !== undefined) return flight.retreat
  const because = (code: Retreat['code'], reason: string): Retreat => ({ code, reason, at: seen.now })
  if (seen.cancelled && !isRestored(seen, flight)) return because('cancelled', 'the workflow was cancelled')
  if (finished(seen, flight)) return undefined
  const conflict = seen.switch.tampered ?? strangeOwner(way) ?? strangeTemplate(way)
  if (conflict !== undefined) return because('conflict', conflict)
  if (seen.verdict.kind === 'fail') return because(seen.verdict.code, seen.verdict.reason)
  if (seen.obstacle !== undefined) return because(seen.obstacle.code, seen.obstacle.reason)
  if (seen.switch.refused !== undefined && lastSwitch(flight)?.verified === 'pending') {
    return because('conflict', `the switch was refused: ${seen.switch.refused}`)
  }
  const broken = brokenPods(way)
  if (broken !== undefined) return because('not-ready', broken)
  const late = overdue(way)
  const limit = formatDuration(way.goal.timing.timeout)
  return late === undefined ? undefined : because('timeout', `${late} within ${limit}`)
}

/** Who serves is neither who we set nor who a killed process of ours could have set. */
function strangeOwner({ seen, claim, flight }: Forward): string | undefined {
  const { to } = seen.switch
  const base = baseColor(flight)
  const expected = meant(claim.state)
  if (to === (expected ?? 'own')) return undefined
  if (to === 'own') {
    return flight.reverted >= MOST_REVERTED
      ? `somebody (a GitOps controller?) has taken the key of the colour out of the Service's selector more than ${MOST_REVERTED} times`
      : undefined
  }
  const left = expected === undefined ? base : expected === base && mayHaveSwitched() ? flight.to : undefined
  if (to === left) return undefined
  return `${to} serves, but this release had set ${expected ?? 'nothing yet'}: somebody else changed it, or a retreat was interrupted`

  // Killed between the patch and the note of it.
  function mayHaveSwitched(): boolean {
    return flight.phase.name === 'switching' && hasPassed(flight, 'pre-switch')
  }
}

/** Somebody else gave a Deployment of this release another version, or took it away. */
function strangeTemplate({ seen, claim, flight }: Forward): string | undefined {
  const adopting = meant(claim.state) === undefined && seen.switch.to === 'own'
  const base = adopting ? seen.own : seen[baseColor(flight)]
  if (base === undefined || (base.deleting && flight.switches.length > 0)) {
    return `somebody else deleted the ${baseColor(flight)} colour, which this release would go back to`
  }
  if (base.template !== flight.base.release.template) {
    return `somebody else changed the template of ${base.name} while the release was in flight`
  }
  if (flight.phase.name === 'adopting' || flight.phase.name === 'clearing') return undefined
  const made = seen[flight.to]
  if (made === undefined || made.deleting) {
    return `somebody else deleted the ${flight.to} colour while the release was in flight`
  }
  if (made.template !== flight.release.template)
    return `somebody else changed the template of ${made.name} while the release was in flight`
  // Ready are those of its newest template: `kubectl rollout restart` makes one that nobody has judged.
  return seen.switch.to === flight.to && made.ready === 0 && made.old > 0
    ? `somebody else changed or restarted ${made.name} while it served: its pods are being replaced`
    : undefined
}

/** The new pods cannot become ready, or are not any more while they serve; of an adoption, those of the copy. */
function brokenPods({ seen, flight }: Forward): string | undefined {
  const adopting = flight.phase.name === 'adopting'
  const color = adopting ? baseColor(flight) : flight.to
  const template = adopting ? flight.base.release.template : flight.release.template
  const pods = seen[color]
  if (pods === undefined || pods.template !== template) return undefined
  if (pods.trouble[0] !== undefined && pods.ready < pods.desired) return pods.trouble[0]
  if (seen.switch.to === flight.to && pods.ready === 0)
    return `no pod of ${pods.name} is ready while it serves`
  return undefined
}

function overdue({ goal, seen, claim, flight }: Forward): string | undefined {
  const last = lastSwitch(flight)
  const way = { timing: goal.timing, seen, claim }
  const unproved = last === undefined ? undefined : unprovedFor(way, last)
  if (unproved !== undefined) return unproved
  const phaseIsOver = seen.now >= countsSince(flight.phase.since, claim, seen) + goal.timing.timeout
  if (!phaseIsOver) return undefined
  const base = baseColor(flight)
  switch (flight.phase.name) {
    case 'adopting': {
      if (seen.switch.to !== 'own') {
        return seen.switch.endpoints.own > 0
          ? `the endpoints did not become those of ${base} alone`
          : undefined
      }
      return unready(base, Math.max(1, seen.own.desired, flight.base.replicas), seen.switch.endpoints[base])
    }
    case 'clearing': {
      const idle = seen[flight.to]
      const left = idle !== undefined && idle.template !== flight.release.template && idle.total > 0
      return left || idle?.deleting === true
        ? `the earlier pods of ${idle?.name ?? flight.to} did not go (${idle?.total ?? 0} are left)`
        : undefined
    }
    case 'deploying':
    case 'switching': {
      if (seen.switch.to === flight.to) return undefined
      const listed =
        goal.preempt && seen.switch.kind === 'service' ? Infinity : (seen[flight.to]?.endpoints ?? 0)
      return unready(flight.to, needOf(goal, seen[base], flight.base.replicas), listed)
    }
    case 'judging':
    case 'soaking':
    case 'retreating':
      return undefined
  }

  function unready(color: Color, need: number, listed: number): string | undefined {
    const pods = seen[color]
    if (pods === undefined) return undefined
    if (pods.ready < need) return `${pods.ready} of ${need} pods of ${pods.name} became ready`
    return listed < need ? `the Service did not list the pods of ${pods.name}` : undefined
  }
}
