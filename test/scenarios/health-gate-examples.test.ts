/** The examples of health-gate's page, run as they stand but for addresses, secrets and the length of the window. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, jest, test } from '@jest/globals'
import { parse } from 'yaml'
import { appDeployment, openStage, startGitHub } from '@release-actions/lab'
import { judge, one, serve, startPrometheus } from '../support/gate.ts'

// Each starts processes: on a busy machine that takes its time.
jest.setTimeout(60_000)

const QUICK = { 'warm-up': '0s', soak: '2500ms', interval: '400ms' }

test('pull-request: numbers from files', async () => {
  const { inputs } = example('pull-request')
  const files = (findings: readonly object[]): Readonly<Record<string, string>> => ({
    'coverage/coverage-summary.json': '{"total": {"lines": {"pct": 93.1}}}',
    'scan.sarif': JSON.stringify({ runs: [{ results: findings }] }),
    'k6-summary.json': '{"metrics": {"http_req_duration": {"p(95)": 212.5}}}',
  })
  const good = await judge({ inputs, files: files([]) })
  expect(good.verdict).toBe('pass (0)')
  expect(good.gates.map(({ gate, value }) => [gate, value])).toEqual([
    ['coverage', 93.1],
    ['findings', 0],
    ['p95 under load', 212.5],
  ])
  expect((await judge({ inputs, files: files([{}]) })).verdict).toBe('fail (1)')
  expect((await judge({ inputs })).verdict).not.toBe('pass (0)')
})

test('smoke: http and a script', async () => {
  await using shop = await serve((_, response) => response.end('ok'))
  const { inputs } = example('smoke', { 'https://shop.example.com': shop.url })
  const gates = inputs['gates']?.replace('./scripts/smoke.sh', 'sh scripts/smoke.sh') ?? ''
  const files = { 'scripts/smoke.sh': 'test "$RELEASE_SERVICE" = shop' }
  const judged = await judge({ inputs: { ...inputs, ...QUICK, gates }, files })
  expect(judged.verdict).toBe('pass (0)')
  expect(judged.done.summary).toMatch(/Runbook: <https:\/\/wiki\.example\.com\/shop>/)
})

test('prometheus: by url, with a token', async () => {
  await using prometheus = await startPrometheus(() => one(0.002), { rules: ['ShopDown'], firing: [] })
  const { inputs } = example('prometheus', { 'https://prometheus.example.com': prometheus.url })
  const gates = inputs['gates']?.replace('min-samples: 5', 'min-samples: 2') ?? ''
  const env = { PROMETHEUS_TOKEN: 'secret-token-of-prometheus' }
  const judged = await judge({ inputs: { ...inputs, ...QUICK, gates }, env })
  expect(judged.verdict).toBe('pass (0)')
  expect(prometheus.queries[0]).toMatch(/job="shop",code=~"5\.\."\}\[\d+s\]/)
})

test('canary-beside-baseline: good and bad', async () => {
  const stage = await openStage()
  const github = await startGitHub()
  try {
    const program = readFileSync(join(import.meta.dirname, '../support/odd-app.cjs'), 'utf8')
    const workload = (name: string, env: Readonly<Record<string, string>> = {}) =>
      appDeployment({
        name,
        version: '1',
        replicas: 1,
        env,
        labels: { app: 'shop', deployment: name },
        podSpec: { volumes: [{ name: 'app', configMap: { name: 'odd-app' } }] },
      })
    await stage.apply(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'odd-app' }, data: { 'app.cjs': program } },
      workload('shop'),
      workload('shop-canary'),
      workload('shop-bad', { ERRORS: '0.2' }),
    )
    await Promise.all(['shop', 'shop-canary', 'shop-bad'].map((name) => stage.rolledOut(name)))
    const kubeconfig = await stage.roleKubeconfig()
    const { inputs } = example('canary-beside-baseline')
    const here = { ...inputs, ...QUICK, namespace: stage.namespace, kubeconfig }
    const good = await judge({ inputs: here }, github)
    expect(good.gates.map(({ gate, state }) => [gate, state])).toEqual(
      ['error rate', 'p99 latency', 'restarts', 'readiness', 'up'].map((gate) => [gate, 'pass']),
    )
    const bad = await judge({ inputs: { ...here, workload: 'shop-bad' } }, github)
    expect(bad.verdict).toBe('fail (1)')
    expect(bad.done.outputs['message']).toMatch(/gate "error rate"/)
  } finally {
    await github.close()
    await stage[Symbol.asyncDispose]()
  }
}, 60_000)

/** The inputs of the example's health-gate step, with addresses replaced, and expressions that only GitHub knows left out. */
function example(
  name: string,
  addresses: Readonly<Record<string, string>> = {},
): { readonly inputs: Readonly<Record<string, string>> } {
  const path = join(import.meta.dirname, '../../actions/health-gate/examples', `${name}.yml`)
  const text = Object.entries(addresses).reduce(
    (before, [from, to]) => before.replaceAll(from, to),
    readFileSync(path, 'utf8'),
  )
  const workflow = parse(text) as Workflow
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps)
  const found = steps.find(({ uses }) => uses?.includes('/health-gate@') === true)?.with ?? {}
  const inputs = Object.entries(found)
    .map(([key, value]) => [key, String(value)] as const)
    .filter(([, value]) => !value.startsWith('${{'))
  return { inputs: Object.fromEntries(inputs) }
}

interface Workflow {
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly steps: readonly {
          readonly uses?: string
          readonly with?: Readonly<Record<string, unknown>>
        }[]
      }
    >
  >
}
