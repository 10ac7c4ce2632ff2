import type { Claims, Clock, Cluster, Gates } from '@release-actions/ports'
import type { RedeployStage } from '@release-actions/release'

/** The world that a workload is set back in. */
export interface RedeployPorts {
  readonly clock: Clock
  readonly cluster: Pick<Cluster, 'observe' | 'stamp' | 'restoreStable' | 'changed' | 'explain'>
  /** A Service selects the workload's pods. */
  readonly serviced: boolean
  readonly claims: Claims
  readonly gates: Gates<RedeployStage>
}
