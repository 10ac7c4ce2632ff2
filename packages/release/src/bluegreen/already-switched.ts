import { newerRelease } from '../canary/already-live.ts'
import type { ClaimSight, WorkloadSight } from '../canary/sight.ts'
import type { ColorState } from './switching.ts'
import { otherColor, type Color } from './color.ts'
import type { SwitchGoal } from './goal.ts'
import type { Follower, SwitchSight } from './sight.ts'

/** The little of a BlueGreenSight that tells whether there is anything to do: cheaper to read than the whole. */
export interface BlueGreenGlance {
  readonly now: number
  readonly claim: ClaimSight
  readonly blue: Pick<WorkloadSight, 'template' | 'settled'> | undefined
  readonly green: Pick<WorkloadSight, 'template' | 'settled'> | undefined
  readonly switch: Pick<SwitchSight, 'to' | 'endpoints'>
  readonly followers: readonly Follower[]
}

/** The goal's release serves, and nobody is in the middle of anything: `decideSwitch` would say `unchanged` at once. */
export function isAlreadySwitched(goal: SwitchGoal, seen: BlueGreenGlance): boolean {
  const { claim } = seen
  if (claim.kind === 'ours' || claim.kind === 'lost') return false
  const { inFlight, switching } = claim.state
  const newer = goal.preempt ? undefined : newerRelease(goal, claim)
  return newer === undefined && inFlight === undefined && switching === undefined && isServing(goal, seen)
}

/** One colour serves, alone and whole, with the goal's template; what follows it does; nothing is up past its time. */
export function isServing(goal: SwitchGoal, seen: BlueGreenGlance): boolean {
  const live = seen.switch.to
  const { colors } = seen.claim.state
  if (live === 'own' || colors?.live !== live) return false
  const { endpoints } = seen.switch
  return (
    seen[live]?.template === goal.release.template &&
    seen[live].settled &&
    endpoints[live] > 0 &&
    endpoints.own === 0 &&
    endpoints[otherColor(live)] === 0 &&
    seen.followers.every(({ to }) => to === live) &&
    expiredWarm(colors, seen.now) === undefined
  )
}

/** The warm colour whose time is over. */
export function expiredWarm({ warm }: ColorState, now: number): Color | undefined {
  if (warm === undefined || warm.keep === 'forever') return undefined
  return now >= warm.since + warm.keep ? warm.color : undefined
}
