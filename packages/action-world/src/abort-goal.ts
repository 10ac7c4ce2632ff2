import type { Kit } from '@release-actions/action-kit'
import type { AbortGoal } from '@release-actions/release'
import type { Milliseconds } from '@release-actions/values'

/** The runner gives post five minutes after a cancel. */
const MOST_WAIT_MS = 120_000

/** For post: what main left in flight is taken back, or tidied up where it serves already. */
export function abortGoalOf(
  inputs: {
    readonly timeout: Milliseconds
    readonly interval: Milliseconds
    readonly drain: Milliseconds
  },
  { context }: Pick<Kit, 'context'>,
): AbortGoal {
  const timing = {
    timeout: Math.min(inputs.timeout, MOST_WAIT_MS),
    warmUp: 0,
    interval: inputs.interval,
    drain: inputs.drain,
  }
  const reason = 'the step was cancelled, or its process ended, before the release did'
  return { kind: 'abort', run: context.run, timing, reason, preempt: false }
}
