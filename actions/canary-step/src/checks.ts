import { gateCheck, writeChecks, type CheckTimes } from '@release-actions/action-world'
import type { GateReport } from '@release-actions/judge'
import type { StageReport } from '@release-actions/metrics'
import type { Checks } from '@release-actions/ports'

/**
 * One check run a gate: the gate at the weight where it was judged last, which is where it failed if it failed.
 * @returns the id of the first that was written
 */
export async function reportChecks(
  checks: Checks,
  service: string,
  stages: readonly StageReport[],
  times: CheckTimes,
  warn: (text: string) => void,
): Promise<number | undefined> {
  const reports = lastOfEach(stages).map(({ stage, report }) => {
    const where = stage === 'stable' ? 'on the stable, after promotion' : `with ${stage} % of the traffic`
    return gateCheck(`gate / ${service}`, report, times, `Judged ${where}.`)
  })
  const [first] = (await writeChecks(checks, reports, new Map(), warn)).values()
  return first
}

interface Judged {
  readonly stage: string
  readonly report: GateReport
}

function lastOfEach(stages: readonly StageReport[]): readonly Judged[] {
  const last = new Map<string, Judged>()
  for (const { stage, reports } of stages) {
    for (const report of reports) last.set(report.gate.name, { stage, report })
  }
  return [...last.values()]
}
