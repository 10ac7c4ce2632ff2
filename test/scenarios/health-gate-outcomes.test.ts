/** Whatever a source answers that is not a kept limit has a name, and never passes. */
import { describe, expect, test } from '@jest/globals'
import { judge, one, serve, startPrometheus, type PromAnswer } from '../support/gate.ts'

describe.each<
  [what: string, answer: PromAnswer | ((nth: number) => PromAnswer), verdict: string, reason: string]
>([
  ['a value within the limit', one(0.01), 'pass (0)', 'kept'],
  ['a value beyond the limit', one(0.2), 'fail (1)', 'limit-broken'],
  ['no series', { vector: [] }, 'inconclusive (1)', 'empty'],
  ['NaN', one('NaN'), 'inconclusive (1)', 'nan'],
  ['+Inf', one('+Inf'), 'inconclusive (1)', 'infinite'],
  [
    'several series',
    {
      vector: [
        [{ pod: 'a' }, '0'],
        [{ pod: 'b' }, '0'],
      ],
    },
    'inconclusive (1)',
    'several-series',
  ],
  ['text', { data: { resultType: 'string', result: [0, 'fine'] } }, 'inconclusive (1)', 'not-a-number'],
  ['a range', { data: { resultType: 'matrix', result: [] } }, 'inconclusive (1)', 'not-a-number'],
  [
    'a histogram',
    { data: { resultType: 'vector', result: [{ metric: {}, histogram: [0, {}] }] } },
    'inconclusive (1)',
    'not-a-number',
  ],
  [
    'null for a number',
    { data: { resultType: 'vector', result: [{ metric: {}, value: [0, null] }] } },
    'inconclusive (1)',
    'not-a-number',
  ],
  ['a result of no shape', { data: { resultType: 'vector' } }, 'inconclusive (1)', 'source-error'],
  [
    'a bad query',
    { status: 400, body: '{"status":"error","errorType":"bad_data","error":"parse error"}' },
    'inconclusive (1)',
    'bad-query',
  ],
  ['500', { status: 500, body: 'oops' }, 'inconclusive (1)', 'source-error'],
  ['401', { status: 401, body: '' }, 'inconclusive (1)', 'unauthorised'],
  ['403', { status: 403, body: '{}' }, 'inconclusive (1)', 'unauthorised'],
  ['garbage', { status: 200, body: '<html>log in</html>' }, 'inconclusive (1)', 'source-error'],
  ['an empty answer', { status: 200, body: '' }, 'inconclusive (1)', 'source-error'],
  ['success without data', { status: 200, body: '{"status":"success"}' }, 'inconclusive (1)', 'source-error'],
  ['a redirect', { status: 302, body: '' }, 'inconclusive (1)', 'source-error'],
  ['a server that hangs', 'hang', 'inconclusive (1)', 'timeout'],
  ['a connection that breaks', 'drop', 'inconclusive (1)', 'unreachable'],
  ['data, then silence', (nth) => (nth === 1 ? one(0) : { vector: [] }), 'inconclusive (1)', 'went-silent'],
])('prometheus: %s', (_, answer, verdict, reason) => {
  test(`is ${verdict}: ${reason}`, async () => {
    await using prometheus = await startPrometheus((_query, nth) =>
      typeof answer === 'function' ? answer(nth) : answer,
    )
    const judged = await judge({
      gates: `- {name: x, prometheus: {url: "${prometheus.url}", query: sum(x)}, max: 5%, error-limit: 1}`,
    })
    expect(judged.verdict).toBe(verdict)
    const [gate] = judged.gates
    expect([gate?.reason, ...(gate?.samples.map((sample) => sample.reason) ?? [])]).toContain(reason)
    if (verdict !== 'pass (0)') expect(judged.done.summary).toMatch(/^## (❌|❔) /)
  })
})

describe.each<[what: string, rules: string, verdict: string, reason: string]>([
  ['too few samples', 'max: 5%, min-samples: 3', 'inconclusive (1)', 'too-few-samples'],
  [
    'too few successes in a row',
    'max: 5%, consecutive-successes: 3',
    'inconclusive (1)',
    'too-few-consecutive-successes',
  ],
  ['enough of them', 'max: 5%, min-samples: 2', 'pass (0)', 'kept'],
  [
    'on-inconclusive: hold',
    'max: 5%, min-samples: 3, on-inconclusive: hold',
    'inconclusive (1)',
    'too-few-samples',
  ],
  ['on-inconclusive: pass', 'max: 5%, min-samples: 3, on-inconclusive: pass', 'pass (0)', 'too-few-samples'],
  ['advisory', 'max: 5%, min-samples: 3, enforce: false', 'pass (0)', 'too-few-samples'],
])('every second sample without data: %s', (_, rules, verdict, reason) => {
  test(`is ${verdict}: ${reason}`, async () => {
    await using prometheus = await startPrometheus((_query, nth) => (nth % 2 === 1 ? one(0) : { vector: [] }))
    const judged = await judge({
      gates: `- {name: x, prometheus: {url: "${prometheus.url}", query: sum(x)}, ${rules}}`,
    })
    expect(judged.verdict).toBe(verdict)
    expect(judged.gates[0]?.reason).toBe(reason)
  })
})

describe.each<[gate: string, verdict: string, reason: string]>([
  ['json: {path: c.json, pointer: /pct}, min: 90', 'pass (0)', 'kept'],
  ['json: {path: c.json, pointer: /absent}, min: 90', 'inconclusive (1)', 'missing'],
  ['json: {path: c.json, pointer: /text}, min: 90', 'inconclusive (1)', 'not-a-number'],
  ['json: {path: c.json, pointer: /null}, min: 90', 'inconclusive (1)', 'missing'],
  ['json: {path: c.json, pointer: /nan}, min: 90', 'inconclusive (1)', 'nan'],
  ['json: {path: absent.json, pointer: /pct}, min: 90', 'inconclusive (1)', 'missing'],
  ['json: {path: empty.json, pointer: /pct}, min: 90', 'inconclusive (1)', 'unexpected-answer'],
  ['json: {path: ., pointer: /pct}, min: 90', 'inconclusive (1)', 'source-error'],
  ['run: exit 3', 'fail (1)', 'limit-broken'],
  ['run: no-such-command-anywhere', 'inconclusive (1)', 'source-error'],
  ['run: kill -9 $$', 'inconclusive (1)', 'source-error'],
  ['run: sleep 30, timeout: 300ms', 'inconclusive (1)', 'timeout'],
  ['run: "true", value: stdout, max: 1', 'inconclusive (1)', 'empty'],
  ['run: echo 1 2, value: stdout, max: 1', 'inconclusive (1)', 'not-a-number'],
  ['run: echo 1; exit 1, value: stdout, max: 1', 'inconclusive (1)', 'source-error'],
])('%s', (gate, verdict, reason) => {
  test(`is ${verdict}: ${reason}`, async () => {
    const judged = await judge({
      gates: `- {name: x, ${gate}, error-limit: 0}`,
      inputs: { soak: '0s' },
      files: { 'c.json': '{"pct": 95, "text": "ninety", "null": null, "nan": "NaN"}', 'empty.json': '' },
    })
    expect(judged.verdict).toBe(verdict)
    const [first] = judged.gates
    expect([first?.reason, ...(first?.samples.map((sample) => sample.reason) ?? [])]).toContain(reason)
  })
})

describe('http by url', () => {
  test.each<[what: string, status: number, body: string, gate: string, verdict: string]>([
    ['200', 200, 'ok', '', 'pass (0)'],
    ['500', 500, 'oops', '', 'fail (1)'],
    ['a redirect', 301, '', '', 'fail (1)'],
    ['an empty body where one is expected', 200, '', ', body: ok', 'fail (1)'],
    ['the right body', 200, 'all ok', ', body: /\\bok$/', 'pass (0)'],
    ['another status that is wanted', 404, '', ', status: 404', 'pass (0)'],
    ['no latency of a wrong answer', 500, '', ', signal: latency', 'inconclusive (1)'],
  ])('%s', async (_, status, body, keys, verdict) => {
    await using shop = await serve((_request, response) => {
      response.statusCode = status
      response.end(body)
    })
    const rule = keys.includes('latency') ? ', max: 1s' : ''
    const judged = await judge({ gates: `- {name: up, http: {url: "${shop.url}"${keys}}${rule}}` })
    expect(judged.verdict).toBe(verdict)
  })

  test('a service that does not answer has failed, and the look ends in time', async () => {
    await using shop = await serve(() => undefined)
    const judged = await judge({ gates: `- {name: up, http: {url: "${shop.url}"}}`, inputs: { soak: '0s' } })
    expect(judged.verdict).toBe('fail (1)')
    expect(judged.done.ms).toBeLessThan(10_000)
  })
})
