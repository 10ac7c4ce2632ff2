/** Whatever a source answers that is not a kept limit has a name, and never passes. */
import { describe, expect, jest, test } from '@jest/globals'
import { judge, one, serve, startPrometheus, type GateEvidence, type PromAnswer } from '../support/gate.ts'

// Each starts processes: on a busy machine that takes its time.
jest.setTimeout(60_000)

const series = (value: unknown): PromAnswer => ({
  data: { resultType: 'vector', result: [{ metric: {}, value: [0, value] }] },
})
const bad = '{"status":"error","errorType":"bad_data","error":"parse error"}'

/** What a Prometheus answers, and what the gate then is. */
const ANSWERS: readonly (readonly [
  what: string,
  answer: PromAnswer | ((nth: number) => PromAnswer),
  state: string,
  reason: string,
])[] = [
  ['a value within the limit', one(0.01), 'pass', 'kept'],
  ['a value beyond the limit', one(0.2), 'fail', 'limit-broken'],
  ['no series', { vector: [] }, 'inconclusive', 'empty'],
  ['NaN', one('NaN'), 'inconclusive', 'nan'],
  ['+Inf', one('+Inf'), 'inconclusive', 'infinite'],
  [
    'several series',
    {
      vector: [
        [{ pod: 'a' }, '0'],
        [{ pod: 'b' }, '0'],
      ],
    },
    'inconclusive',
    'several-series',
  ],
  ['text', { data: { resultType: 'string', result: [0, 'fine'] } }, 'inconclusive', 'not-a-number'],
  ['a range', { data: { resultType: 'matrix', result: [] } }, 'inconclusive', 'not-a-number'],
  [
    'a histogram',
    { data: { resultType: 'vector', result: [{ metric: {}, histogram: [0, {}] }] } },
    'inconclusive',
    'not-a-number',
  ],
  ['null for a number', series(null), 'inconclusive', 'source-error'],
  ['an empty text for a number', series(''), 'inconclusive', 'not-a-number'],
  ['no value', { data: { resultType: 'vector', result: [{}] } }, 'inconclusive', 'source-error'],
  ['a result of no shape', { data: { resultType: 'vector' } }, 'inconclusive', 'source-error'],
  ['a bad query', { status: 400, body: bad }, 'inconclusive', 'bad-query'],
  ['500', { status: 500, body: 'oops' }, 'inconclusive', 'source-error'],
  ['401', { status: 401, body: '' }, 'inconclusive', 'unauthorised'],
  ['403', { status: 403, body: '{}' }, 'inconclusive', 'unauthorised'],
  ['garbage', { status: 200, body: '<html>log in</html>' }, 'inconclusive', 'source-error'],
  ['an empty answer', { status: 200, body: '' }, 'inconclusive', 'source-error'],
  ['success without data', { status: 200, body: '{"status":"success"}' }, 'inconclusive', 'source-error'],
  ['a redirect', { status: 302, body: '' }, 'inconclusive', 'source-error'],
  ['a server that hangs', 'hang', 'inconclusive', 'timeout'],
  ['a connection that breaks', 'drop', 'inconclusive', 'unreachable'],
  ['data, then silence', (nth) => (nth === 1 ? one(0) : { vector: [] }), 'inconclusive', 'went-silent'],
]

test('every answer of a Prometheus has its own outcome, and only a kept limit passes', async () => {
  const counts = new Map<string, number>()
  await using prometheus = await startPrometheus((query) => {
    const nth = (counts.get(query) ?? 0) + 1
    counts.set(query, nth)
    const answer = ANSWERS[Number(/\d+/.exec(query)?.[0])]?.[1] ?? one(0)
    return typeof answer === 'function' ? answer(nth) : answer
  })
  // Advisory, so that none of them ends the window for the others.
  const gates = ANSWERS.map(
    ([what], nth) =>
      `- {name: "${what}", prometheus: {url: "${prometheus.url}", query: sum(q${nth})}, max: 5%, error-limit: 1, enforce: false}`,
  )
  const judged = await judge({ gates: gates.join('\n'), inputs: { soak: '5s', interval: '2500ms' } })
  expect(judged.gates.map((gate, nth) => [gate.gate, gate.state, named(gate, ANSWERS[nth]?.[3])])).toEqual(
    ANSWERS.map(([what, , state, reason]) => [what, state, reason]),
  )
})

describe('what is enforced decides the step', () => {
  test.each([
    ['no data', { vector: [] }, 'inconclusive (1)', 'no-samples'],
    ['NaN', one('NaN'), 'inconclusive (1)', 'no-samples'],
    ['errors', { status: 500, body: '' }, 'inconclusive (1)', 'source-errors'],
    ['a broken limit', one(0.2), 'fail (1)', 'limit-broken'],
  ] as const)('%s', async (_, answer, verdict, reason) => {
    await using prometheus = await startPrometheus(() => answer)
    const judged = await judge({
      gates: `- {name: x, prometheus: {url: "${prometheus.url}", query: sum(x)}, max: 5%, error-limit: 0}`,
    })
    expect(judged.verdict).toBe(verdict)
    expect(judged.gates[0]?.reason).toBe(reason)
    expect(judged.done.summary).toMatch(/^## (❌|❔) /)
    expect(judged.done.outputs['reason-code']).toBe(verdict.startsWith('fail') ? 'unhealthy' : 'inconclusive')
    expect(judged.error).toMatch(/What to do:/)
  })

  test.each([
    ['hold: it does not pass', 'hold', 'inconclusive (1)'],
    ['pass: the user has said so', 'pass', 'pass (0)'],
  ])('on-inconclusive: %s', async (_, policy, verdict) => {
    const judged = await judge({
      gates: `- {name: x, json: {path: absent.json, pointer: /a}, max: 1, on-inconclusive: ${policy}}`,
      inputs: { soak: '0s' },
    })
    expect(judged.verdict).toBe(verdict)
    expect(judged.gates[0]?.state).toBe('inconclusive')
  })
})

test('samples that do not suffice do not pass', async () => {
  const counts = new Map<string, number>()
  await using prometheus = await startPrometheus((query) => {
    const nth = (counts.get(query) ?? 0) + 1
    counts.set(query, nth)
    return nth % 2 === 1 ? one(0) : { vector: [] }
  })
  const rules: readonly (readonly [rules: string, state: string, reason: string])[] = [
    ['min-samples: 2', 'pass', 'kept'],
    ['min-samples: 5', 'inconclusive', 'too-few-samples'],
    ['consecutive-successes: 2', 'inconclusive', 'too-few-consecutive-successes'],
  ]
  const gates = rules.map(
    ([rule], nth) =>
      `- {name: "${nth}", prometheus: {url: "${prometheus.url}", query: sum(q${nth})}, max: 1, ${rule}, enforce: false}`,
  )
  const judged = await judge({ gates: gates.join('\n'), inputs: { soak: '1400ms', interval: '200ms' } })
  expect(judged.gates.map(({ state, reason }) => [state, reason])).toEqual(
    rules.map(([, state, reason]) => [state, reason]),
  )
})

test('files and commands: every way to have no number has its name', async () => {
  const gates: readonly (readonly [gate: string, state: string, reason: string])[] = [
    ['json: {path: c.json, pointer: /pct}, min: 90', 'pass', 'kept'],
    ['json: {path: c.json, pointer: /absent}, min: 90', 'inconclusive', 'missing'],
    ['json: {path: c.json, pointer: /text}, min: 90', 'inconclusive', 'not-a-number'],
    ['json: {path: c.json, pointer: /null}, min: 90', 'inconclusive', 'missing'],
    ['json: {path: c.json, pointer: /nan}, min: 90', 'inconclusive', 'nan'],
    ['json: {path: absent.json, pointer: /pct}, min: 90', 'inconclusive', 'missing'],
    ['json: {path: empty.json, pointer: /pct}, min: 90', 'inconclusive', 'unexpected-answer'],
    ['json: {path: ., pointer: /pct}, min: 90', 'inconclusive', 'source-error'],
    ['run: exit 3', 'fail', 'limit-broken'],
    ['run: no-such-command-anywhere', 'inconclusive', 'source-error'],
    ['run: kill -9 $$', 'inconclusive', 'source-error'],
    ['run: sleep 30, timeout: 300ms', 'inconclusive', 'timeout'],
    ['run: "true", value: stdout, max: 1', 'inconclusive', 'empty'],
    ['run: echo 1 2, value: stdout, max: 1', 'inconclusive', 'not-a-number'],
    ['run: echo 1; exit 1, value: stdout, max: 1', 'inconclusive', 'source-error'],
    ['run: echo 1, value: stdout, max: 1', 'pass', 'kept'],
  ]
  const judged = await judge({
    gates: gates
      .map(([gate], nth) => `- {name: "${nth}", ${gate}, error-limit: 0, enforce: false}`)
      .concat('- {name: slow, run: sleep 2}')
      .join('\n'),
    inputs: { soak: '0s', interval: '10s' },
    files: { 'c.json': '{"pct": 95, "text": "ninety", "null": null, "nan": "NaN"}', 'empty.json': '' },
  })
  const found = judged.gates.slice(0, gates.length)
  expect(found.map((gate, nth) => [gates[nth]?.[0], gate.state, named(gate, gates[nth]?.[2])])).toEqual(gates)
})

test('http by url: status, body and latency; a redirect is not followed, silence has failed', async () => {
  const answers: readonly (readonly [path: string, keys: string, state: string])[] = [
    ['/200/ok', '', 'pass'],
    ['/500/oops', '', 'fail'],
    ['/301/', '', 'fail'],
    ['/200/', ', body: ok', 'fail'],
    ['/200/all%20ok', ', body: /\\bok$/', 'pass'],
    ['/404/', ', status: 404', 'pass'],
    ['/500/', ', signal: latency', 'inconclusive'],
    ['/200/ok', ', signal: latency', 'pass'],
    ['/hang', '', 'fail'],
  ]
  await using shop = await serve((request, response) => {
    const [, status = '', body = ''] = (request.url ?? '').split('/')
    if (status !== 'hang') response.writeHead(Number(status)).end(decodeURIComponent(body))
  })
  const gates = answers.map(([path, keys], nth) => {
    const rule = keys.includes('latency') ? ', max: 5s' : ''
    return `- {name: "${nth}", http: {url: "${shop.url}${path}"${keys}}${rule}, enforce: false}`
  })
  const judged = await judge({ gates: gates.join('\n'), inputs: { soak: '0s', interval: '2s' } })
  expect(judged.gates.map(({ state }, nth) => [...(answers[nth]?.slice(0, 2) ?? []), state])).toEqual(answers)
})

/** The reason, when the gate or one of its samples has it; else all that they have. */
function named({ reason, samples }: GateEvidence, wanted: string | undefined): string {
  const all = [reason, ...samples.map((sample) => sample.reason ?? sample.outcome)]
  return wanted !== undefined && all.includes(wanted) ? wanted : all.join(' ')
}
