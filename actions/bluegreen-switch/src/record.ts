import type { Kit } from '@release-actions/action-kit'
import { Recorder, SWITCH_PHASES } from '@release-actions/engine'
import type { Ledger } from '@release-actions/ports'
import type { SwitchGoal } from '@release-actions/release'
import type { SwitchInputs } from './inputs.ts'
import type { Setting } from './setting.ts'

/** The release that is recorded. */
export interface RecordedStep {
  readonly inputs: SwitchInputs
  readonly kit: Kit
  readonly goal: SwitchGoal
  readonly setting: Setting
}

export function recorderOf(
  ledger: Ledger,
  { inputs, kit, goal, setting }: RecordedStep,
  warn: (text: string) => void,
): Recorder {
  const target = {
    cluster: setting.connection.cluster,
    namespace: setting.namespace,
    workload: inputs.workload,
    container: setting.container,
    traffic: setting.traffic,
  }
  const frame = { service: setting.service, strategy: 'bluegreen', target, phases: SWITCH_PHASES } as const
  return new Recorder(ledger, goal, frame, kit.clock, warn)
}
