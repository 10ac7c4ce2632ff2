/**
 * The documented gates against a real Prometheus that scrapes the cluster's pods: any that adds the labels `namespace`
 * and `pod` and heeds the annotations `prometheus.io/scrape` and `prometheus.io/port`. Its address is PROMETHEUS_URL
 * (default http://127.0.0.1:9090); where none answers, these tests are skipped.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { systemClock } from '@release-actions/action-kit'
import { createHttp } from '@release-actions/http'
import { parseGates, type Gate, type GateReport, type Verdict } from '@release-actions/judge'
import { connect, createClient, createPods } from '@release-actions/kubernetes'
import { createAdmin, type Admin } from '@release-actions/lab'
import { createSession, loadSources, type Look, type MetricsWorld } from '@release-actions/metrics'
import type { Track } from '@release-actions/ports'

const clock = systemClock()
const http = createHttp({ clock })
const url = process.env['PROMETHEUS_URL'] ?? 'http://127.0.0.1:9090'
const there = await http
  .request({ method: 'GET', url: `${url}/-/ready`, retry: 'never', timeout: 2000 })
  .then(
    ({ status }) => status === 200,
    () => false,
  )
const NEVER = new AbortController().signal

/** The query of the documentation. */
const ERROR_RATE = `- name: error rate
  prometheus:
    url: ${url}
    query: >-
      (sum(rate(http_requests_total{namespace="{{ namespace }}",pod=~"{{ pods }}",code=~"5.."}[{{ window }}])) or vector(0))
      / sum(rate(http_requests_total{namespace="{{ namespace }}",pod=~"{{ pods }}"}[{{ window }}]))
  max: 5%
  max-delta: 1pp
`

;(there ? describe : describe.skip)('gates on a real Prometheus', () => {
  const namespace = `prometheus-${Math.random().toString(36).slice(2, 8)}`
  const traffic = new AbortController()
  let admin: Admin
  let world: MetricsWorld
  let loads: readonly Promise<void>[] = []

  beforeAll(async () => {
    admin = await createAdmin(process.env['KUBECONFIG'] ?? '')
    await admin.createNamespace(namespace)
    const program = readFileSync(join(import.meta.dirname, '../../packages/lab/apps/shop.cjs'), 'utf8')
    await admin.apply(namespace, configMap('app', program))
    await admin.apply(namespace, configMap('stub', STUB))
    await Promise.all([
      admin.apply(namespace, deployment('quiet', 'app', {})),
      admin.apply(namespace, deployment('failing', 'app', { ERROR_RATE: '0.9' })),
      admin.apply(namespace, deployment('idle', 'app', {})),
      admin.apply(namespace, deployment('stub', 'stub', {})),
      admin.apply(namespace, service('stub')),
    ])
    const connection = await connect({ env: process.env, clock })
    const client = createClient({ http, connection, namespace, clock })
    const pods = createPods(client, { stable: 'quiet', canary: 'failing', blue: 'idle', green: 'missing' })
    world = {
      pods,
      http,
      clock,
      namespace,
      env: {},
      workspace: process.cwd(),
      names: (track) => ({ service: 'shop', workload: track, version: '1.4.0"', 'kube-service': 'shop' }),
    }
    await until(async () =>
      (await Promise.all(['quiet', 'failing', 'idle', 'stub'].map(ready))).every(Boolean),
    )
    loads = (['stable', 'canary'] as const).map((track) => load(track, traffic.signal))
    // Prometheus must have found the pods, and scraped them twice.
    await until(async () => {
      const sum = encodeURIComponent(`count(rate(http_requests_total{namespace="${namespace}"}[10s]))`)
      const { body } = await http.request({ method: 'GET', url: `${url}/api/v1/query?query=${sum}` })
      return /"value":\[[\d.]+,"[23]"\]/.test(body)
    })
  }, 120_000)

  afterAll(async () => {
    traffic.abort()
    await Promise.all(loads)
    await admin.deleteNamespace(namespace)
    admin.close()
    http.close()
  }, 30_000)

  test('the error-rate query on a service without errors passes', async () => {
    const { verdict, reports } = await judge(ERROR_RATE, 'stable', 'stable')
    expect(
      reports[0]?.samples.map(({ outcome, reason, detail }) => ({ outcome, reason, detail })),
    ).toContainEqual({
      outcome: 'pass',
      reason: undefined,
      detail: undefined,
    })
    expect(verdict).toEqual({ state: 'pass', applied: 1 })
  }, 60_000)

  test('it fails on one with errors, and holds the baseline beside it', async () => {
    const { verdict, reports } = await judge(ERROR_RATE, 'canary', 'stable')
    expect(verdict.state).toBe('fail')
    const { value = 0, baseline = 1 } = reports[0]?.verdict ?? {}
    // Nine of ten fail. The first look's window is only a few requests long: all of them may have.
    expect(value).toBeGreaterThan(0.2)
    expect(value).toBeLessThanOrEqual(1)
    expect(baseline).toBe(0)
  }, 60_000)

  test('without a request it is no data (0 ÷ 0), and never passes', async () => {
    const { verdict, reports } = await judge(ERROR_RATE.replace('  max-delta: 1pp\n', ''), 'blue', undefined)
    expect(verdict.state).toBe('inconclusive')
    expect(reports[0]?.verdict.counts.pass).toBe(0)
  }, 60_000)

  test('the golden signals agree, scraped and from Prometheus', async () => {
    const scraped = `- preset: golden-signals
  scrape: {port: http}
  limits: {p99 latency: {max: 5s, max-increase: 100000%}}
`
    const asked = scraped.replace('scrape: {port: http}', `prometheus: {url: "${url}"}`)
    for (const preset of [scraped, asked]) {
      expect((await judge(preset, 'stable', 'stable')).verdict.state).toBe('pass')
      const bad = await judge(preset, 'canary', 'stable')
      expect(bad.verdict).toMatchObject({ state: 'fail', deciding: { gate: { name: 'error rate' } } })
    }
  }, 120_000)

  test.each([
    ['sum(nothing_of_that_name)', 'no-data', 'empty'],
    ['vector(0) / vector(0)', 'no-data', 'nan'],
    ['vector(1) / vector(0)', 'no-data', 'infinite'],
    ['http_requests_total{pod=~"{{ pods }}"} or vector(1)', 'error', 'several-series'],
    ['http_requests_total{pod=~"{{ pods }}"}[30s]', 'error', 'not-a-number'],
    ['"text"', 'error', 'not-a-number'],
    ['sum(', 'error', 'bad-query'],
    ['up{version="{{ version }}"} + on() group_left up', 'no-data', 'empty'],
    ['sum(up{namespace="{{ namespace }}",pod=~"{{ pods }}"})', 'value', 1],
  ])(
    'the query %s is %s: %s',
    async (query, kind, what) => {
      const found = await look(
        `- name: x\n  prometheus:\n    url: ${url}\n    query: >-\n      ${query}\n  max: 9`,
        'stable',
      )
      expect(found).toMatchObject(kind === 'value' ? { kind, value: what } : { kind, reason: what })
    },
    30_000,
  )

  test('an alert that no rule defines is an error', async () => {
    const yaml = `- name: x\n  prometheus: {url: "${url}", alerts: [NoSuchAlertAnywhere]}`
    expect(await look(yaml, 'stable')).toMatchObject({ kind: 'error', reason: 'unknown-alert' })
  }, 30_000)

  test("the API server's service proxy carries a query as it was written", async () => {
    const gate = (query: string): string =>
      `- name: x\n  prometheus:\n    service: stub:8080\n    query: '${query}'\n  max: 9`
    expect(await look(gate('sum(rate(x{a="1 + 2 & 3%",b=~"c|d"}[5m]))'), 'stable')).toEqual({
      kind: 'value',
      value: 7,
    })
    expect(await look(gate('sum(other)'), 'stable')).toMatchObject({ kind: 'error', reason: 'bad-query' })
    const missing = gate('sum(other)').replace('stub:8080', 'absent:8080')
    expect(await look(missing, 'stable')).toMatchObject({ kind: 'error' })
  }, 30_000)

  async function look(yaml: string, track: Track): Promise<unknown> {
    const [gate] = await parseGates('gates', yaml)
    if (gate === undefined) throw new Error('no gate')
    const at: Look = { round: 1, at: clock.now(), elapsed: 10_000, timeout: 5000, signal: NEVER }
    return (await loadSources([gate], world)).open()(gate).sample(track, at)
  }

  async function judge(
    yaml: string,
    candidate: Track,
    baseline: Track | undefined,
  ): Promise<{ verdict: Verdict; reports: readonly GateReport[] }> {
    const gates: readonly Gate[] = await parseGates('gates', yaml, { baseline: baseline !== undefined })
    const sources = await loadSources(gates, world)
    const session = createSession({
      gates,
      sources,
      clock,
      warmUp: 0,
      soak: 8000,
      interval: 2000,
      candidate,
      baseline,
    })
    while (session.verdict().state === 'judging') {
      await clock.sleep(session.nextRoundIn())
      await session.round(NEVER)
    }
    return { verdict: session.verdict(), reports: session.report() }
  }

  /** About 20 requests a second through the pod proxy. */
  async function load(track: Track, signal: AbortSignal): Promise<void> {
    const [pod] = (await world.pods?.list(track)) ?? []
    while (pod !== undefined && !signal.aborted) {
      await world.pods?.get(pod, 8080, '/buy', 5000)
      await clock.sleep(50, signal)
    }
  }

  async function ready(name: string): Promise<boolean> {
    const found = await admin.get(namespace, 'Deployment', name)
    return JSON.stringify(found ?? {}).includes('"readyReplicas":1')
  }
})

/** Answers one query, as Prometheus would. */
const STUB = `const http = require('node:http')
http.createServer((request, response) => {
  const url = new URL(request.url, 'http://stub')
  const good = url.pathname === '/healthz' || url.searchParams.get('query') === 'sum(rate(x{a="1 + 2 & 3%",b=~"c|d"}[5m]))'
  response.writeHead(good ? 200 : 400, { 'content-type': 'application/json' })
  response.end(JSON.stringify(good
    ? { status: 'success', data: { resultType: 'scalar', result: [0, '7'] } }
    : { status: 'error', errorType: 'bad_data', error: 'unknown: ' + request.url }))
}).listen(8080)
process.on('SIGTERM', () => process.exit(0))
`

function configMap(name: string, program: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { 'app.cjs': program } }
}

function service(name: string) {
  const spec = { selector: { app: name }, ports: [{ port: 8080, targetPort: 8080 }] }
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec }
}

function deployment(name: string, program: string, env: Readonly<Record<string, string>>) {
  const annotations = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080' }
  const container = {
    name: 'app',
    image: 'node:24-alpine',
    command: ['node', '/app/app.cjs'],
    ports: [{ name: 'http', containerPort: 8080 }],
    env: Object.entries({ ...env, DRAIN_MS: '0' }).map(([key, value]) => ({ name: key, value })),
    readinessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 1 },
    volumeMounts: [{ name: 'app', mountPath: '/app' }],
  }
  const template = {
    metadata: { labels: { app: name }, ...(program === 'app' ? { annotations } : {}) },
    spec: { containers: [container], volumes: [{ name: 'app', configMap: { name: program } }] },
  }
  const spec = { replicas: 1, selector: { matchLabels: { app: name } }, template }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec }
}

async function until(done: () => Promise<boolean>): Promise<void> {
  for (const end = clock.now() + 90_000; clock.now() < end; await clock.sleep(500)) if (await done()) return
  throw new Error('it did not come about within 90 s')
}
