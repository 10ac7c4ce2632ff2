import type { ClusterSight } from '@release-actions/ports'
import type { CanarySight, Stage } from '@release-actions/release'
import type { LoopSenses } from '../loop.ts'
import { verdictOf } from '../window.ts'
import type { CanaryPorts } from './ports.ts'

export interface Observation {
  readonly seen: CanarySight
  /** More of the workloads than the decision needs: images, digests, ReplicaSets. */
  readonly cluster: ClusterSight
}

/** Everything that is decided on, read side by side. */
export async function observe(ports: CanaryPorts, senses: LoopSenses<Stage>): Promise<Observation> {
  const [claim, cluster, traffic] = await Promise.all([
    ports.claims.read(),
    ports.cluster.observe(),
    ports.traffic.read(),
  ])
  const { stable, canary, autoscaler, unstamped } = cluster
  const { cancelled, obstacle } = senses
  const verdict = verdictOf(senses.window)
  const now = ports.clock.now()
  return {
    seen: { now, claim, stable, canary, traffic, autoscaler, unstamped, verdict, cancelled, obstacle },
    cluster,
  }
}
