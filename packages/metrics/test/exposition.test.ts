import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseExposition } from '../src/scrape/exposition.ts'
import { bucketQuantile } from '../src/scrape/quantile.ts'

/** The example of https://prometheus.io/docs/instrumenting/exposition_formats/, with more of what clients write. */
const GOLDEN = `
# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{code="400",method="post",}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47
empty_labels{} 0
 leading_space{ a = "1" , b = "}" } 2
# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045
not_a_number NaN
minus -Inf
tiny 1e-09
nothing{text=""} 0x

`
  .replace('nothing{text=""} 0x\n', 'nothing{text=""} .5\r\n')
  .replace('1e-09', '1E-09')

describe('the text format', () => {
  test('is read in full', () => {
    const { samples, types } = parseExposition(GOLDEN)
    expect(types.get('http_requests_total')).toBe('counter')
    expect(Object.fromEntries(samples)).toEqual({
      http_requests_total: [
        { labels: { method: 'post', code: '200' }, value: 1027 },
        { labels: { code: '400', method: 'post' }, value: 3 },
      ],
      msdos_file_access_time_seconds: [
        {
          labels: { path: 'C:\\DIR\\FILE.TXT', error: 'Cannot find file:\n"FILE.TXT"' },
          value: 1_458_255_915,
        },
      ],
      metric_without_timestamp_and_labels: [{ labels: {}, value: 12.47 }],
      empty_labels: [{ labels: {}, value: 0 }],
      leading_space: [{ labels: { a: '1', b: '}' }, value: 2 }],
      something_weird: [{ labels: { problem: 'division by zero' }, value: Infinity }],
      not_a_number: [{ labels: {}, value: NaN }],
      minus: [{ labels: {}, value: -Infinity }],
      tiny: [{ labels: {}, value: 1e-9 }],
      nothing: [{ labels: { text: '' }, value: 0.5 }],
    })
  })

  test('OpenMetrics: exemplars, created series, units and the end are understood', () => {
    const { samples, types } = parseExposition(`# TYPE foo histogram
# UNIT foo seconds
foo_bucket{le="0.1"} 8 # {} 0.054
foo_bucket{le="1"} 11 1520879607.789 # {trace_id="KOO5S4vxi0o"} 0.67 1520879607.5
foo_bucket{le="+Inf"} 17
foo_count 17
foo_sum 324789.3
foo_created 1520430000.123
# TYPE "my.metric" gauge
{"my.metric",region="eu"} 4
# EOF
this is not read any more
`)
    expect(samples.get('foo_bucket')?.map(({ value }) => value)).toEqual([8, 11, 17])
    expect(samples.get('my.metric')).toEqual([{ labels: { region: 'eu' }, value: 4 }])
    expect(types.get('my.metric')).toBe('gauge')
  })

  test('nothing is nothing', () => {
    expect(parseExposition('').samples.size).toBe(0)
    expect(parseExposition('\n# only a comment\n#\n').samples.size).toBe(0)
  })

  test.each([
    '<!DOCTYPE html>',
    'x{a="1" 2',
    'x{a=1} 2',
    'x{a="1"}',
    'x 1 2 3 4',
    'x{a="1"b="2"} 1',
    '{"status":"ok"}',
    'x one',
    '{a="1"} 2',
  ])('%p is malformed, with its line', (line) => {
    expect(() => parseExposition(`ok 1\n${line}\n`)).toThrow('line 2 of the metrics is malformed')
  })

  test('whatever a label holds comes back', () => {
    fc.assert(
      fc.property(fc.string(), fc.double({ noNaN: true }), (text, value) => {
        const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
        const { samples } = parseExposition(
          `x{a="${escaped}"} ${Number.isFinite(value) ? value : value > 0 ? '+Inf' : '-Inf'}`,
        )
        const [only] = samples.get('x') ?? []
        return only?.labels['a'] === text && only.value === value
      }),
    )
  })
})

describe('a quantile of a classic histogram', () => {
  const buckets = (...list: readonly (readonly [number, number])[]) =>
    list.map(([le, count]) => ({ le, count }))

  // The values of Prometheus's own histogram_quantile on these buckets (checked against Prometheus 3).
  test.each([
    [0.5, buckets([0.1, 50], [0.5, 90], [Infinity, 100]), 0.1],
    [0.7, buckets([0.1, 50], [0.5, 90], [Infinity, 100]), 0.3],
    [0.25, buckets([0.1, 50], [0.5, 90], [Infinity, 100]), 0.05],
    [0.9, buckets([0.5, 90], [Infinity, 100], [0.1, 50]), 0.5],
    [0.5, buckets([-1, 10], [0, 20], [Infinity, 20]), -1],
    [0.25, buckets([-1, 10], [0, 20], [Infinity, 20]), -1],
    [0.75, buckets([0.1, 5], [0.2, 4], [0.3, 8], [Infinity, 8]), 0.2 + 0.1 * (1 / 3)],
  ])('p%p of %j is %p', (q, list, expected) => {
    const found = bucketQuantile(q, list)
    expect(found).toEqual({ kind: 'value', value: expect.closeTo(expected, 10) })
  })

  test('in the last bucket it is the last bound, or more', () => {
    expect(bucketQuantile(0.99, buckets([0.1, 50], [0.5, 90], [Infinity, 100]))).toEqual({
      kind: 'value',
      value: 0.5,
      bound: 'at-least',
    })
  })

  test('without +Inf, with +Inf alone, or without observations there is none', () => {
    expect(bucketQuantile(0.5, buckets([1, 2])).kind).toBe('none')
    expect(bucketQuantile(0.5, buckets([Infinity, 2])).kind).toBe('none')
    expect(bucketQuantile(0.5, buckets([1, 0], [Infinity, 0])).kind).toBe('none')
    expect(bucketQuantile(0.5, []).kind).toBe('none')
  })
})
