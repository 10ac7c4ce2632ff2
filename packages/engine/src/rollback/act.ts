import {
  redeployBegun,
  redeployLanded,
  redeployNoted,
  type RedeployEnd,
  type RedeployGoal,
  type RedeployMove,
  type RedeployStage,
} from '@release-actions/release'
import { pauseUntil, type LoopActing } from '../loop.ts'
import type { RedeployObservation } from './observe.ts'
import type { RedeployPorts } from './ports.ts'

export type RedeployAct = Exclude<RedeployMove, RedeployEnd>

export interface RedeployActing extends LoopActing<RedeployStage> {
  readonly ports: RedeployPorts
  readonly goal: RedeployGoal
}

/**
 * One idempotent, guarded write, or a wait.
 * @throws ReleaseError; `conflict` means: look again
 */
export async function actRedeploy(
  move: RedeployAct,
  { seen }: RedeployObservation,
  acting: RedeployActing,
): Promise<void> {
  const { ports, goal, interrupt } = acting
  const { cluster, claims, clock } = ports
  const fence = seen.claim.kind === 'ours' ? seen.claim.fence : 0
  switch (move.kind) {
    case 'claim':
      await claims.take(goal.run)
      return
    case 'begin':
      return claims.write((state) => redeployBegun(state, goal, acting.deployment(), clock.now()))
    case 'stamp':
      return cluster.stamp(move.object, fence)
    case 'note':
      return claims.write((state) =>
        state.redeploying === undefined
          ? state
          : { ...state, redeploying: redeployNoted(state.redeploying, move.change, clock.now()) },
      )
    case 'restore': {
      const { image, template } = goal.release
      const lost = await cluster.restoreStable({ replicaSet: goal.replicaSet, image, template }, fence)
      lost.forEach(acting.tell)
      return
    }
    case 'land':
      return claims.write((state) => redeployLanded(state, move.flaw, clock.now()))
    case 'await':
      return cluster.changed(pauseUntil(move.until, clock.now(), seen.cancelled), interrupt)
    case 'judge': {
      const { gates } = acting.window(move.stage, move.soak)
      const wait = gates.nextRoundIn()
      if (wait > 0) return cluster.changed(wait, interrupt)
      return gates.round(interrupt)
    }
  }
}
