import type { Kit } from '@release-actions/action-kit'
import { CANARY_PHASES, Recorder } from '@release-actions/engine'
import type { Ledger } from '@release-actions/ports'
import type { ReleaseGoal } from '@release-actions/release'
import type { CanaryInputs } from './inputs.ts'
import type { Setting } from './setting.ts'

/** The release that is recorded. */
export interface RecordedStep {
  readonly inputs: CanaryInputs
  readonly kit: Kit
  readonly goal: ReleaseGoal
  readonly setting: Setting
  readonly container: string
}

export function recorderOf(
  ledger: Ledger,
  { inputs, kit, goal, setting, container }: RecordedStep,
  warn: (text: string) => void,
): Recorder {
  const target = {
    cluster: setting.connection.cluster,
    namespace: setting.namespace,
    workload: inputs.workload,
    container,
    traffic: inputs.traffic.text,
  }
  const frame = { service: setting.service, strategy: 'canary', target, phases: CANARY_PHASES } as const
  return new Recorder(ledger, goal, frame, kit.clock, warn)
}
