import { checkText, type GateReport } from '@release-actions/judge'
import type { CheckReport, Checks } from '@release-actions/ports'
import { messageOf } from '@release-actions/values'

/** When the judging began and ended, milliseconds since 1970. */
export interface CheckTimes {
  readonly startedAt: number
  readonly completedAt: number
}

/**
 * One gate as a completed check run.
 * @param prefix what comes before the gate's name: `gate / <service>`
 * @param preface a sentence before the table: where or how it was judged
 */
export function gateCheck(
  prefix: string,
  report: GateReport,
  times: CheckTimes,
  preface: string,
): CheckReport {
  const { gate, verdict } = report
  const { title, summary, text } = checkText(report)
  return {
    name: `${prefix} / ${gate.name}`,
    conclusion: conclusionOf(verdict.state, gate.rules.enforce),
    title: verdict.state === 'judging' ? `${gate.name}: not judged to its end` : title,
    summary: preface === '' ? summary : `${preface}\n\n${summary}`,
    text,
    ...times,
  }
}

/**
 * Inconclusive is a failure: `neutral` would satisfy a required check, so only a gate that does not apply (an advisory
 * one) has it. One that was not judged to its end (cancelled, or another gate had decided) is `cancelled`.
 */
function conclusionOf(state: GateReport['verdict']['state'], enforce: boolean): CheckReport['conclusion'] {
  switch (state) {
    case 'pass':
      return 'success'
    case 'judging':
      return enforce ? 'cancelled' : 'neutral'
    case 'fail':
    case 'inconclusive':
      return enforce ? 'failure' : 'neutral'
  }
}

/**
 * Writes them side by side; one that cannot be written is told, and holds nothing up.
 * @param started the check runs that are in progress, by name
 * @returns the ids of those that were written, by name
 */
export async function writeChecks(
  checks: Checks,
  reports: readonly CheckReport[],
  started: ReadonlyMap<string, number>,
  warn: (text: string) => void,
): Promise<ReadonlyMap<string, number>> {
  const written = await Promise.all(
    reports.map(async (report): Promise<readonly [string, number][]> => {
      try {
        const id = await checks.report(report, started.get(report.name))
        return id === undefined ? [] : [[report.name, id]]
      } catch (error) {
        warn(`the check run ${report.name} could not be written: ${messageOf(error)}`)
        return []
      }
    }),
  )
  return new Map(written.flat())
}
