import { countsSince, waitUntil } from '../canary/steps.ts'
import type { Retreat } from '../in-flight.ts'
import type { Color } from './color.ts'
import type { BlueGreenMove } from './moves.ts'
import { patience } from './patience.ts'
import type { BlueGreenSight } from './sight.ts'
import {
  baseColor,
  drainedAt,
  follow,
  lastSwitch,
  mend,
  note,
  proveSwitch,
  retire,
  stampFirst,
  stampSwitch,
  unprovedFor,
  type Way,
} from './steps.ts'
import type { Switching } from './switching.ts'

/** How often what somebody else undoes is put back on the way back: leaving it would leave all pods serving. */
const MOST_MENDED = 8

export interface GoBack extends Way {
  readonly why: Retreat
  /** A signal came: prove the way back, and leave the rest to `post:` or the next run. */
  readonly brief?: boolean
}

/**
 * The patch back, proved; what follows goes back; then, drained, the new version goes: in this order, whatever the
 * world looks like.
 */
export function goBack(way: GoBack): BlueGreenMove {
  const { seen, flight, why } = way
  const base = baseColor(flight)
  if (seen.switch.to === flight.to) return switchBack(way)
  const last = lastSwitch(flight)
  const adopted = flight.base.owner !== 'own' || last !== undefined || seen.switch.to === base
  if (flight.retreat === undefined) return { kind: 'note', change: { kind: 'retreat', why } }
  if (adopted && seen.switch.to === 'own') {
    const until = waitUntil(way, seen, way.claim, flight)
    const mending = mend(seen, base, until)
    const inVain = flight.reverted >= MOST_MENDED || (mending?.kind === 'await' && seen.now >= until)
    return inVain || mending === undefined ? notTakenBack(way) : mending
  }
  // Killed between a patch and the note of it, or somebody else put it back.
  const unnoted = last === undefined ? flight.base.owner === 'own' : last.to !== base
  if (adopted && unnoted) return { kind: 'note', change: { kind: 'switched', to: base } }
  if (last?.verified === 'pending') {
    return unprovedFor(way, last) === undefined ? proveSwitch(way, last) : notTakenBack(way)
  }
  if (way.brief === true) return cancelled(way)
  const behind = adopted ? follow(seen, base) : undefined
  return behind ?? tidyUp(way, adopted)
}

/**
 * The new version serves: back, at once where what served before is whole, and within seconds with the pods that it
 * has: leaving bad code in the traffic costs more than being short of some pods for as long as they take to come.
 */
function switchBack(way: GoBack): BlueGreenMove {
  const { seen, claim, flight, why } = way
  const to = baseColor(flight)
  const before = seen[to]
  const stamp = stampSwitch(seen)
  if (stamp !== undefined) return stamp
  const need = Math.max(1, flight.base.replicas)
  const nothingNew = (seen[flight.to]?.ready ?? 0) === 0
  const ready = before?.ready ?? 0
  const most = patience({ ready, need }, way.brief)
  const begun = flight.retreat === undefined ? seen.now : countsSince(flight.retreat.at, claim, seen)
  const soon = most === undefined ? undefined : begun + Math.min(most, way.timing.timeout)
  const enough = soon !== undefined && seen.now >= soon
  if (enough || (nothingNew && ready > 0)) return { kind: 'switch-back', to, why }
  if (before === undefined || before.deleting) return notTakenBack(way)
  if (flight.retreat === undefined) return { kind: 'note', change: { kind: 'retreat', why } }
  if (before.desired < need) return stampFirst(seen) ?? { kind: 'scale', owner: to, replicas: need }
  if (way.brief === true && soon === undefined) return cancelled(way)
  const until = soon ?? waitUntil(way, seen, claim, flight)
  return seen.now < until ? { kind: 'await', what: 'base-ready', until } : notTakenBack(way)
}

function cancelled({ why }: GoBack): BlueGreenMove {
  return { kind: 'failed', decision: 'cancelled', code: why.code, reason: why.reason }
}

/** What served before serves again, proved: the new version goes, and nothing of this release is left up. */
function tidyUp(way: GoBack, adopted: boolean): BlueGreenMove {
  const { seen, claim, flight } = way
  if (flight.phase.name !== 'retreating') return note('retreating')
  const base = baseColor(flight)
  const ends = { drained: drainedAt(way), until: waitUntil(way, seen, claim, flight) }
  const move = adopted
    ? ((keepsWarm(seen, flight) ? undefined : retire(seen, flight.to, ends)) ?? retire(seen, 'own', ends))
    : unadopt(seen, base)
  if (move === undefined) return { kind: 'land', outcome: 'retreated' }
  return move.kind !== 'await' || seen.now < ends.until ? move : notTakenBack(way)
}

/**
 * The user's own Deployment serves, and the colour that was to take its place goes. The Service names the pods of both,
 * which have the same version: nothing could take these out of it before, so this is an ordinary scale-down.
 */
function unadopt(seen: BlueGreenSight, base: Color): BlueGreenMove | undefined {
  if ((seen[base]?.desired ?? 0) === 0) return undefined
  return stampFirst(seen) ?? { kind: 'scale', owner: base, replicas: 0 }
}

/** A colour that was warm with this very version before the release began, and was not touched, stays so. */
function keepsWarm(seen: BlueGreenSight, flight: Switching): boolean {
  const warm = seen.claim.state.colors?.warm
  const served = flight.switches.some(({ to }) => to === flight.to)
  return (
    !served &&
    warm?.color === flight.to &&
    warm.release.template === flight.release.template &&
    seen[flight.to]?.template === warm.release.template
  )
}

function notTakenBack(way: GoBack): BlueGreenMove {
  const { seen, flight, why } = way
  const reason = `the way back did not complete: ${stillServes(seen, flight)}. It was taken back because ${why.reason}`
  return { kind: 'failed', decision: 'failed', code: 'retreat-failed', reason }
}

/** What users are on while the way back is not complete: for the first line that a person reads. */
export function stillServes(seen: BlueGreenSight, flight: Switching): string {
  const { release, base, to } = flight
  if (seen.switch.to === to) return `${release.version} (${to}) still serves`
  if (seen.switch.endpoints[to] > 0) return `${release.version} (${to}) may still serve some of the traffic`
  return `the traffic is back on ${base.release.version}`
}
