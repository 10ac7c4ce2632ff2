import { assess, type Gate, type Limit, type Reading, type Rules, type Sample } from '../src/index.ts'

/** A gate on a bare number with `max: 1`, changed as a test needs. */
export function gate(rules: Partial<Rules> = {}, more: Partial<Omit<Gate, 'rules'>> = {}): Gate {
  return {
    name: 'errors',
    source: { kind: 'json', at: { kind: 'file', path: 'x.json' }, pointer: '/x' },
    unit: undefined,
    interval: undefined,
    ...more,
    rules: {
      limits: [{ kind: 'max', value: 1 }],
      consecutiveSuccesses: undefined,
      failureLimit: 0,
      errorLimit: 4,
      minSamples: 1,
      enforce: true,
      onInconclusive: 'fail',
      ...rules,
    },
  }
}

export function limits(...list: readonly (readonly [Limit['kind'], number])[]): Partial<Rules> {
  return { limits: list.map(([kind, value]) => ({ kind, value })) }
}

export const value = (number: number): Reading => ({ kind: 'value', value: number })
export const empty: Reading = { kind: 'no-data', reason: 'empty', detail: 'no series' }
export const broken: Reading = { kind: 'error', reason: 'source-error', detail: 'answered 500' }

/** Samples one second apart, from one second on. */
export function samples(of: Gate, readings: readonly Reading[], baseline?: Reading): readonly Sample[] {
  return readings.map((reading, i) => assess(of, (i + 1) * 1000, reading, baseline))
}

export const ended = { from: 0, until: 60_000, ended: true }
export const running = { from: 0, until: 60_000, ended: false }
