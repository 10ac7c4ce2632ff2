import type { Claims, Clock, Colors, Gates, Switch, TrafficMeter } from '@release-actions/ports'
import type { SwitchStage } from '@release-actions/release'

/** The world that a blue/green release lives in. */
export interface BlueGreenPorts {
  readonly clock: Clock
  readonly colors: Colors
  readonly switch: Switch
  readonly claims: Claims
  readonly gates: Gates<SwitchStage>
  /** Where nobody can be asked: what the pods have counted, blue as `stable` and green as `canary`. */
  readonly meter?: TrafficMeter | undefined
}
