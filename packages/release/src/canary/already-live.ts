import type { LeaseState } from '../in-flight.ts'
import { compareRuns, formatRun, type RunId } from '../run-id.ts'
import type { ReleaseGoal } from './goal.ts'
import type { ClaimSight, TrafficSight, WorkloadSight } from './sight.ts'

/** The little of a CanarySight that tells whether there is anything to do: cheaper to read than the whole. */
export interface CanaryGlance {
  readonly claim: ClaimSight
  readonly stable: Pick<WorkloadSight, 'template' | 'settled'>
  /** undefined: there is no canary Deployment. */
  readonly canary: object | undefined
  readonly traffic: Pick<TrafficSight, 'kind' | 'linked'>
}

/** The goal's release is what runs, and nobody is in the middle of anything: `decide` would say `unchanged` at once. */
export function isAlreadyLive(goal: ReleaseGoal, seen: CanaryGlance): boolean {
  const { claim } = seen
  if (claim.kind === 'ours' || claim.kind === 'lost' || blueGreens(claim.state) !== undefined) return false
  return newerRelease(goal, claim) === undefined && claim.state.inFlight === undefined && isLive(goal, seen)
}

/** Why a canary has no place here: blue/green has the workload, and what a canary calls the stable serves nothing. */
export function blueGreens({ switching, colors }: LeaseState): string | undefined {
  if (switching !== undefined) {
    return `run ${formatRun(switching.run)} has a blue/green release of ${switching.release.version} in flight`
  }
  return colors === undefined
    ? undefined
    : `bluegreen-switch has adopted this workload: its ${colors.live} colour serves, not the Deployment itself`
}

/** The stable runs the goal's template, whole, and nothing is left over. */
export function isLive(goal: ReleaseGoal, seen: CanaryGlance): boolean {
  return (
    seen.stable.template === goal.release.template &&
    seen.stable.settled &&
    seen.canary === undefined &&
    (!seen.traffic.linked || seen.traffic.kind === 'replicas')
  )
}

/** A release that was triggered after ours and is in flight, or live, or holds the claim. */
export function newerRelease(
  goal: Pick<ReleaseGoal, 'run' | 'allowOlder'>,
  claim: ClaimSight,
): { readonly run: RunId; readonly reason: string } | undefined {
  if (goal.allowOlder) return undefined
  const { inFlight, switching, live } = claim.state
  const underWay = inFlight ?? switching
  if (claim.kind === 'held' && compareRuns(claim.by, goal.run) > 0) {
    return { run: claim.by, reason: `the newer run ${formatRun(claim.by)} is at work on this workload` }
  }
  if (underWay !== undefined && compareRuns(underWay.run, goal.run) > 0) {
    return {
      run: underWay.run,
      reason: `the newer run ${formatRun(underWay.run)} has ${underWay.release.version} in flight`,
    }
  }
  if (live !== undefined && compareRuns(live.run, goal.run) > 0) {
    return {
      run: live.run,
      reason: `the newer run ${formatRun(live.run)} has released ${live.release.version}`,
    }
  }
  return undefined
}
