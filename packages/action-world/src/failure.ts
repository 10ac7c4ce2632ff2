import type { Decision, Todo } from '@release-actions/action-kit'
import { ReleaseError, type ReasonCode } from '@release-actions/values'

/** How a step ended, in the words of the outputs. */
export interface Ending {
  readonly decision: Decision
  readonly code: ReasonCode | undefined
  readonly reason: string | undefined
}

/** The release did not reach its goal, so the job fails, also after a good retreat. */
export function failureOf(ending: Ending, todo: Todo, words: readonly string[]): ReleaseError {
  const { code, reason, decision } = ending
  const fix = todo.kind === 'nothing' ? [] : todo.kind === 'later' ? [todo.text] : [todo.text, todo.command]
  const message = `${decision}: ${reason ?? 'the release did not reach its goal'}`
  return new ReleaseError(code ?? 'unhealthy', message, { why: words.slice(0, 10), fix })
}
