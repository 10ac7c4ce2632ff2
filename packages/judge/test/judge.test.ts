import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { assess, combine, judgeGate, reading, type Reading } from '../src/index.ts'
import { broken, empty, ended, gate, limits, running, samples, value } from './world.ts'

describe('a sample', () => {
  test.each([
    ['max', 1, 1, undefined, 'pass'],
    ['max', 1, 1.01, undefined, 'fail'],
    ['min', 90, 90, undefined, 'pass'],
    ['min', 90, 89.9, undefined, 'fail'],
    ['max-delta', 0.01, 0.07, 0.06, 'pass'],
    ['max-delta', 0.01, 0.08, 0.06, 'fail'],
    ['min-delta', -1, 4, 5, 'pass'],
    ['min-delta', -1, 3.9, 5, 'fail'],
    ['max-increase', 0.2, 1.2, 1, 'pass'],
    ['max-increase', 0.2, 1.3, 1, 'fail'],
    ['max-increase', 0.2, -0.7, -1, 'fail'],
    ['max-increase', 0.2, 0, 0, 'pass'],
    ['max-decrease', 0.5, 1, 2, 'pass'],
    ['max-decrease', 0.5, 0.9, 2, 'fail'],
  ] as const)('%s %p: %p against %p is %s', (kind, limit, candidate, baseline, outcome) => {
    const base = baseline === undefined ? undefined : value(baseline)
    expect(assess(gate(limits([kind, limit])), 0, value(candidate), base).outcome).toBe(outcome)
  })

  test('anything above a baseline of 0 has no ratio: no data, named', () => {
    expect(assess(gate(limits(['max-increase', 0.2])), 0, value(0.1), value(0))).toMatchObject({
      outcome: 'no-data',
      reason: 'zero-baseline',
    })
  })

  test('a baseline without data, or with an error, never lets a relative limit pass', () => {
    const relative = gate(limits(['max', 1], ['max-delta', 1]))
    expect(assess(relative, 0, value(0), empty)).toMatchObject({ outcome: 'no-data', reason: 'no-baseline' })
    expect(assess(relative, 0, value(0), broken)).toMatchObject({ outcome: 'error', reason: 'no-baseline' })
    expect(assess(relative, 0, value(0), undefined)).toMatchObject({
      outcome: 'no-data',
      reason: 'no-baseline',
    })
  })

  test('a gate without any limit keeps none: it does not pass', () => {
    expect(assess(gate({ limits: [] }), 0, value(0), undefined).outcome).toBe('no-data')
  })

  test('a broken limit fails although another limit cannot be told', () => {
    expect(assess(gate(limits(['max-delta', 1], ['max', 1])), 0, value(2), empty)).toMatchObject({
      outcome: 'fail',
      reason: 'max',
    })
  })

  test('a quantile beyond the last bucket breaks a limit below its bound, and never keeps one above', () => {
    const atLeast: Reading = { kind: 'value', value: 0.5, bound: 'at-least' }
    expect(assess(gate(limits(['max', 0.4])), 0, atLeast, undefined).outcome).toBe('fail')
    expect(assess(gate(limits(['max', 1])), 0, atLeast, undefined)).toMatchObject({
      reason: 'beyond-buckets',
    })
    expect(assess(gate(limits(['max-increase', 1])), 0, value(0.6), atLeast)).toMatchObject({
      outcome: 'no-data',
      reason: 'beyond-buckets',
    })
  })

  test('NaN and the infinities are no data, by name', () => {
    expect([NaN, Infinity, -Infinity, 0].map((number) => reading(number))).toMatchObject([
      { kind: 'no-data', reason: 'nan' },
      { kind: 'no-data', reason: 'infinite' },
      { kind: 'no-data', reason: 'infinite' },
      { kind: 'value', value: 0 },
    ])
  })
})

describe('a gate', () => {
  const judge = (readings: readonly Reading[], rules = {}, window = ended): ReturnType<typeof judgeGate> => {
    const one = gate(rules)
    return judgeGate(one, samples(one, readings), window)
  }

  test('passes only when its window has ended', () => {
    expect(judge([value(0)], {}, running).state).toBe('judging')
    expect(judge([value(0)]).state).toBe('pass')
  })

  test('fails at once, inside the window, when its failures pass the limit', () => {
    expect(judge([value(2)], {}, running)).toMatchObject({ state: 'fail', reason: 'limit-broken', value: 2 })
    expect(judge([value(2), value(0)], { failureLimit: 1 }, running).state).toBe('judging')
    expect(judge([value(2), value(0), value(3), value(4)], { failureLimit: 1 }, running)).toMatchObject({
      state: 'fail',
      value: 3,
    })
  })

  test('stays failed when good samples follow', () => {
    expect(judge([value(2), value(0), value(0), value(0)]).state).toBe('fail')
  })

  test('is inconclusive without any conclusive sample', () => {
    expect(judge([]).reason).toBe('no-samples')
    expect(judge([empty, empty, empty])).toMatchObject({ state: 'inconclusive', reason: 'no-samples' })
    expect(judge([broken, broken])).toMatchObject({ state: 'inconclusive', reason: 'no-samples' })
  })

  test('is inconclusive with fewer samples than the rule needs', () => {
    expect(judge([value(0), value(0)], { minSamples: 3 })).toMatchObject({
      state: 'inconclusive',
      reason: 'too-few-samples',
    })
    expect(judge([value(0), value(0), value(0)], { minSamples: 3 }).state).toBe('pass')
  })

  test('is inconclusive, at once, when its source errs more often in a row than allowed', () => {
    expect(judge([broken, broken, broken, broken], {}, running).state).toBe('judging')
    expect(judge([broken, broken, broken, broken, broken], {}, running)).toMatchObject({
      state: 'inconclusive',
      reason: 'source-errors',
    })
    expect(judge([broken, broken, empty, broken, broken, broken, value(0)]).state).toBe('pass')
  })

  test('that had data and went silent at the end is not passed', () => {
    expect(judge([value(0), empty, empty, empty, empty, empty])).toMatchObject({
      state: 'inconclusive',
      reason: 'went-silent',
    })
    expect(judge([value(0), empty, empty]).state).toBe('pass')
  })

  test('wants its successes in a row at the end', () => {
    const rules = { consecutiveSuccesses: 3, failureLimit: 5 }
    expect(judge([value(2), value(0), value(0), value(0)], rules).state).toBe('pass')
    expect(judge([value(0), value(0), value(0), value(2)], rules)).toMatchObject({
      state: 'inconclusive',
      reason: 'too-few-consecutive-successes',
    })
    expect(judge([value(0), value(0), empty, value(0)], rules).state).toBe('inconclusive')
  })

  test('does not count what was sampled while it warmed up', () => {
    const one = gate()
    const cold = [assess(one, 999, value(9), undefined), assess(one, 1000, value(0), undefined)]
    expect(judgeGate(one, cold, { from: 1000, until: 2000, ended: true })).toMatchObject({
      state: 'pass',
      counts: { pass: 1, fail: 0 },
    })
  })

  test('only failures allowed by the limit, and no success, is not a pass', () => {
    expect(judge([value(2)], { failureLimit: 3 })).toMatchObject({
      state: 'inconclusive',
      reason: 'too-few-samples',
    })
  })
})

describe('all gates together', () => {
  const of = (
    rules: Parameters<typeof gate>[0],
    readings: readonly Reading[],
    window = ended,
  ): ReturnType<typeof judgeGate> => {
    const one = gate(rules)
    return judgeGate(one, samples(one, readings), window)
  }

  test('the first broken limit decides, while others are still judging', () => {
    expect(combine([of({}, [value(0)], running), of({}, [value(2)], running)], false)).toMatchObject({
      state: 'fail',
    })
  })

  test('an advisory gate never decides', () => {
    expect(combine([of({ enforce: false }, [value(2)]), of({}, [value(0)])], true)).toEqual({
      state: 'pass',
      applied: 1,
    })
  })

  test('inconclusive is what the user said it is, and never a pass otherwise', () => {
    expect(combine([of({}, [empty])], true).state).toBe('inconclusive')
    expect(combine([of({ onInconclusive: 'hold' }, [empty])], true).state).toBe('hold')
    expect(combine([of({ onInconclusive: 'pass' }, [empty])], true).state).toBe('pass')
    expect(combine([of({ onInconclusive: 'hold' }, [empty]), of({}, [empty])], true).state).toBe(
      'inconclusive',
    )
  })

  test('a hold waits for the gates that may still fail', () => {
    const errors = [broken, broken, broken, broken, broken]
    expect(
      combine([of({ onInconclusive: 'hold' }, errors, running), of({}, [value(0)], running)], false).state,
    ).toBe('judging')
  })

  test('without gates the window is a pass that says that nothing applied', () => {
    expect(combine([], false).state).toBe('judging')
    expect(combine([], true)).toEqual({ state: 'pass', applied: 0 })
  })
})

describe('for every sequence of readings', () => {
  const anyReading: fc.Arbitrary<Reading> = fc.oneof(
    fc.double({ min: -3, max: 3, noNaN: true }).map(value),
    fc.constant(empty),
    fc.constant(broken),
    fc.constant(reading(NaN)),
    fc.constant(reading(Infinity)),
  )
  const anyRules = fc.record({
    failureLimit: fc.nat(3),
    errorLimit: fc.nat(5),
    minSamples: fc.integer({ min: 1, max: 4 }),
    consecutiveSuccesses: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  })
  const sequence = fc.array(anyReading, { maxLength: 12 })

  test('none passes without a conclusive passing sample', () => {
    fc.assert(
      fc.property(anyRules, sequence, (rules, readings) => {
        const one = gate(rules)
        const taken = samples(one, readings)
        return (
          judgeGate(one, taken, ended).state !== 'pass' || taken.some(({ outcome }) => outcome === 'pass')
        )
      }),
    )
  })

  test('more samples never take a failure back, and a failure that is not allowed never makes a pass', () => {
    fc.assert(
      fc.property(anyRules, sequence, sequence, (rules, before, after) => {
        const one = gate(rules)
        const early = judgeGate(one, samples(one, before), ended).state
        const late = judgeGate(one, samples(one, [...before, ...after]), ended).state
        const withFailure = judgeGate(one, samples(one, [...before, value(2)]), ended).state
        return (early !== 'fail' || late === 'fail') && (rules.failureLimit > 0 || withFailure === 'fail')
      }),
    )
  })

  test('the state is decided at the end, and a pass never comes before it', () => {
    fc.assert(
      fc.property(anyRules, sequence, (rules, readings) => {
        const one = gate(rules)
        const taken = samples(one, readings)
        return (
          judgeGate(one, taken, ended).state !== 'judging' && judgeGate(one, taken, running).state !== 'pass'
        )
      }),
    )
  })

  test('a combined pass has a passing sample in every enforced gate', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyRules, sequence), { minLength: 1, maxLength: 4 }), (gates) => {
        const judged = gates.map(([rules, readings]) => {
          const one = gate(rules)
          return judgeGate(one, samples(one, readings), ended)
        })
        return combine(judged, true).state !== 'pass' || judged.every(({ counts }) => counts.pass > 0)
      }),
    )
  })
})

describe('what others get wrong', () => {
  const judge = (readings: readonly Reading[]): string => {
    const one = gate()
    return judgeGate(one, samples(one, readings), ended).state
  }

  test('Argo: NaN with only a failure condition counts as success', () => {
    expect(judge([reading(NaN), reading(NaN)])).toBe('inconclusive')
  })
  test('Argo: terminated before any measurement counts as success', () => {
    const one = gate()
    expect(combine([judgeGate(one, [], running)], false).state).toBe('judging')
    expect(judge([])).toBe('inconclusive')
  })
  test('Argo: errors do not count', () => {
    expect(judge([broken, broken, broken, broken, broken, value(0)])).toBe('inconclusive')
  })
  test('Flagger: failed checks never reset; here a window has its own count and no other', () => {
    const one = gate({ failureLimit: 1 })
    const taken = samples(one, [value(2), value(2), value(0)])
    expect(judgeGate(one, taken, { from: 2000, until: 9000, ended: true })).toMatchObject({
      state: 'pass',
      counts: { fail: 1 },
    })
  })
  test('Kayenta: a run where every metric errors scores 100', () => {
    const one = gate()
    const verdicts = [1, 2, 3].map(() => judgeGate(one, samples(one, [broken, broken, broken]), ended))
    expect(combine(verdicts, true).state).toBe('inconclusive')
  })
  test('DataDog: fails open by default', () => {
    const one = gate()
    expect(combine([judgeGate(one, samples(one, [empty]), ended)], true).state).not.toBe('pass')
  })
})

describe('a baseline floor', () => {
  test('keeps a ratio to almost nothing from failing what nobody would notice', () => {
    const judged = (value: number, base: number, floor?: number): string => {
      const limit = { kind: 'max-increase' as const, value: 0.5, ...(floor === undefined ? {} : { floor }) }
      return assess(gate({ limits: [limit] }), 0, reading(value), reading(base)).outcome
    }
    expect(judged(0.015, 0.008)).toBe('fail')
    expect(judged(0.015, 0.008, 0.1)).toBe('pass')
    expect(judged(0.16, 0.008, 0.1)).toBe('fail')
    expect(judged(0.1, 0, 0.1)).toBe('pass')
    expect(judged(0.35, 0.2, 0.1)).toBe('fail')
  })
})
