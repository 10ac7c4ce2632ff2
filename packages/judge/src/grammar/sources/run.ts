import { problem, readDuration, type Origin } from '../problem.ts'
import type { At } from '../rules.ts'
import type { RawGate } from '../shape.ts'
import { NO_TRACK, type ReadSource } from './fields.ts'

const TIMEOUT_MS = 300_000

/** A command, with the keys beside it that only it has: `value` and `timeout`. */
export function readRun(
  script: string,
  { value = 'exit-code', timeout }: Pick<RawGate, 'value' | 'timeout'>,
  origin: Origin,
  at: At,
): ReadSource {
  if (script.trim() === '') throw problem(origin, at('run'), script, 'a command')
  if (/\{\{.*?\}\}/.test(script)) {
    const legal =
      'the environment variables RELEASE_VERSION, RELEASE_NAMESPACE, …: a command takes no templates'
    throw problem(origin, at('run'), script, legal)
  }
  return {
    source: {
      kind: 'run',
      script,
      value,
      timeout: timeout === undefined ? TIMEOUT_MS : readDuration(origin, at('timeout'), timeout),
    },
    unit: undefined,
    defaults: value === 'exit-code' ? [{ kind: 'max', value: 0 }] : [],
    noBaseline: NO_TRACK,
  }
}
