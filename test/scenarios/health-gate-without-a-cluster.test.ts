import { expect, jest, test } from '@jest/globals'
import { judge, one, serve, startPrometheus } from '../support/gate.ts'

// Each starts processes: on a busy machine that takes its time.
jest.setTimeout(60_000)

test('every source that needs no cluster is judged without one: no kubeconfig is even read', async () => {
  await using shop = await serve((_, response) => response.end('{"status": "ok", "queue": 3}'))
  await using prometheus = await startPrometheus(() => one(0.01), { rules: ['ShopDown'], firing: [] })
  const { done, verdict, gates } = await judge({
    gates: `
- {name: up, http: {url: "${shop.url}/healthz", body: ok}}
- {name: fast, http: {url: "${shop.url}", signal: latency}, max: 5s}
- {name: queue, json: {url: "${shop.url}/stats", pointer: /queue}, max: 10}
- {name: coverage, json: {path: coverage/summary.json, pointer: /total/lines/pct}, min: 90}
- {name: smoke, run: 'test "$RELEASE_SERVICE" = web'}
- {name: size, run: echo 812, value: stdout, max: 1000}
- {name: error rate, prometheus: {url: "${prometheus.url}", query: sum(errors)}, max: 5%}
- {name: paging, prometheus: {url: "${prometheus.url}", alerts: [ShopDown]}}
`,
    inputs: { service: 'web' },
    files: { 'coverage/summary.json': '{"total": {"lines": {"pct": 93.5}}}' },
    env: { KUBECONFIG: '/nowhere/kubeconfig' },
  })
  expect(verdict).toBe('pass (0)')
  expect(gates.map(({ gate, state, value }) => [gate, state, value])).toEqual([
    ['up', 'pass', 1],
    ['fast', 'pass', expect.any(Number)],
    ['queue', 'pass', 3],
    ['coverage', 'pass', 93.5],
    ['smoke', 'pass', 0],
    ['size', 'pass', 812],
    ['error rate', 'pass', 0.01],
    ['paging', 'pass', 0],
  ])
  expect(done.outputs).toMatchObject({
    decision: 'pass',
    'reason-code': '',
    message: 'pass: 8 gates kept their limits',
  })
  expect(done.summary).toMatch(/^## ✅ web is healthy\n/)
})

test('one look is enough for what does not change', async () => {
  const { verdict, gates } = await judge({
    gates: '- {name: coverage, json: {path: c.json, pointer: /pct}, min: 90}',
    inputs: { soak: '0s' },
    files: { 'c.json': '{"pct": 89.9}' },
  })
  expect(verdict).toBe('fail (1)')
  expect(gates[0]).toMatchObject({ value: 89.9, counts: { pass: 0, fail: 1, noData: 0, error: 0 } })
})

test('gates come from a file too, and its lines are named in errors', async () => {
  const file = '- name: coverage\n  json: {path: c.json, pointer: /pct}\n  mim: 90\n'
  const inputs = { 'gates-file': 'gates.yml', soak: '0s' }
  const bad = await judge({ inputs, files: { 'gates.yml': file } })
  expect(bad.error).toMatch(/gates-file\[0\]\.mim: "mim" is not valid; use min\?.*line 3 of gates\.yml/)
  const files = { 'gates.yml': file.replace('mim', 'min'), 'c.json': '{"pct": 95}' }
  const good = await judge({ gates: '- {name: smoke, run: "true"}', inputs, files })
  expect(good.gates.map(({ gate, state }) => [gate, state])).toEqual([
    ['smoke', 'pass'],
    ['coverage', 'pass'],
  ])
})

test('the log says what changed, not each sample', async () => {
  let asked = 0
  await using shop = await serve((_, response) => {
    asked += 1
    response.statusCode = asked > 5 ? 503 : 200
    response.end('out of stock')
  })
  const { done, verdict } = await judge({
    gates: `
- {name: up, http: {url: "${shop.url}"}, failure-limit: 1}
- {name: smoke, run: "true"}
`,
    inputs: { soak: '30s', interval: '100ms' },
  })
  expect(verdict).toBe('fail (1)')
  const lines = done.log.split('\n').filter((line) => /[✓✗?!] (up|smoke):/.test(line))
  expect(lines.map((line) => line.replace(/^\S+ /, ''))).toEqual([
    '✓ up: 1 keeps ≥ 1',
    '✓ smoke: 0 keeps ≤ 0',
    expect.stringMatching(/^✗ up: 0 breaks ≥ 1: .* answered 503, not 200-299: out of stock$/),
  ])
  expect(asked).toBe(7)
})
