import type { Claims, Clock, Cluster, Gates, Traffic, TrafficMeter } from '@release-actions/ports'
import type { Stage } from '@release-actions/release'

/** The world that a canary release lives in. */
export interface CanaryPorts {
  readonly clock: Clock
  readonly cluster: Cluster
  readonly traffic: Traffic
  readonly claims: Claims
  readonly gates: Gates<Stage>
  /** undefined: no vantage point; shifts are `unobserved`. */
  readonly meter: TrafficMeter | undefined
}
