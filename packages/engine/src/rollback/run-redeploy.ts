import {
  decideRedeploy,
  type RedeployEnd,
  type RedeployGoal,
  type RedeployMove,
  type RedeployStage,
} from '@release-actions/release'
import { runLoop, type LoopEnded } from '../loop.ts'
import { actRedeploy, type RedeployAct } from './act.ts'
import { describeRedeploy, isRedeployWorthTelling, type RedeployListener } from './journal.ts'
import { observeRedeploy, type RedeployObservation } from './observe.ts'
import type { RedeployPorts } from './ports.ts'

export type RedeployEnded = LoopEnded<RedeployObservation, RedeployMove['kind'], RedeployEnd>

/**
 * Sets a workload back, and sees it through: observe, decide, act, until the end. It ends by returning, also when it
 * failed.
 * @param cancelled aborts on the runner's signal
 * @throws ReleaseError when the cluster cannot be observed, for longer than the timeout
 */
export function runRedeploy(
  goal: RedeployGoal,
  ports: RedeployPorts,
  cancelled: AbortSignal,
  listener: RedeployListener = {},
): Promise<RedeployEnded> {
  const { version, template } = goal.release
  return runLoop<RedeployObservation, RedeployAct, RedeployEnd, RedeployStage, RedeployAct['kind']>(
    {
      ports,
      timeout: goal.timing.timeout,
      observe: (senses) => observeRedeploy(ports, senses),
      decide: (seen) => decideRedeploy(goal, seen),
      act: (move, seeing, acting) => actRedeploy(move, seeing, { ...acting, ports, goal }),
      describe: (move, seen) => describeRedeploy(move, seen, version),
      isWorthTelling: isRedeployWorthTelling,
      share: ({ stable }) => (stable.template === template && stable.old === 0 ? 100 : 0),
      underWay: (state) => state.redeploying,
      isWayBack: (move) => move.kind === 'restore',
      isParting: () => false,
      explain: () => ports.cluster.explain('stable'),
    },
    cancelled,
    listener,
  )
}
