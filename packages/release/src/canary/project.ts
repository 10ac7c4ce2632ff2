import type { InFlight, LeaseState } from '../in-flight.ts'
import { capacity } from './capacity.ts'
import { decide } from './decide.ts'
import type { CanaryGoal } from './goal.ts'
import type { CanaryMove } from './moves.ts'
import type { CanarySight, WorkloadSight } from './sight.ts'
import { begun, landed, noted, proved, takenUp } from './written.ts'

/** Moves after which a plan is cut off; the longest walks take a tenth of it. */
const MOST_MOVES = 1000
/** What a write takes in the imagined world: only so that one thing comes after another. */
const A_MOMENT_MS = 10

/**
 * What a release would do from here, for a dry run: every move up to its end, if all pods become ready and all gates
 * pass. The same wait or write twice in a row is listed once.
 */
export function plannedMoves(goal: CanaryGoal, seen: CanarySight): readonly CanaryMove[] {
  const moves: CanaryMove[] = []
  let sight = seen
  for (let i = 0; i < MOST_MOVES; i++) {
    const move = decide(goal, sight)
    if (!isSame(moves.at(-1), move)) moves.push(move)
    if (move.kind === 'done' || move.kind === 'failed' || move.kind === 'stopped') return moves
    sight = project(goal, sight, move)
  }
  return moves
}

/** The sight after the move in a kind world: what is waited for comes, and what is judged passes. Pure. */
export function project(goal: CanaryGoal, seen: CanarySight, move: CanaryMove): CanarySight {
  const after = done(goal, seen, move)
  if (after.traffic.kind === 'route') return after
  // Without a router the pods are the split.
  const [canary, stable] = [after.canary?.desired ?? 0, after.stable.desired]
  const weight = canary === 0 ? 0 : (canary / (canary + stable)) * 100
  return { ...after, traffic: { ...after.traffic, weight } }
}

function done(goal: CanaryGoal, seen: CanarySight, move: CanaryMove): CanarySight {
  const after: CanarySight = { ...seen, now: seen.now + A_MOMENT_MS }
  const { now, stable, canary, traffic, autoscaler } = after
  switch (move.kind) {
    case 'claim': {
      const fence = seen.claim.kind === 'ours' ? seen.claim.fence + 1 : 1
      return { ...after, claim: { kind: 'ours', fence, since: now, state: seen.claim.state } }
    }
    case 'stamp': {
      const others = (names: readonly string[]): readonly string[] =>
        names.filter((name) => name !== move.object)
      const unstamped = others(after.unstamped)
      return { ...after, unstamped, traffic: { ...traffic, unstamped: others(traffic.unstamped) } }
    }
    case 'begin':
      return begin(goal, after)
    case 'note':
      return inFlight(after, (flight) => noted(flight, move.change, now))
    case 'hold-autoscaler':
    case 'release-autoscaler':
      return { ...after, autoscaler: autoscaler && { ...autoscaler, min: move.min } }
    case 'apply-canary': {
      const template = goal.kind === 'release' ? goal.release.template : stable.template
      return { ...after, canary: starting(`${stable.name}-canary`, template, move.replicas) }
    }
    case 'scale-canary':
      return { ...after, canary: canary && scaled(canary, move.replicas) }
    case 'link':
      return { ...after, traffic: { ...traffic, linked: true, weight: 0, accepted: false } }
    case 'shift':
      return inFlight(split(after, move.weight), (flight) =>
        noted(flight, { kind: 'shift', weight: move.weight }, now),
      )
    case 'retreat-route':
      return inFlight(split(after, 0), (flight) =>
        noted(
          noted(flight, { kind: 'retreat', why: move.why, phase: 'retreating' }, now),
          { kind: 'shift', weight: 0 },
          now,
        ),
      )
    case 'promote-stable': {
      const template = goal.kind === 'release' ? goal.release.template : stable.template
      const promoted = { ...after, stable: rolling(stable, template) }
      return inFlight(promoted, (flight) => noted(flight, { kind: 'phase', name: 'promoting' }, now))
    }
    case 'restore-stable': {
      const base = seen.claim.state.inFlight?.base.release.template ?? stable.template
      return { ...after, stable: rolling(stable, base) }
    }
    case 'unlink':
      return { ...after, traffic: { ...traffic, linked: traffic.kind === 'replicas', weight: 0 } }
    case 'delete-canary':
      return { ...after, canary: undefined }
    case 'land':
      return lease(after, (state) => landed(state, move.outcome, now))
    case 'await':
      return {
        ...after,
        stable: whole(stable),
        canary: canary === undefined || canary.deleting ? undefined : whole(canary),
        traffic: { ...traffic, accepted: true },
      }
    case 'verify':
      return inFlight(after, (flight) => proved(flight, { verified: 'observed' }))
    case 'judge':
      return { ...after, now: now + move.soak, verdict: { kind: 'pass', stage: move.stage } }
    case 'drain':
      return { ...after, now: Math.max(now, move.until) }
    case 'done':
    case 'failed':
    case 'stopped':
      return seen
  }
}

function begin(goal: CanaryGoal, after: CanarySight): CanarySight {
  if (goal.kind !== 'release') return after
  const { stable, autoscaler } = after
  return lease(after, (state) => {
    const before = state.inFlight
    if (before !== undefined) return { ...state, inFlight: takenUp(goal, before, undefined) }
    const { template } = stable
    const known = state.live?.release.template === template ? state.live.release : undefined
    const running = { version: 'the running version', digest: undefined, image: '', template }
    const base = {
      release: known ?? running,
      replicas: stable.desired,
      replicaSet: undefined,
      autoscaler: autoscaler && { name: autoscaler.name, min: autoscaler.min },
      route: undefined,
    }
    return { ...state, inFlight: begun(goal, base, undefined, after.now) }
  })
}

/** A weight, as the traffic's kind splits it: by the route, or by how many pods the canary has. */
function split(seen: CanarySight, weight: number): CanarySight {
  const { canary, stable, traffic } = seen
  if (traffic.kind === 'route') return { ...seen, traffic: { ...traffic, weight, accepted: false } }
  const pods = weight === 0 ? 0 : capacity('replicas', weight, stable.desired)
  return { ...seen, canary: canary && scaled(canary, pods) }
}

function starting(name: string, template: string, desired: number): WorkloadSight {
  const none = { ready: 0, total: 0, old: 0, endpoints: 0, settled: desired === 0, trouble: [] }
  return { name, template, desired, ...none, deleting: false }
}

function scaled(workload: WorkloadSight, desired: number): WorkloadSight {
  const [ready, endpoints] = [Math.min(workload.ready, desired), Math.min(workload.endpoints, desired)]
  return { ...workload, desired, ready, endpoints, settled: ready === desired }
}

function rolling(workload: WorkloadSight, template: string): WorkloadSight {
  return { ...workload, template, ready: 0, old: workload.desired, settled: false }
}

function whole(workload: WorkloadSight): WorkloadSight {
  const { desired } = workload
  return {
    ...workload,
    ready: desired,
    total: desired,
    old: 0,
    endpoints: desired,
    settled: true,
    trouble: [],
  }
}

function inFlight(seen: CanarySight, change: (flight: InFlight) => InFlight): CanarySight {
  return lease(seen, (state) =>
    state.inFlight === undefined ? state : { ...state, inFlight: change(state.inFlight) },
  )
}

function lease(seen: CanarySight, change: (state: LeaseState) => LeaseState): CanarySight {
  return { ...seen, claim: { ...seen.claim, state: change(seen.claim.state) } }
}

function isSame(before: CanaryMove | undefined, move: CanaryMove): boolean {
  return before !== undefined && JSON.stringify(timeless(before)) === JSON.stringify(timeless(move))
}

function timeless(move: CanaryMove): object {
  return 'until' in move ? { ...move, until: 0 } : move
}
