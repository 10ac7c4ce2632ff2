import type { ClusterSight } from '@release-actions/ports'
import type { RedeploySight, RedeployStage } from '@release-actions/release'
import type { LoopSenses } from '../loop.ts'
import { verdictOf } from '../window.ts'
import type { RedeployPorts } from './ports.ts'

export interface RedeployObservation {
  readonly seen: RedeploySight
  /** More of the workload than the decision needs: its image, its digest. */
  readonly cluster: ClusterSight
}

/** Everything that is decided on, read side by side. */
export async function observeRedeploy(
  ports: RedeployPorts,
  senses: LoopSenses<RedeployStage>,
): Promise<RedeployObservation> {
  const [claim, cluster] = await Promise.all([ports.claims.read(), ports.cluster.observe()])
  const { stable, unstamped } = cluster
  const { cancelled, obstacle } = senses
  // Nothing else is changed: a canary of somebody's, or an HPA, is not ours to mark.
  const ours = unstamped.filter((object) => object === `Deployment/${stable.name}`)
  return {
    seen: {
      now: ports.clock.now(),
      claim,
      stable,
      serviced: ports.serviced,
      unstamped: ours,
      verdict: verdictOf(senses.window),
      cancelled,
      obstacle,
    },
    cluster,
  }
}
