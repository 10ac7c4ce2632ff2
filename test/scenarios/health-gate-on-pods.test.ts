/** A workload, alone and beside its baseline, through the API server, as exactly the documented Role. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import {
  appDeployment,
  appService,
  clusterFromEnv,
  openStage,
  startGitHub,
  type EmbeddedGitHub,
  type Manifest,
  type Stage,
} from '@release-actions/lab'
import { judge, judgedOf, one, startGate, startPrometheus, type Judged } from '../support/gate.ts'
import { WORLD } from '../support/scene.ts'

// Each starts processes: on a busy machine that takes its time.
jest.setTimeout(60_000)

/** Dots in names are legal, and mean something in a regular expression. */
const ODD_NAME = 'shop.web-v1.2'
const WORKLOADS: readonly (readonly [name: string, env: Readonly<Record<string, string>>])[] = [
  [ODD_NAME, {}],
  ['good', {}],
  ['failing', { ERRORS: '0.1' }],
  ['failing-too', { ERRORS: '0.1' }],
  ['prometheus', { BEHAVIOUR: 'prometheus' }],
  ...['reset', 'idle', 'unlabelled', 'garbage', 'empty', 'hang', '500'].map(
    (behaviour) => [`is-${behaviour}`, { BEHAVIOUR: behaviour }] as const,
  ),
]
const ERROR_RATE = 'scrape: {port: http, signal: error-rate, min-observations: 10}'

let stage: Stage
let kubeconfig: string

beforeAll(async () => {
  stage = await openStage(WORLD === 'cluster' ? clusterFromEnv(process.env) : undefined)
  const program = readFileSync(join(import.meta.dirname, '../support/odd-app.cjs'), 'utf8')
  await stage.apply(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'odd-app' }, data: { 'app.cjs': program } },
    ...WORKLOADS.map(([name, env]) => workload(name, env)),
    appService('prometheus', { app: 'prometheus' }),
    appService('good', { app: 'good' }),
  )
  await Promise.all(WORKLOADS.map(([name]) => stage.rolledOut(name, 60_000)))
  kubeconfig = await stage.roleKubeconfig()
}, 90_000)

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
}, 30_000)

test('every source on one workload, whose name has dots', async () => {
  await using prometheus = await startPrometheus(() => one(0))
  const { verdict, gates, done } = await judging(ODD_NAME, {
    gates: `
- {name: up, http: {path: /healthz, port: http, body: ok}, consecutive-successes: 2}
- {name: ready, kubernetes: ready, min: 100%}
- {name: restarts, kubernetes: restarts, max: 0}
- {name: error rate, ${ERROR_RATE}, max: 1%}
- {name: rate, scrape: {port: 8080, signal: rate}, min: 10}
- name: query
  prometheus:
    url: ${prometheus.url}
    query: sum(up{pod=~"{{ pods }}",namespace="{{ namespace }}",version="{{ version }}",workload="{{ workload }}"})
  max: 1
- {name: by service, prometheus: {service: "${stage.namespace}/prometheus:80", query: errors}, max: 5%}
`,
  })
  expect(gates.map(({ gate, state }) => [gate, state])).toEqual(
    ['up', 'ready', 'restarts', 'error rate', 'rate', 'query', 'by service'].map((name) => [name, 'pass']),
  )
  expect(verdict).toBe('pass (0)')
  expect(prometheus.queries[0]).toMatch(
    new RegExp(
      `^sum\\(up\\{pod=~"shop\\[\\.\\]web-v1\\[\\.\\]2-[a-z0-9]+-\\[a-z0-9\\]\\{5\\}",namespace="${stage.namespace}",version="24-alpine",workload="shop\\.web-v1\\.2"\\}\\)$`,
    ),
  )
  expect(done.summary).toMatch(/^## ✅ shop\.web-v1\.2 24-alpine is healthy/)
}, 60_000)

describe('beside its baseline', () => {
  test('more errors than the baseline fail, with both in the table', async () => {
    const { verdict, gates, done } = await judging('failing', {
      gates: `- {name: error rate, ${ERROR_RATE}, max: 50%, max-delta: 1pp}`,
      inputs: { baseline: 'good' },
    })
    expect(verdict).toBe('fail (1)')
    expect(gates[0]).toMatchObject({ reason: 'limit-broken', baseline: 0 })
    expect(done.summary).toMatch(
      /\| ❌\sfail \| error\srate \| \d[\d.]*\s% \| 0\s% \| ≤\s50\s%, ≤\sbaseline\s\+\s1\spp \|/,
    )
    expect(done.summary).toMatch(/kubectl -n \S+ logs deployment\/failing/)
  })

  test('a ratio to a baseline of 0 cannot be told, and does not pass', async () => {
    const { verdict, gates } = await judging('failing', {
      gates: `- {name: ratio, ${ERROR_RATE}, max-increase: 20%}`,
      inputs: { baseline: 'good' },
    })
    expect(verdict).toBe('inconclusive (1)')
    expect(gates[0]?.samples.map(({ reason }) => reason)).toContain('zero-baseline')
  })

  test('as many errors as the baseline pass', async () => {
    const { verdict, gates } = await judging('failing', {
      gates: `- {name: delta, ${ERROR_RATE}, max-delta: 5pp}`,
      inputs: { baseline: 'failing-too' },
    })
    expect(verdict).toBe('pass (0)')
    expect(gates[0]?.baseline).toBeGreaterThan(0)
  })
})

test.each([
  ['reset', 'pass (0)', 'counter-reset'],
  ['idle', 'inconclusive (1)', 'too-few-observations'],
  ['unlabelled', 'inconclusive (1)', 'label-missing'],
  ['garbage', 'inconclusive (1)', 'source-error'],
  ['empty', 'inconclusive (1)', 'empty'],
  ['hang', 'inconclusive (1)', 'timeout'],
  ['500', 'inconclusive (1)', 'source-error'],
])(
  'a pod whose metrics are %s is %s: %s',
  async (behaviour, verdict, reason) => {
    const judged = await judging(`is-${behaviour}`, {
      gates: `- {name: error rate, ${ERROR_RATE}, max: 1%, error-limit: 1}`,
    })
    expect(judged.verdict).toBe(verdict)
    const said = judged.gates[0]?.samples.flatMap((sample) => [
      sample.reason,
      ...(sample.notes ?? []).map((note) => note.reason),
    ])
    expect(said).toContain(reason)
  },
  30_000,
)

test('a pod that goes away in the window is named, and what is left without pods does not pass', async () => {
  await stage.apply(workload('leaving', {}))
  await stage.rolledOut('leaving')
  const github = await startGitHub()
  try {
    const gates = `- {name: error rate, ${ERROR_RATE}, max: 1%, error-limit: 2}`
    const inputs = inputsOf('leaving', { soak: '8s', interval: '300ms' })
    const running = startGate({ gates, inputs, kubeconfig }, github)
    await running.logged(/✓ error rate/)
    await stage.patch('Deployment', 'leaving', { spec: { replicas: 0 } })
    const judged = judgedOf(await running.done, github)
    expect(judged.verdict).toBe('inconclusive (1)')
    expect(judged.gates[0]?.samples.map(({ reason }) => reason)).toContain('pod-gone')
    expect(judged.gates[0]?.samples.at(-1)?.detail).toMatch(/no pod of leaving answers any more/)
  } finally {
    await github.close()
  }
}, 60_000)

test('a workload that is not there is refused, with the nearest name', async () => {
  const judged = await judging('god', { gates: '- {name: ready, kubernetes: ready, min: 1}' })
  expect(judged.verdict).toBe('failed (1)')
  expect(judged.done.outputs['reason-code']).toBe('not-found')
  expect(judged.error).toMatch(/Deployment \S+\/god does not exist; did you mean good\?/)
})

function workload(name: string, env: Readonly<Record<string, string>>): Manifest {
  return appDeployment({
    name,
    version: '1',
    replicas: 1,
    env,
    labels: { app: name },
    podSpec: { volumes: [{ name: 'app', configMap: { name: 'odd-app' } }] },
  })
}

function inputsOf(
  name: string,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return { namespace: stage.namespace, workload: name, soak: '2s', interval: '400ms', ...more }
}

async function judging(
  name: string,
  order: { readonly gates: string; readonly inputs?: Readonly<Record<string, string>> },
  github?: EmbeddedGitHub,
): Promise<Judged> {
  return judge({ gates: order.gates, inputs: inputsOf(name, order.inputs), kubeconfig }, github)
}
