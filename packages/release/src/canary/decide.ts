import { formatPercent } from '@release-actions/values'
import type { InFlight, Landed, Retreat } from '../in-flight.ts'
import { mayEnd } from '../rollback/whose.ts'
import { compareRuns, formatRun, type RunId } from '../run-id.ts'
import { blueGreens, isLive, newerRelease } from './already-live.ts'
import { capacity } from './capacity.ts'
import type { AbortGoal, CanaryGoal, ReleaseGoal } from './goal.ts'
import type { CanaryMove } from './moves.ts'
import { finishPromotion, promote } from './promotion.ts'
import { goBack, stillServes } from './go-back.ts'
import { finished, reasonToRetreat } from './reason-to-retreat.ts'
import type { CanarySight, Obstacle } from './sight.ts'
import {
  firstUnstamped,
  isAt,
  lastShift,
  note,
  proveShift,
  ready,
  routeIsBack,
  standUp,
  type NotOurs,
  type Ours,
} from './steps.ts'
import { nextStep } from './walk.ts'

/**
 * What to do next. Pure: the same goal and sight always give the same move, and nothing but the sight is looked at, so
 * a process that was killed, cancelled or run twice carries on from where the world stands.
 */
export function decide(goal: CanaryGoal, seen: CanarySight): CanaryMove {
  const { claim } = seen
  if (claim.kind === 'lost') return superseded(claim.to)
  if (seen.obstacle !== undefined && !canGoBack(goal, seen)) return obstructed(seen, seen.obstacle)
  if (claim.kind !== 'ours')
    return goal.kind === 'abort' ? claimToAbort(goal, claim) : claimToRelease(goal, seen, claim)
  const flight = claim.state.inFlight
  if (goal.kind === 'abort') return abort(goal, seen, claim, flight)
  if (flight === undefined) return beginOrEnd(goal, seen, claim)
  if (flight.release.template !== goal.release.template || isOtherRunsRetreat(goal, flight)) {
    return clearAway(goal, seen, claim, flight)
  }
  return carryOn(goal, seen, claim, flight)
}

function superseded(by: RunId | undefined): CanaryMove {
  const who = by === undefined ? 'another process' : `run ${formatRun(by)}`
  return { kind: 'stopped', by, reason: `${who} has taken over this workload` }
}

/** Our own release can be taken back, once, when a write on the way forward was refused; nothing else can. */
function canGoBack(goal: CanaryGoal, seen: CanarySight): boolean {
  const flight = seen.claim.kind === 'ours' ? seen.claim.state.inFlight : undefined
  return (
    goal.kind === 'release' &&
    flight !== undefined &&
    flight.retreat === undefined &&
    flight.release.template === goal.release.template &&
    seen.obstacle?.onTheWayBack !== true &&
    !finished(goal, seen)
  )
}

function obstructed(seen: CanarySight, { code, reason, onTheWayBack }: Obstacle): CanaryMove {
  const flight = seen.claim.state.inFlight
  if (flight === undefined || (flight.retreat === undefined && !onTheWayBack)) {
    return { kind: 'failed', decision: 'failed', code, reason }
  }
  const { verdict } = seen
  const cause = flight.retreat?.reason ?? (verdict.kind === 'fail' ? verdict.reason : undefined)
  const because = cause === undefined ? '' : `. It was taken back because ${cause}`
  const why = `the way back did not complete: ${stillServes(seen, flight)}; it was refused: ${reason}${because}`
  return { kind: 'failed', decision: 'failed', code: 'retreat-failed', reason: why }
}

// ——— before anything is touched ———

function claimToRelease(goal: ReleaseGoal, seen: CanarySight, claim: NotOurs): CanaryMove {
  const newer = newerRelease(goal, claim)
  if (newer !== undefined) return { kind: 'stopped', by: newer.run, reason: newer.reason }
  const taken = blueGreens(claim.state)
  if (taken !== undefined) return conflict(taken)
  const flight = claim.state.inFlight
  if (flight === undefined && isLive(goal, seen)) return { kind: 'done', decision: 'unchanged' }
  if (seen.cancelled && flight?.release.template !== goal.release.template) return cancelledBefore()
  if (flight?.release.template === goal.release.template && flight.retreat === undefined) {
    const next = nextStep(goal, flight)
    if (next.kind === 'skips') return skipsAhead(goal, next.first)
    if (next.kind === 'end' && !goal.promote && claim.kind === 'free')
      return { kind: 'done', decision: 'unchanged' }
  }
  return { kind: 'claim' }
}

function skipsAhead(goal: ReleaseGoal, first: number): CanaryMove {
  return conflict(
    `weight ${formatPercent(goal.until)} skips ahead in the plan: ${formatPercent(first)} has not passed`,
  )
}

function conflict(reason: string): CanaryMove {
  return { kind: 'failed', decision: 'failed', code: 'conflict', reason }
}

// ——— nothing in flight: begin, or this process has just ended it ———

function beginOrEnd(goal: ReleaseGoal, seen: CanarySight, claim: Ours): CanaryMove {
  const taken = blueGreens(claim.state)
  if (taken !== undefined) return conflict(taken)
  const { last } = claim.state
  const endedByUs =
    last !== undefined &&
    last.at >= claim.since &&
    last.at <= seen.now &&
    last.release.template === goal.release.template
  if (endedByUs && last.outcome === 'promoted') return { kind: 'done', decision: 'promoted' }
  if (endedByUs && compareRuns(last.run, goal.run) === 0) return retreated(seen, last)
  if (seen.cancelled) return cancelledBefore()
  if (isLive(goal, seen)) return { kind: 'done', decision: 'unchanged' }
  const unstamped = firstUnstamped(seen)
  if (unstamped !== undefined) return { kind: 'stamp', object: unstamped }
  if (!seen.stable.settled || seen.stable.desired === 0) return awaitStable(goal, seen, claim)
  return { kind: 'begin' }
}

function retreated(seen: CanarySight, last: Landed): CanaryMove {
  const { code, reason } = last.why ?? { code: 'unhealthy', reason: 'the release was taken back' }
  const decision = seen.cancelled || code === 'cancelled' ? 'cancelled' : 'retreated'
  return { kind: 'failed', decision, code, reason }
}

function cancelledBefore(): CanaryMove {
  const reason = 'cancelled before anything of this release was changed'
  return { kind: 'failed', decision: 'cancelled', code: 'cancelled', reason }
}

/** A rollout of the user's own must end first: a canary beside a half-rolled stable would judge a mixture. */
function awaitStable(goal: ReleaseGoal, seen: CanarySight, claim: Ours): CanaryMove {
  const until = claim.since + goal.timing.timeout
  if (seen.stable.desired > 0 && seen.now < until) return { kind: 'await', what: 'stable-rolled-out', until }
  const reason =
    seen.stable.desired === 0
      ? `${seen.stable.name} is scaled to 0: there is no stable version to release beside, or to go back to`
      : `${seen.stable.name} is itself not rolled out: ${seen.stable.ready} of ${seen.stable.desired} pods are ready`
  return { kind: 'failed', decision: 'failed', code: 'not-ready', reason }
}

// ——— another release is in flight: bring the world back to a whole version first ———

/** A retreat that another run began and did not end is ended first; then this run's own walk begins. */
function isOtherRunsRetreat(goal: ReleaseGoal, flight: InFlight): boolean {
  return flight.retreat !== undefined && compareRuns(flight.run, goal.run) !== 0
}

function clearAway(goal: ReleaseGoal, seen: CanarySight, claim: Ours, flight: InFlight): CanaryMove {
  const theirs = flight.retreat === undefined && seen.stable.template === flight.release.template
  if (seen.cancelled && (theirs || (flight.retreat === undefined && routeIsBack(seen)))) {
    return cancelledBefore()
  }
  if (theirs) {
    // Every gate of theirs had passed: the quickest whole version is theirs.
    return finishPromotion({ goal, seen, claim, flight, gate: false })
  }
  const why: Retreat = flight.retreat ?? {
    code: 'superseded',
    reason: `run ${formatRun(goal.run)} releases ${goal.release.version}`,
    at: seen.now,
  }
  return goBack({ timing: goal.timing, seen, claim, flight, why, brief: seen.cancelled })
}

// ——— our release is in flight ———

function carryOn(goal: ReleaseGoal, seen: CanarySight, claim: Ours, flight: InFlight): CanaryMove {
  if (seen.cancelled && flight.retreat === undefined && finished(goal, seen)) {
    const reason = `cancelled after ${flight.release.version} was promoted: it serves, and only tidying up is left`
    return { kind: 'failed', decision: 'cancelled', code: 'cancelled', reason }
  }
  const why = reasonToRetreat(goal, seen, claim, flight)
  if (why !== undefined) {
    if (goal.onFailure === 'hold' && mayHold(why) && flight.retreat === undefined) return held(seen, why)
    return goBack({ timing: goal.timing, seen, claim, flight, why, brief: seen.cancelled })
  }
  if (seen.verdict.kind === 'hold') return held(seen, { code: 'inconclusive', reason: seen.verdict.reason })
  // Another run, or another plan, takes up what is in flight.
  if (compareRuns(flight.run, goal.run) !== 0) return { kind: 'begin' }
  const unstamped = firstUnstamped(seen)
  if (unstamped !== undefined) return { kind: 'stamp', object: unstamped }
  // Once the route is back on a promoted stable, nothing shrinks what a retreat would need: the minimum is put back.
  const hold = finished(goal, seen) ? undefined : holdAutoscaler(seen, flight)
  if (hold !== undefined) return hold
  if (seen.stable.template === goal.release.template)
    return finishPromotion({ goal, seen, claim, flight, gate: true })
  const next = nextStep(goal, flight)
  switch (next.kind) {
    case 'skips':
      return skipsAhead(goal, next.first)
    case 'step':
      return walk(goal, seen, claim, flight, next)
    case 'end':
      if (goal.promote) return promote({ goal, seen, claim, flight })
      if (flight.phase.name !== 'waiting') return note('waiting')
      return { kind: 'done', decision: 'advanced' }
  }
}

function mayHold(why: Pick<Retreat, 'code'>): boolean {
  return (
    why.code === 'unhealthy' ||
    why.code === 'inconclusive' ||
    why.code === 'not-ready' ||
    why.code === 'timeout'
  )
}

function held(seen: CanarySight, why: Pick<Retreat, 'code' | 'reason'>): CanaryMove {
  const at = formatPercent(seen.traffic.weight)
  return {
    kind: 'failed',
    decision: 'held',
    code: why.code,
    reason: `${why.reason}; held at ${at}, as asked`,
  }
}

/** While the canary serves, an HPA would shrink the stable below what a retreat needs: to its maximum it always may. */
function holdAutoscaler(seen: CanarySight, flight: InFlight): CanaryMove | undefined {
  const { autoscaler } = seen
  if (autoscaler === undefined || flight.base.autoscaler?.name !== autoscaler.name) return undefined
  const min = Math.min(flight.base.replicas, autoscaler.max)
  return autoscaler.min >= min ? undefined : { kind: 'hold-autoscaler', min }
}

/** capacity → weight → verify → soak, at one weight of the plan. */
function walk(
  goal: ReleaseGoal,
  seen: CanarySight,
  claim: Ours,
  flight: InFlight,
  step: { weight: number; soak: number },
): CanaryMove {
  const { canary, traffic } = seen
  const need = capacity(traffic.kind, step.weight, seen.stable.desired)
  const build = standUp(goal, seen, claim, flight, need)
  if (build !== undefined || canary === undefined) return build ?? { kind: 'apply-canary', replicas: need }
  const shift = lastShift(flight)
  const there = isAt(seen, shift, step.weight)
  // At weight 0 the route is there before the pods are: they are waited for all the same, since they will be judged.
  if (traffic.kind === 'route' && (!there || shift?.weight !== step.weight)) {
    const wait = ready(goal, seen, claim, flight, need)
    if (wait !== undefined) return wait
  }
  if (!there) return { kind: 'shift', weight: step.weight }
  if (canary.desired < need) return { kind: 'scale-canary', replicas: need }
  if (shift?.weight !== step.weight) return { kind: 'note', change: { kind: 'shift', weight: step.weight } }
  if (traffic.kind === 'replicas') {
    const wait = ready(goal, seen, claim, flight, need)
    if (wait !== undefined) return wait
  }
  if (shift.verified === 'pending') return proveShift(goal, seen, claim, shift)
  if (seen.verdict.kind === 'pass' && seen.verdict.stage === `${step.weight}`) {
    // Pods that came while it was judged, since the stable grew, are waited for before anything is built on them.
    const wait = ready(goal, seen, claim, flight, need)
    return wait ?? { kind: 'note', change: { kind: 'passed', weight: step.weight } }
  }
  if (flight.phase.name !== 'soaking') return note('soaking')
  return { kind: 'judge', stage: `${step.weight}`, soak: step.soak }
}

// ——— aborting: post:, and rollback's `abort` ———

function claimToAbort(goal: AbortGoal, claim: NotOurs): CanaryMove {
  const flight = claim.state.inFlight
  if (flight === undefined) return { kind: 'done', decision: 'aborted' }
  // What another run has taken up, or began, is theirs to end.
  return mayEnd(goal, claim, flight) ? { kind: 'claim' } : { kind: 'done', decision: 'aborted' }
}

function abort(goal: AbortGoal, seen: CanarySight, claim: Ours, flight: InFlight | undefined): CanaryMove {
  if (flight === undefined) return { kind: 'done', decision: 'aborted' }
  const live = seen.stable.template === flight.release.template && flight.retreat === undefined
  // The stable already has it and serves it: what is left is tidying up.
  if (live && seen.traffic.weight === 0) return finishPromotion({ goal, seen, claim, flight, gate: false })
  const why: Retreat = flight.retreat ?? { code: 'cancelled', reason: goal.reason, at: seen.now }
  return goBack({ timing: goal.timing, seen, claim, flight, why, brief: seen.cancelled })
}
