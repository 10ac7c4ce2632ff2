import { ReleaseError, messageOf, type ReasonCode } from '@release-actions/values'
import type { Decision } from './outputs.ts'

/** An error as a person reads it: the annotation's title, and its text of several lines. */
export interface RenderedError {
  readonly title: string
  readonly text: string
}

const TITLES: Readonly<Record<ReasonCode, string>> = {
  'invalid-input': 'Invalid input',
  'not-found': 'Not found',
  forbidden: 'Forbidden',
  'not-ready': 'Not ready',
  unhealthy: 'Unhealthy',
  inconclusive: 'Inconclusive',
  conflict: 'Conflict',
  superseded: 'Superseded',
  timeout: 'Timed out',
  cancelled: 'Cancelled',
  unreachable: 'Unreachable',
  'rate-limited': 'Rate limited',
  'retreat-failed': 'THE WAY BACK FAILED',
}

/** What happened, to which object, why, and what to do. */
export function renderError(error: unknown): RenderedError {
  const message = messageOf(error)
  const causes = causesOf(error).filter((cause) => !message.includes(cause))
  if (!(error instanceof ReleaseError)) {
    const text = [
      message,
      ...causes.map((cause) => `Caused by: ${cause}`),
      'This is a bug: please report it, with the debug log.',
    ]
    return { title: 'Unexpected error', text: text.join('\n') }
  }
  const why = [...error.why, ...causes.filter((cause) => !error.why.some((line) => line.includes(cause)))]
  const text = [message, ...listed('Why', why), ...listed('What to do', error.fix)]
  return {
    title: `${TITLES[error.code]}${error.object === undefined ? '' : `: ${error.object}`}`,
    text: text.join('\n'),
  }
}

/** What an error means for the output `decision` when the action itself has not said. */
export function decisionOf(error: unknown): Decision {
  if (!(error instanceof ReleaseError)) return 'failed'
  return error.code === 'cancelled' || error.code === 'superseded' || error.code === 'inconclusive'
    ? error.code
    : 'failed'
}

/** The stacks, innermost cause last: for the debug log. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return messageOf(error)
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}

function listed(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)]
}

function causesOf(error: unknown): readonly string[] {
  const found: string[] = []
  let cause = error instanceof Error ? error.cause : undefined
  for (let depth = 0; cause !== undefined && cause !== null && depth < 5; depth++) {
    found.push(messageOf(cause))
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return found
}
