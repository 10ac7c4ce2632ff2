import { checkText, type GateReport } from '@release-actions/judge'
import type { StageReport } from '@release-actions/metrics'
import type { CheckReport, Checks } from '@release-actions/ports'
import { messageOf } from '@release-actions/values'

/**
 * One check run a gate: the gate at the weight where it was judged last, which is where it failed if it failed.
 * @returns the id of the first that was written
 */
export async function reportChecks(
  checks: Checks,
  service: string,
  stages: readonly StageReport[],
  times: { readonly startedAt: number; readonly completedAt: number },
  warn: (text: string) => void,
): Promise<number | undefined> {
  const written: (number | undefined)[] = []
  for (const { stage, report } of lastOfEach(stages)) {
    try {
      written.push(await checks.report(checkOf(service, stage, report, times)))
    } catch (error) {
      warn(`the check run of gate ${report.gate.name} could not be written: ${messageOf(error)}`)
    }
  }
  return written.find((id) => id !== undefined)
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

function checkOf(
  service: string,
  stage: string,
  report: GateReport,
  times: { readonly startedAt: number; readonly completedAt: number },
): CheckReport {
  const { gate, verdict } = report
  const { title, summary, text } = checkText(report)
  const where = stage === 'stable' ? 'on the stable, after promotion' : `with ${stage} % of the traffic`
  return {
    name: `gate / ${service} / ${gate.name}`,
    conclusion: conclusionOf(verdict.state, gate.rules.enforce),
    title,
    summary: `Judged ${where}.\n\n${summary}`,
    text,
    ...times,
  }
}

/** Inconclusive is a failure: `neutral` would satisfy a required check. */
function conclusionOf(state: GateReport['verdict']['state'], enforce: boolean): CheckReport['conclusion'] {
  if (state === 'pass') return 'success'
  if (!enforce) return 'neutral'
  return state === 'judging' ? 'cancelled' : 'failure'
}
