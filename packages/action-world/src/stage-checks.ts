import type { GateReport } from '@release-actions/judge'
import type { StageReport } from '@release-actions/metrics'
import type { Checks } from '@release-actions/ports'
import { gateCheck, writeChecks, type CheckTimes } from './gate-checks.ts'

/** Where the gates of a release were judged, for people: `Judged with 25 % of the traffic.` */
export type DescribeStage = (stage: StageReport['stage']) => string

/**
 * One check run a gate: the gate at the stage where it was judged last, which is where it failed if it failed.
 * @returns the id of the first that was written
 */
export async function reportChecks(
  checks: Checks,
  service: string,
  stages: readonly StageReport[],
  describe: DescribeStage,
  times: CheckTimes,
  warn: (text: string) => void,
): Promise<number | undefined> {
  const reports = lastOfEach(stages).map(({ stage, report }) =>
    gateCheck(`gate / ${service}`, report, times, describe(stage)),
  )
  const [first] = (await writeChecks(checks, reports, new Map(), warn)).values()
  return first
}

interface Judged {
  readonly stage: StageReport['stage']
  readonly report: GateReport
}

function lastOfEach(stages: readonly StageReport[]): readonly Judged[] {
  const last = new Map<string, Judged>()
  for (const { stage, reports } of stages) {
    for (const report of reports) last.set(report.gate.name, { stage, report })
  }
  return [...last.values()]
}
