import { createContext, Script } from 'node:vm'
import { ReleaseError } from '@release-actions/values'

/** A regular expression that does not backtrack out of hand takes microseconds. */
const MOST_MS = 500

const SCRIPT = new Script('work()')
let context: { work: () => unknown } | undefined

/**
 * What applies a user's regular expressions to what a service answered, and ends in time: one such as `(a+)+$` takes
 * hours for a text of forty letters, and nothing else happens meanwhile, not even the way back after a signal. V8 ends
 * it when the time of a script is up.
 * @param work synchronous, and without effects: it may be ended anywhere
 * @throws ReleaseError `timeout`
 */
export function inTime<T>(work: () => T): T {
  context ??= createContext({ work }) as { work: () => unknown }
  context.work = work
  try {
    return SCRIPT.runInContext(context, { timeout: MOST_MS }) as T
  } catch (error) {
    // Of another realm, so no instance of our Error.
    if (codeOf(error) !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    throw new ReleaseError(
      'timeout',
      `a regular expression of the gate was not done with the answer after ${MOST_MS} ms: one repeated group inside another, such as (a+)+, tries every way to divide a text`,
    )
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}
