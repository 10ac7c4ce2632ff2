import type { StageReport } from '@release-actions/metrics'

/** A stage in few words, behind a gate's name. */
export function stageLabel(stage: StageReport['stage']): string {
  return stage === 'pre-switch' ? 'before the switch' : 'after the switch'
}

/** The same as a sentence, for a check run. */
export function describeStage(stage: StageReport['stage']): string {
  return stage === 'pre-switch'
    ? 'Judged on the idle colour, before the switch.'
    : 'Judged with all of the traffic, after the switch.'
}
