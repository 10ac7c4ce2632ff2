import { otherColor, type Color } from '../bluegreen/color.ts'
import type { InFlight, LeaseState, ReleaseId } from '../in-flight.ts'
import type { Switching } from '../bluegreen/switching.ts'
import { isSameVersion, type Identity } from './identity.ts'
import type { Redeploying } from './redeploying.ts'

/** What of a workload the way back is chosen from. */
export interface WorkloadGlance {
  readonly state: LeaseState
  /** What the user's own Deployment is set to. */
  readonly stable: Identity
  /** What our two Deployments are set to; undefined: there is none. */
  readonly colors: Readonly<Record<Color, Identity | undefined>>
}

/** The next part of the way back; each ends in a world that is whole. */
export type Way =
  /** A canary is in flight: the route goes back to the stable. */
  | { readonly kind: 'end-canary'; readonly flight: InFlight }
  /** A switch is under way: back to the colour that served before. */
  | { readonly kind: 'end-switch'; readonly switching: Switching }
  /** Blue/green has the workload; `warm`: the other colour is up with the target, so that one patch does it. */
  | { readonly kind: 'switch'; readonly to: Color; readonly warm: boolean }
  /** The Deployment itself is set back. */
  | { readonly kind: 'redeploy' }
  /** The target is what serves. */
  | { readonly kind: 'there' }

/**
 * The fastest safe way, from what is observed: traffic first, then workloads.
 * @param target undefined: only what is in flight is ended
 */
export function nextWay(target: Identity | undefined, seen: WorkloadGlance): Way {
  const { inFlight, switching, colors } = seen.state
  if (inFlight !== undefined) return { kind: 'end-canary', flight: inFlight }
  if (switching !== undefined) return { kind: 'end-switch', switching }
  if (target === undefined) return { kind: 'there' }
  if (colors !== undefined) {
    const live = seen.colors[colors.live]
    if (live !== undefined && isSameVersion(live, target)) return { kind: 'there' }
    const to = otherColor(colors.live)
    const there = seen.colors[to]
    const warm = colors.warm?.color === to && there !== undefined && isSameVersion(there, target)
    return { kind: 'switch', to, warm }
  }
  const isThere = isSameVersion(seen.stable, target) && currentRedeploy(seen.state) === undefined
  return isThere ? { kind: 'there' } : { kind: 'redeploy' }
}

/** A rollback that was interrupted, unless a release has come since: then what it wanted counts no more. */
export function currentRedeploy(state: LeaseState): Redeploying | undefined {
  const { redeploying, inFlight, switching, last, live } = state
  if (redeploying === undefined || inFlight !== undefined || switching !== undefined) return undefined
  const ended = Math.max(last?.at ?? 0, live?.at ?? 0)
  return ended > redeploying.since ? undefined : redeploying
}

/** What serves or is about to, and is what somebody wants to be rid of. */
export function badOf(seen: WorkloadGlance, known: (running: Identity) => ReleaseId): ReleaseId {
  const { inFlight, switching, colors } = seen.state
  // An interrupted rollback's own switch brings what is good.
  const switched = switching?.preempt === true ? switching.base.release : switching?.release
  const unfinished = inFlight?.release ?? switched ?? currentRedeploy(seen.state)?.from
  if (unfinished !== undefined) return unfinished
  return known((colors === undefined ? undefined : seen.colors[colors.live]) ?? seen.stable)
}
