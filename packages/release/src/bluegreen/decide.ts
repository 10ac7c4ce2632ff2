import type { Landed, Retreat } from '../in-flight.ts'
import { newerRelease } from '../canary/already-live.ts'
import type { AbortGoal } from '../canary/goal.ts'
import type { Obstacle } from '../canary/sight.ts'
import type { NotOurs, Ours } from '../canary/steps.ts'
import { mayEnd } from '../rollback/whose.ts'
import { compareRuns, formatRun, type RunId } from '../run-id.ts'
import { expiredWarm, isServing } from './already-switched.ts'
import { finish, forward } from './forward.ts'
import { goBack, stillServes } from './go-back.ts'
import { otherColor, type Color } from './color.ts'
import type { BlueGreenGoal, SwitchGoal } from './goal.ts'
import type { BlueGreenMove } from './moves.ts'
import { reasonToRetreat } from './reason-to-retreat.ts'
import type { BlueGreenSight } from './sight.ts'
import {
  finished,
  follow,
  isForgotten,
  isRestored,
  lastSwitch,
  meant,
  mend,
  proveSwitch,
  retire,
  servingOwner,
  stampFirst,
  type Way,
} from './steps.ts'
import type { Switching } from './switching.ts'

/**
 * What to do next. Pure: the same goal and sight always give the same move, and nothing but the sight is looked at, so
 * a process that was killed, cancelled or run twice carries on from where the world stands.
 */
export function decideSwitch(goal: BlueGreenGoal, seen: BlueGreenSight): BlueGreenMove {
  const { claim } = seen
  if (claim.kind === 'lost') return superseded(claim.to)
  if (seen.obstacle !== undefined && !canGoBack(goal, seen)) return obstructed(seen, seen.obstacle)
  if (claim.kind !== 'ours') {
    return goal.kind === 'abort' ? claimToAbort(goal, claim) : claimToSwitch(goal, seen, claim)
  }
  const flight = claim.state.switching
  if (goal.kind === 'abort') return abort(goal, seen, claim, flight)
  if (flight === undefined) return beginOrEnd(goal, seen, claim)
  if (flight.release.template !== goal.release.template || isOtherRunsRetreat(goal, flight)) {
    return clearAway(goal, seen, claim, flight)
  }
  return carryOn(goal, seen, claim, flight)
}

function superseded(by: RunId | undefined): BlueGreenMove {
  const who = by === undefined ? 'another process' : `run ${formatRun(by)}`
  return { kind: 'stopped', by, reason: `${who} has taken over this workload` }
}

/** Our own release can be taken back, once, when a write on the way forward was refused; nothing else can. */
function canGoBack(goal: BlueGreenGoal, seen: BlueGreenSight): boolean {
  const flight = seen.claim.kind === 'ours' ? seen.claim.state.switching : undefined
  return (
    goal.kind === 'switch' &&
    flight !== undefined &&
    flight.retreat === undefined &&
    flight.release.template === goal.release.template &&
    seen.obstacle?.onTheWayBack !== true &&
    !finished(seen, flight)
  )
}

function obstructed(seen: BlueGreenSight, { code, reason, onTheWayBack }: Obstacle): BlueGreenMove {
  const flight = seen.claim.state.switching
  if (flight === undefined || (flight.retreat === undefined && !onTheWayBack)) return failed(code, reason)
  const why = `the way back did not complete: ${stillServes(seen, flight)}; it was refused: ${reason}`
  return failed('retreat-failed', why)
}

function failed(code: Obstacle['code'], reason: string): BlueGreenMove {
  return { kind: 'failed', decision: 'failed', code, reason }
}

// ——— before anything is touched ———

function claimToSwitch(goal: SwitchGoal, seen: BlueGreenSight, claim: NotOurs): BlueGreenMove {
  const newer = goal.preempt ? undefined : newerRelease(goal, claim)
  if (newer !== undefined) return { kind: 'stopped', by: newer.run, reason: newer.reason }
  const taken = canaryInFlight(claim)
  if (taken !== undefined) return taken
  const flight = claim.state.switching
  if (flight === undefined && isServing(goal, seen)) return { kind: 'done', decision: 'unchanged' }
  if (seen.cancelled && flight?.release.template !== goal.release.template) return cancelledBefore()
  return (flight === undefined ? refusal(goal, seen) : undefined) ?? { kind: 'claim' }
}

function canaryInFlight({ state }: NotOurs | Ours): BlueGreenMove | undefined {
  const { inFlight } = state
  if (inFlight === undefined) return undefined
  return failed(
    'conflict',
    `run ${formatRun(inFlight.run)} has a canary of ${inFlight.release.version} in flight: it must end first`,
  )
}

/** A colour that serves gets no other version: that would be an update in place. */
function refusal(goal: SwitchGoal, seen: BlueGreenSight): BlueGreenMove | undefined {
  const serving = servingOwner(seen)
  if (goal.color !== serving || seen[serving]?.template === goal.release.template) return undefined
  return failed(
    'invalid-input',
    `color: ${goal.color} is the colour that serves; idle is what can get a new version`,
  )
}

// ——— nothing in flight: begin, or this process has just ended it ———

function beginOrEnd(goal: SwitchGoal, seen: BlueGreenSight, claim: Ours): BlueGreenMove {
  const until = claim.since + goal.timing.timeout
  const colour = meant(claim.state)
  const mending = colour === undefined ? undefined : mended(seen, colour, until)
  if (mending !== undefined) return mending
  const { last } = claim.state
  const endedByUs =
    last !== undefined &&
    last.at >= claim.since &&
    last.at <= seen.now &&
    last.release.template === goal.release.template
  if (endedByUs && last.outcome === 'promoted') return { kind: 'done', decision: 'switched' }
  if (endedByUs && compareRuns(last.run, goal.run) === 0) return retreated(seen, last)
  const taken = canaryInFlight(claim)
  if (taken !== undefined) return taken
  if (seen.cancelled) return cancelledBefore()
  const serving = servingOwner(seen)
  const live = seen[serving]
  if (serving !== 'own' && live?.template === goal.release.template) {
    if (!isForgotten(claim.state) || goal.preempt) return tidy(goal, seen, claim, serving)
    return stampFirst(seen) ?? takeUpForgotten(goal, seen, serving)
  }
  const refused = refusal(goal, seen)
  if (refused !== undefined) return refused
  const stamp = stampFirst(seen)
  if (stamp !== undefined) return stamp
  // A rollback does not wait for what it takes back to be well.
  if (!goal.preempt && (live === undefined || live.desired === 0 || !live.settled)) {
    return awaitLive(seen, live?.name ?? `the ${serving} colour`, live, until)
  }
  return { kind: 'begin' }
}

/** It serves, but no Lease tells whether it was judged: it is, as after its switch, with the other colour to go back to. */
function takeUpForgotten(goal: SwitchGoal, seen: BlueGreenSight, serving: Color): BlueGreenMove {
  const other = otherColor(serving)
  if (seen[other] !== undefined) return { kind: 'begin' }
  return failed(
    'conflict',
    `${goal.release.version} (${serving}) serves, but somebody deleted the Lease that told whether it was judged, and the ${other} colour, which it could go back to`,
  )
}

/** The key of the colour, put back; undefined: it is there. */
function mended(seen: BlueGreenSight, to: Color, until: number): BlueGreenMove | undefined {
  const move = mend(seen, to, until)
  if (move?.kind !== 'await' || seen.now < until) return move
  return failed(
    'timeout',
    `somebody has taken the key of the colour out of the Service's selector, and no pod of ${to} is ready to be given everything`,
  )
}

/** It serves already: what is left is what a re-apply of the user's, or the time, has changed around it. */
function tidy(goal: SwitchGoal, seen: BlueGreenSight, claim: Ours, live: Color): BlueGreenMove {
  const until = claim.since + goal.timing.timeout
  const behind = follow(seen, live)
  if (behind !== undefined) return behind
  const { colors } = claim.state
  // Somebody else gave it everything, by hand, or the Lease was lost: what is now is what counts.
  if (colors?.live !== live) return { kind: 'note', change: { kind: 'switched', to: live } }
  const expired = expiredWarm(colors, seen.now)
  if (expired !== undefined && colors.warm !== undefined) {
    const drained = colors.warm.since + goal.timing.drain
    const gone = expired === live ? undefined : retire(seen, expired, { drained, until })
    if (gone === undefined) return { kind: 'forget-warm' }
    if (gone.kind !== 'await' || seen.now < until) return gone
    return failed(
      'timeout',
      `the endpoints still name pods of the ${expired} colour, which has stopped serving`,
    )
  }
  if (goal.preempt || isServing(goal, seen)) return { kind: 'done', decision: 'unchanged' }
  if (seen[live]?.settled !== true) return awaitLive(seen, `the ${live} colour`, seen[live], until)
  if (seen.now < until) return { kind: 'await', what: 'switch-endpoints', until }
  return failed('timeout', `the endpoints did not become those of ${live} alone`)
}

function retreated(seen: BlueGreenSight, last: Landed): BlueGreenMove {
  const { code, reason } = last.why ?? { code: 'unhealthy', reason: 'the release was taken back' }
  const decision = seen.cancelled || code === 'cancelled' ? 'cancelled' : 'retreated'
  return { kind: 'failed', decision, code, reason }
}

function cancelledBefore(): BlueGreenMove {
  const reason = 'cancelled before anything of this release was changed'
  return { kind: 'failed', decision: 'cancelled', code: 'cancelled', reason }
}

/** What serves must be whole: it is what a retreat goes back to. */
function awaitLive(
  seen: BlueGreenSight,
  name: string,
  live: BlueGreenSight['own'] | undefined,
  until: number,
): BlueGreenMove {
  const up = live !== undefined && live.desired > 0
  if (up && seen.now < until) return { kind: 'await', what: 'live-rolled-out', until }
  const reason = up
    ? `${name} serves, and is itself not rolled out: ${live.ready} of ${live.desired} pods are ready`
    : `${name} serves, but has no pods: there is no version to switch from, or to go back to`
  return failed('not-ready', reason)
}

// ——— another release is in flight: bring the world back to a whole version first ———

/** A retreat that another run began and did not end is ended first; then this run's own release begins. */
function isOtherRunsRetreat(goal: SwitchGoal, flight: Switching): boolean {
  return flight.retreat !== undefined && compareRuns(flight.run, goal.run) !== 0
}

function clearAway(goal: SwitchGoal, seen: BlueGreenSight, claim: Ours, flight: Switching): BlueGreenMove {
  const way = { timing: goal.timing, seen, claim, flight }
  const theirs = finished(seen, flight)
  const restored = isRestored(seen, flight)
  const untouched = seen.switch.to !== flight.to && flight.retreat === undefined
  if (seen.cancelled && (theirs || restored || untouched)) return cancelledBefore()
  if (restored) return seeThrough(way)
  // Every gate of theirs had passed: the quickest whole version is theirs.
  if (theirs) return finish(way)
  const why: Retreat = flight.retreat ?? {
    code: 'superseded',
    reason: `run ${formatRun(goal.run)} releases ${goal.release.version}`,
    at: seen.now,
  }
  return goBack({ ...way, why, brief: seen.cancelled })
}

// ——— our release is in flight ———

function carryOn(goal: SwitchGoal, seen: BlueGreenSight, claim: Ours, flight: Switching): BlueGreenMove {
  const way = { timing: goal.timing, seen, claim, flight }
  const done = finished(seen, flight)
  if (seen.cancelled && done) {
    const reason = `cancelled after the switch to ${flight.release.version}: it serves, and only tidying up is left`
    return { kind: 'failed', decision: 'cancelled', code: 'cancelled', reason }
  }
  const why = reasonToRetreat({ ...way, goal })
  if (why !== undefined) {
    if (goal.onFailure === 'hold' && mayHold(why) && flight.retreat === undefined)
      return held(seen, flight, why)
    return goBack({ ...way, why, brief: seen.cancelled })
  }
  if (seen.verdict.kind === 'hold') {
    return held(seen, flight, { code: 'inconclusive', reason: seen.verdict.reason })
  }
  const lost = meant(claim.state)
  const mending = lost === undefined ? undefined : mended(seen, lost, claim.since + goal.timing.timeout)
  if (mending !== undefined) return mending
  // Another run takes up what is in flight.
  if (compareRuns(flight.run, goal.run) !== 0) return { kind: 'begin' }
  const stamp = stampFirst(seen)
  if (stamp !== undefined) return stamp
  const { to } = seen.switch
  const last = lastSwitch(flight)
  // Killed between the patch and the note of it.
  if (to !== 'own' && to !== lost) return { kind: 'note', change: { kind: 'switched', to } }
  if (last?.verified === 'pending') return proveSwitch(way, last)
  const behind = to === 'own' ? undefined : follow(seen, to)
  return behind ?? forward({ ...way, goal })
}

/** An interrupted rollback's switch, which it had made: proved and landed as by that rollback itself, or gone back from. */
function seeThrough({ timing, seen, claim, flight }: Way): BlueGreenMove {
  const { release, run, traffic, to, keep } = flight
  const goal: SwitchGoal = {
    ...{ kind: 'switch', release, run, traffic, color: to, keep, timing },
    ...{ preSwitchSoak: 0, soak: 0, onFailure: 'retreat', allowOlder: true, preempt: true },
  }
  return carryOn(goal, seen, claim, flight)
}

function mayHold(why: Pick<Retreat, 'code'>): boolean {
  return (
    why.code === 'unhealthy' ||
    why.code === 'inconclusive' ||
    why.code === 'not-ready' ||
    why.code === 'timeout'
  )
}

function held(seen: BlueGreenSight, flight: Switching, why: Pick<Retreat, 'code' | 'reason'>): BlueGreenMove {
  const where =
    seen.switch.to === flight.to
      ? `held: ${flight.release.version} goes on serving, as asked`
      : `held: the ${flight.to} colour is left for inspection, as asked, and serves nothing`
  return { kind: 'failed', decision: 'held', code: why.code, reason: `${why.reason}; ${where}` }
}

// ——— aborting: post:, and rollback's `abort` ———

function claimToAbort(goal: AbortGoal, claim: NotOurs): BlueGreenMove {
  const flight = claim.state.switching
  if (flight === undefined) return { kind: 'done', decision: 'aborted' }
  // What another run has taken up, or began, is theirs to end.
  return mayEnd(goal, claim, flight) ? { kind: 'claim' } : { kind: 'done', decision: 'aborted' }
}

function abort(
  goal: AbortGoal,
  seen: BlueGreenSight,
  claim: Ours,
  flight: Switching | undefined,
): BlueGreenMove {
  if (flight === undefined) return { kind: 'done', decision: 'aborted' }
  const way = { timing: goal.timing, seen, claim, flight }
  if (isRestored(seen, flight)) return seeThrough(way)
  // It serves, judged: what is left is tidying up.
  if (finished(seen, flight)) return finish(way)
  const why: Retreat = flight.retreat ?? { code: 'cancelled', reason: goal.reason, at: seen.now }
  return goBack({ ...way, why, brief: seen.cancelled })
}
