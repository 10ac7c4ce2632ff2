import { expect, test } from '@jest/globals'
import {
  assertReachable,
  checkText,
  formatLimit,
  formatValue,
  gateTable,
  judgeGate,
  looks,
  parseMatchers,
  matcherTest,
} from '../src/index.ts'
import { broken, empty, ended, gate, limits, samples, value } from './world.ts'

test('the table shows new and baseline side by side, the limit, the samples and why', () => {
  const errors = gate(limits(['max', 0.01], ['max-delta', 0.005]), { name: 'error rate', unit: 'share' })
  const taken = samples(errors, [value(0.002), empty, value(0.042)], value(0.001))
  const table = gateTable([{ gate: errors, verdict: judgeGate(errors, taken, ended), samples: taken }])
  expect(table.split('\n')[2]).toBe(
    '| ❌ fail | error rate | 4.2 % | 0.1 % | ≤ 1 %, ≤ baseline + 0.5 pp | 1 passed, 1 failed, 1 without data | 4.2 % breaks ≤ 1 % (baseline 0.1 %) |',
  )
})

test('names and messages from outside cannot break the table, link, mention or run', () => {
  const evil = gate({}, { name: 'a|b\n<script>@all [x](https://e) `c` &#64;' })
  const taken = samples(evil, [broken])
  const [, , row = '', more] = gateTable([
    { gate: evil, verdict: judgeGate(evil, taken, ended), samples: taken },
  ]).split('\n')
  expect(more).toBeUndefined()
  expect(row).toContain(
    'a\\|b ↵ &lt;script&gt;&#64;\u200ball \\[x\\](https&#58;//e) \\`c\\` &amp;&#35;\u200b64;',
  )
})

test("a check run's text holds the evidence as JSON, and fits whatever the samples are", () => {
  const one = gate()
  const readings = Array.from({ length: 2000 }, () => ({ ...broken, detail: '```x``` '.repeat(20) }))
  const taken = samples(one, readings)
  const { title, summary, text } = checkText({
    gate: one,
    verdict: judgeGate(one, taken, ended),
    samples: taken,
  })
  expect([title.length <= 250, summary.length <= 65_535, text.length <= 65_535]).toEqual([true, true, true])
  const evidence: unknown = JSON.parse(text.replace(/^`+json\n/, '').replace(/\n`+$/, ''))
  expect(evidence).toMatchObject({
    schema: 1,
    state: 'inconclusive',
    samples: expect.any(Array),
    leftOut: expect.any(Number),
  })
})

test('values and limits are written for people', () => {
  expect([
    formatValue(0.85, 's'),
    formatValue(1500, 'ms'),
    formatValue(0.0421, 'share'),
    formatValue(12_582_912, 'B'),
    formatValue(1 / 3, undefined),
  ]).toEqual(['850 ms', '1.5 s', '4.21 %', '12 MiB', '0.3333'])
  expect(formatLimit({ kind: 'max-increase', value: 0.2 }, 's')).toBe('≤ baseline + 20 %')
  expect(formatLimit({ kind: 'min-delta', value: -0.01 }, 'share')).toBe('≥ baseline − 1 pp')
})

test('a rule that the window cannot satisfy is an input error', () => {
  expect(looks(300_000, 10_000)).toBe(31)
  const twice = gate({ minSamples: 3 })
  expect(() => assertReachable('gates', [twice], 20_000, 10_000)).not.toThrow()
  expect(() => assertReachable('gates', [twice], 10_000, 10_000)).toThrow(
    'a soak of 10s sampled every 10s gives 2',
  )
})

test('label matchers match whole values, and a missing label is empty', () => {
  const holds = (text: string, labels: Record<string, string>): boolean | undefined => {
    const matchers = parseMatchers(text)
    return matchers === undefined ? undefined : matcherTest(matchers)(labels)
  }
  expect(holds('code=~5..', { code: '503' })).toBe(true)
  expect(holds('code=~5..', { code: '1503' })).toBe(false)
  expect(holds('{code=~"5..|429", method!="GET"}', { code: '429', method: 'POST' })).toBe(true)
  expect(holds(`path='/a,b'`, { path: '/a,b' })).toBe(true)
  expect(holds('code!=200', {})).toBe(true)
  expect(holds('code=~(', {})).toBeUndefined()
  expect(holds('code 5', {})).toBeUndefined()
})
