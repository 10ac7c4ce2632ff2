import { formatDuration } from '@release-actions/values'
import { countsSince, type Ours } from '../canary/steps.ts'
import type { Landed, LeaseState } from '../in-flight.ts'
import { compareRuns, formatRun, type RunId } from '../run-id.ts'
import type { RedeployGoal } from './goal.ts'
import type { RedeployEnd, RedeployMove } from './moves.ts'
import type { Redeploying } from './redeploying.ts'
import type { RedeploySight, RedeployStage } from './sight.ts'
import { currentRedeploy } from './way.ts'

/** How often somebody may put the bad template back before we stop writing against them. */
const MOST_REVERTED = 2

/**
 * What to do next in order to set a workload back. Pure: claim → stamp → template → rolled out → in the endpoints →
 * judged, as often as asked → land; a process that was killed or run twice carries on from where the world stands.
 */
export function decideRedeploy(goal: RedeployGoal, seen: RedeploySight): RedeployMove {
  const { claim } = seen
  if (claim.kind === 'lost') return stopped(claim.to)
  const redeploy = ofGoal(goal, claim.state)
  if (seen.obstacle !== undefined) {
    const { code, reason } = seen.obstacle
    return redeploy === undefined
      ? failed(code, reason)
      : notTakenBack(goal, seen, `it was refused: ${reason}`)
  }
  const busy = inFlight(claim.state)
  if (claim.kind !== 'ours') {
    const newer = newerRelease(goal, claim.state)
    if (newer !== undefined) return newer
    if (seen.cancelled && redeploy === undefined) return cancelledBefore()
    if (busy !== undefined) return failed('conflict', busy)
    return isThere(goal, seen) ? { kind: 'done', decision: 'unchanged' } : { kind: 'claim' }
  }
  if (busy !== undefined) return failed('conflict', busy)
  if (redeploy === undefined) return beginOrEnd(goal, seen, claim)
  if (compareRuns(redeploy.run, goal.run) !== 0) return { kind: 'begin' }
  if (seen.cancelled) return cancelled(goal, seen)
  return carryOn(goal, seen, claim, redeploy)
}

/** The target is what runs, whole, and no rollback is under way: there is nothing to do, and nothing to claim. */
function isThere(goal: RedeployGoal, { stable, claim }: RedeploySight): boolean {
  return (
    stable.template === goal.release.template && stable.settled && currentRedeploy(claim.state) === undefined
  )
}

function ofGoal(goal: RedeployGoal, state: LeaseState): Redeploying | undefined {
  const redeploy = currentRedeploy(state)
  return redeploy?.release.template === goal.release.template ? redeploy : undefined
}

/** What is in flight is ended before, by its own way back. One that began meanwhile makes us look again. */
function inFlight({ inFlight: canary, switching }: LeaseState): string | undefined {
  const flight = canary ?? switching
  if (flight === undefined) return undefined
  return `run ${formatRun(flight.run)} has ${flight.release.version} in flight: it must be ended first`
}

function newerRelease(goal: RedeployGoal, { live }: LeaseState): RedeployMove | undefined {
  if (goal.allowOlder || live === undefined || compareRuns(live.run, goal.run) <= 0) return undefined
  const reason = `the newer run ${formatRun(live.run)} has released ${live.release.version} since this rollback was asked for`
  return { kind: 'stopped', by: live.run, reason }
}

function beginOrEnd(goal: RedeployGoal, seen: RedeploySight, claim: Ours): RedeployMove {
  const { last } = claim.state
  if (last !== undefined && isOurEnd(goal, seen, claim, last)) {
    return last.why === undefined
      ? { kind: 'done', decision: 'rolled-back' }
      : failed(last.why.code, last.why.reason)
  }
  if (seen.cancelled) return cancelledBefore()
  return isThere(goal, seen) ? { kind: 'done', decision: 'unchanged' } : { kind: 'begin' }
}

function isOurEnd(goal: RedeployGoal, seen: RedeploySight, claim: Ours, last: Landed): boolean {
  return (
    last.at >= claim.since &&
    last.at <= seen.now &&
    compareRuns(last.run, goal.run) === 0 &&
    last.release.template === goal.release.template
  )
}

function carryOn(goal: RedeployGoal, seen: RedeploySight, claim: Ours, redeploy: Redeploying): RedeployMove {
  const { stable } = seen
  const [unstamped] = seen.unstamped
  if (unstamped !== undefined) return { kind: 'stamp', object: unstamped }
  if (stable.template !== goal.release.template) {
    if (redeploy.phase.name === 'restoring') return { kind: 'restore' }
    if (redeploy.reverted < MOST_REVERTED) return { kind: 'note', change: { kind: 'reverted' } }
    const why = `somebody (a GitOps controller?) has put another template of ${stable.name} back each time`
    return notTakenBack(goal, seen, why)
  }
  if (redeploy.phase.name === 'restoring') return { kind: 'note', change: { kind: 'phase', name: 'rolling' } }
  return rollOut(goal, seen, claim, redeploy) ?? verify(goal, seen, redeploy)
}

/** All pods are the target's, ready, and known to the Service; undefined when they are. */
function rollOut(
  goal: RedeployGoal,
  seen: RedeploySight,
  claim: Ours,
  redeploy: Redeploying,
): RedeployMove | undefined {
  const { stable } = seen
  const listed = !seen.serviced || stable.endpoints >= stable.desired
  if (stable.settled && listed) return undefined
  if (!stable.settled && stable.trouble[0] !== undefined) return notTakenBack(goal, seen, stable.trouble[0])
  const since = countsSince(redeploy.phase.since, claim, seen)
  const until = (redeploy.phase.name === 'rolling' ? since : seen.now) + goal.timing.timeout
  if (seen.now < until) return { kind: 'await', what: stable.settled ? 'endpoints' : 'rolled-out', until }
  const what = stable.settled
    ? `the Service does not list its pods`
    : `${stable.ready} of ${stable.desired} pods are ready, and ${stable.old} of the old ones are left`
  return notTakenBack(goal, seen, `${what} after ${formatDuration(goal.timing.timeout)}`, 'timeout')
}

function verify(goal: RedeployGoal, seen: RedeploySight, redeploy: Redeploying): RedeployMove {
  const { verdict } = seen
  if (redeploy.passed >= goal.verifications) return { kind: 'land', flaw: undefined }
  if (redeploy.phase.name !== 'judging') return { kind: 'note', change: { kind: 'phase', name: 'judging' } }
  const round = redeploy.passed + 1
  const stage: RedeployStage = `restored-${round}`
  const judge: RedeployMove = { kind: 'judge', stage, soak: goal.soak }
  if (verdict.kind === 'none' || verdict.kind === 'judging') return judge
  if (verdict.stage !== stage) return judge
  if (verdict.kind === 'pass') return { kind: 'note', change: { kind: 'passed', round } }
  const code = verdict.kind === 'fail' ? verdict.code : 'inconclusive'
  // It is what serves now, so the Lease says that it is: who rolls back again goes further back.
  const reason = `${goal.release.version} is restored and serves, but it did not pass its verification: ${verdict.reason}`
  return { kind: 'land', flaw: { code, reason, at: seen.now } }
}

// ——— ends ———

function stopped(by: RunId | undefined): RedeployMove {
  const who = by === undefined ? 'another process' : `run ${formatRun(by)}`
  return { kind: 'stopped', by, reason: `${who} has taken over this workload` }
}

function failed(code: Extract<RedeployEnd, { kind: 'failed' }>['code'], reason: string): RedeployEnd {
  return { kind: 'failed', decision: code === 'cancelled' ? 'cancelled' : 'failed', code, reason }
}

function cancelledBefore(): RedeployEnd {
  return failed('cancelled', 'cancelled before anything of this workload was changed')
}

/** What was begun goes on by itself in the cluster; only nobody watches it any more. */
function cancelled(goal: RedeployGoal, { stable }: RedeploySight): RedeployEnd {
  const { release, from } = goal
  const set = stable.template === release.template
  return failed(
    'cancelled',
    set
      ? `cancelled while ${stable.name} rolled back to ${release.version}: the cluster goes on with it, unwatched (${stable.ready} of ${stable.desired} pods are ready)`
      : `cancelled before ${stable.name} was set back: ${from.version} still serves`,
  )
}

/** The bad version may still serve: said first, with what is known of it. */
function notTakenBack(
  goal: RedeployGoal,
  seen: RedeploySight,
  why: string,
  code: 'retreat-failed' | 'timeout' = 'retreat-failed',
): RedeployEnd {
  const { release, from } = goal
  const { stable } = seen
  const gone = stable.template === release.template && stable.old === 0
  const serving = gone ? `${from.version} is gone` : `${from.version} may still serve`
  // A wait that is over can be tried again; either way it is not known to be taken back.
  return failed(
    gone && code === 'retreat-failed' ? 'not-ready' : code,
    `${release.version} is not restored: ${why} (${serving})`,
  )
}
