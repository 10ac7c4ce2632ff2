import { countsSince, waitUntil } from '../canary/steps.ts'
import type { Timestamp } from '../in-flight.ts'
import type { BlueGreenMove } from './moves.ts'
import { patience } from './patience.ts'
import { ownerOf } from './sight.ts'
import {
  baseColor,
  drainedAt,
  hasPassed,
  lastSwitch,
  needOf,
  note,
  retire,
  waitFor,
  type Forward,
  type Way,
} from './steps.ts'

/**
 * The way forward, with what serves as it is meant and proved: adopt → clear the idle colour → deploy to it → ready →
 * judged → switch → judged → land.
 */
export function forward(way: Forward): BlueGreenMove {
  const { seen, flight } = way
  if (seen.switch.to === flight.to) return afterSwitch(way)
  return (flight.base.owner === 'own' ? adopt(way) : undefined) ?? deploy(way)
}

/** A first run: what serves becomes one of the colours, beside the user's own Deployment, and then in its place. */
function adopt(way: Forward): BlueGreenMove | undefined {
  const { seen, flight } = way
  if (flight.phase.name !== 'adopting') return undefined
  const color = baseColor(flight)
  const made = seen[color]
  if (seen.switch.to === 'own') {
    const need = Math.max(1, seen.own.desired, flight.base.replicas)
    if (made?.deleting === true) return waitFor(way, 'color-gone')
    // The two share the Service and have the same version, so its pods may serve as soon as they are ready.
    if (made === undefined || made.template !== flight.base.release.template) {
      return { kind: 'apply-color', color, content: 'base', replicas: need }
    }
    if (made.desired < need) return { kind: 'scale', owner: color, replicas: need }
    if (made.ready < need) return waitFor(way, 'color-ready')
    if (seen.switch.endpoints[color] < need) return waitFor(way, 'color-endpoints')
    return { kind: 'switch', to: color, why: 'adopt' }
  }
  return retire(seen, 'own', endsOf(way)) ?? note('clearing')
}

/** When what serves no more may go, and until when it is waited for. */
function endsOf(way: Way): { readonly drained: Timestamp; readonly until: Timestamp } {
  return { drained: drainedAt(way), until: waitUntil(way, way.seen, way.claim, way.flight) }
}

/** capacity → ready → judged → the one patch. */
function deploy(way: Forward): BlueGreenMove {
  const { goal, seen, flight } = way
  const color = flight.to
  const idle = seen[color]
  const need = needOf(goal, ownerOf(seen, baseColor(flight)), flight.base.replicas)
  if (idle === undefined || idle.deleting || idle.template !== goal.release.template) {
    return clear(way) ?? { kind: 'apply-color', color, content: 'release', replicas: need }
  }
  if (idle.desired < need) return { kind: 'scale', owner: color, replicas: need }
  // A rollback to a warm colour is the patch alone; behind a route, its Services are the way.
  const unlinked = goal.preempt && seen.switch.kind === 'service'
  if (!seen.switch.linked && !unlinked) return { kind: 'link' }
  const { name } = flight.phase
  if (name === 'adopting' || name === 'clearing') {
    return note(hasPassed(flight, 'pre-switch') ? 'switching' : 'deploying')
  }
  if (hasPassed(flight, 'pre-switch')) {
    if (name !== 'switching') return note('switching')
  } else if (name === 'judging') {
    if (seen.verdict.kind === 'pass' && seen.verdict.stage === 'pre-switch') {
      return { kind: 'note', change: { kind: 'passed', stage: 'pre-switch' } }
    }
    return { kind: 'judge', stage: 'pre-switch', soak: goal.preSwitchSoak }
  }
  // Asked again just before the switch: what serves may have grown since.
  const soon = idle.ready < need ? enoughFrom(way, idle.ready, need) : seen.now
  if (soon === undefined) return waitFor(way, 'color-ready')
  if (seen.now < soon) return { kind: 'await', what: 'color-ready', until: soon }
  if (!unlinked && idle.endpoints < Math.min(need, idle.ready)) return waitFor(way, 'color-endpoints')
  return name === 'switching' ? { kind: 'switch', to: color, why: 'release' } : note('judging')
}

/**
 * From when on some of the pods are enough: a rollback gives a colour that was up everything within seconds, since what
 * serves is what somebody wants to be rid of. One whose pods are only coming is waited for.
 */
function enoughFrom(
  { goal, seen, claim, flight }: Forward,
  ready: number,
  need: number,
): Timestamp | undefined {
  const warm = claim.state.colors?.warm
  const isWarm = warm?.color === flight.to && warm.release.template === goal.release.template
  const most = goal.preempt && isWarm ? patience({ ready, need }) : undefined
  if (most === undefined) return undefined
  return countsSince(flight.since, claim, seen) + Math.min(most, goal.timing.timeout)
}

/** What the idle colour had before goes first: its pods must be no mixture of two versions. */
function clear(way: Forward): BlueGreenMove | undefined {
  const { timing, seen, claim, flight } = way
  const color = flight.to
  const idle = seen[color]
  const warm = claim.state.colors?.warm
  const wasWarm = warm?.color === color
  if (idle === undefined) return wasWarm ? { kind: 'forget-warm' } : undefined
  if (idle.total === 0 && idle.desired === 0 && !idle.deleting) {
    return wasWarm ? { kind: 'forget-warm' } : undefined
  }
  if (flight.phase.name !== 'clearing') return note('clearing')
  if (idle.deleting) return waitFor(way, 'color-gone')
  // A time ahead of this process's clock was written by another's: it counts from when this one came.
  const stopped = wasWarm ? (warm.since > seen.now ? claim.since : warm.since) + timing.drain : 0
  const drained = Math.max(stopped, drainedAt(way))
  const gone = retire(seen, color, { drained, until: endsOf(way).until })
  if (gone !== undefined) return gone.kind === 'scale' && wasWarm ? { kind: 'forget-warm' } : gone
  return waitFor(way, 'color-gone')
}

/** The new version serves, proved: judged once more, and landed. */
function afterSwitch(way: Forward): BlueGreenMove {
  const { goal, seen, flight } = way
  if (hasPassed(flight, 'post-switch')) return finish(way)
  const base = baseColor(flight)
  // What a way back needs stays up.
  if ((seen[base]?.desired ?? 0) < flight.base.replicas && seen[base] !== undefined) {
    return { kind: 'scale', owner: base, replicas: flight.base.replicas }
  }
  if (flight.phase.name !== 'soaking') return note('soaking')
  if (seen.verdict.kind === 'pass' && seen.verdict.stage === 'post-switch') {
    return { kind: 'note', change: { kind: 'passed', stage: 'post-switch' } }
  }
  return { kind: 'judge', stage: 'post-switch', soak: goal.soak }
}

/** Proved and judged: the old colour stays warm, or goes once it has drained; then the Lease says so. */
export function finish(way: Way): BlueGreenMove {
  const { seen, flight } = way
  const ends = endsOf(way)
  const cold = flight.keep === 0 ? retire(seen, baseColor(flight), ends) : undefined
  // The user's own Deployment, where it was applied again meanwhile: it serves nothing.
  const move = cold ?? retire(seen, 'own', ends)
  if (move === undefined) return { kind: 'land', outcome: 'promoted' }
  if (move.kind !== 'await' || seen.now < ends.until) return move
  const late = lastSwitch(flight)?.to ?? flight.to
  const reason = `the endpoints did not become those of ${late} alone, with ${flight.release.version} serving`
  return { kind: 'failed', decision: 'failed', code: 'timeout', reason }
}
