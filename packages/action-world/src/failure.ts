import type { Decision, ReleaseReport } from '@release-actions/action-kit'
import { formatPercent, ReleaseError, type ReasonCode } from '@release-actions/values'

/** How a step ended, in the words of the outputs. */
export interface Ending {
  readonly decision: Decision
  readonly code: ReasonCode | undefined
  readonly reason: string | undefined
}

type Told = Pick<ReleaseReport, 'service' | 'version' | 'decision' | 'code' | 'reason' | 'serving' | 'todo'>

/** The release did not reach its goal, so the job fails, also after a good retreat. */
export function failureOf(report: Told, words: readonly string[]): ReleaseError {
  const { service, version, code, reason, decision, todo } = report
  const fix = todo.kind === 'nothing' ? [] : todo.kind === 'later' ? [todo.text] : [todo.text, todo.command]
  const message = `${decision}: ${reason ?? 'the release did not reach its goal'}${usersOn(report)}`
  const object = `${service} ${version}`
  return new ReleaseError(code ?? 'unhealthy', message, { object, why: words.slice(0, 10), fix })
}

/** `; users are on 1.3.2`, `; users are on 1.3.2 (75 %) and 1.4.0 (25 %)` */
function usersOn({ serving }: Told): string {
  const each = serving.filter(({ share }) => share > 0)
  const [only] = each
  if (only === undefined) return ''
  if (each.length === 1) return `; users are on ${only.version}`
  return `; users are on ${each.map(({ version, share }) => `${version} (${formatPercent(share)})`).join(' and ')}`
}
