/** Every YAML block of the pages on gates is read by the grammar and judged, with sources that answer as documented. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@release-actions/action-kit'
import type { Http, HttpAnswer } from '@release-actions/http'
import { parseGates } from '@release-actions/judge'
import { createSession, loadSources, type MetricsWorld } from '@release-actions/metrics'
import type { Clock, Pods, PodSight, Track } from '@release-actions/ports'
import { gatesPage } from '../../scripts/docs/gates.ts'
import { inRepo } from '../../scripts/lib/repo.ts'

const page = gatesPage()
const cookbook = readFileSync(inRepo('docs', 'guides', 'gates-cookbook.md'), 'utf8')
const blocks = blocksOf(page)
const recipes = blocksOf(cookbook)
const workspace = mkdtempSync(join(tmpdir(), 'gates-page-'))

beforeAll(() => {
  mkdirSync(join(workspace, 'coverage'))
  mkdirSync(join(workspace, 'dist'))
  writeFileSync(join(workspace, 'dist/app.js'), 'shop()')
  mkdirSync(join(workspace, 'bin'))
  writeFileSync(join(workspace, 'bin/curl'), CURL, { mode: 0o755 })
  writeFileSync(join(workspace, 'coverage/summary.json'), '{"total": {"lines": {"pct": 93}}}')
})
afterAll(() => rmSync(workspace, { recursive: true, force: true }))

test('the page is what its sources give, and has its tables', () => {
  const path = inRepo('action-docs', 'gates.md')
  expect(existsSync(path) && readFileSync(path, 'utf8')).toBe(page)
  expect(page).not.toMatch(/\{\{ (table|list):/)
  expect(blocks.length).toBeGreaterThanOrEqual(9)
  expect(recipes.length).toBeGreaterThanOrEqual(9)
})

const all = [...named('gates page', blocks), ...named('cookbook', recipes)]
describe.each(all)('%s, example %i', (_page, _nth, yaml) => {
  test('is read, and passes on a release that is healthy', async () => {
    const gates = await parseGates('gates', yaml)
    const world = healthy()
    const session = createSession({
      gates,
      sources: await loadSources(gates, world),
      clock: world.clock,
      warmUp: 0,
      soak: 60_000,
      interval: 10_000,
      candidate: 'canary',
      baseline: 'stable',
    })
    while (session.verdict().state === 'judging') {
      await world.clock.sleep(session.nextRoundIn())
      await session.round(new AbortController().signal)
    }
    const odd = session.report().filter(({ verdict }) => verdict.state !== 'pass')
    expect(odd.map(({ gate, verdict }) => `${gate.name}: ${verdict.message}`)).toEqual([])
    expect(session.verdict().state).toBe('pass')
  }, 20_000)
})

function blocksOf(text: string): readonly string[] {
  return [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml)
}

function named(name: string, yamls: readonly string[]): readonly (readonly [string, number, string])[] {
  return yamls.map((yaml, nth) => [name, nth + 1, yaml])
}

/** Answers as Datadog does, to whoever has the keys of the step's environment. */
const CURL = `#!/bin/sh
case "$*" in
  *"DD-API-KEY: key"*query*) echo '{"series": [{"pointlist": [[1, 0.9], [2, 0.1]]}]}' ;;
  *"/monitor/7 "*"DD-API-KEY: key"*) echo '{"overall_state": "OK"}' ;;
  *) exit 22 ;;
esac
`

/** Time passes as fast as it is waited for, but commands and limits on real work take what they take. */
function quickClock(): Clock & { readonly since: () => number } {
  const real = systemClock()
  const begun = real.now()
  let skipped = 0
  const now = (): number => real.now() + skipped
  return {
    now,
    since: () => now() - begun,
    async sleep(ms, signal) {
      if (signal !== undefined) return real.sleep(ms, signal)
      skipped += ms
    },
  }
}

function healthy(): MetricsWorld {
  const clock = quickClock()
  const answer = (body: string, status = 200): HttpAnswer & { readonly latency: number } => ({
    status,
    headers: {},
    body,
    latency: 12,
  })
  const prometheus = (path: string): string => {
    const rules = [{ type: 'alerting', name: 'ShopDown' }]
    if (path.includes('/rules')) return JSON.stringify({ status: 'success', data: { groups: [{ rules }] } })
    if (path.includes('/alerts')) return JSON.stringify({ status: 'success', data: { alerts: [] } })
    return JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [0, '0.01'] } })
  }
  const metrics = (): string => {
    const n = Math.floor(clock.since() / 10)
    const buckets = ['0.1', '1', '+Inf'].map((le) => `http_request_duration_seconds_bucket{le="${le}"} ${n}`)
    const counters = ['http_requests_total{code="200"}', 'requests_total{status="200"}']
    return [...counters.map((name) => `${name} ${n}`), ...buckets, ''].join('\n')
  }
  const http: Http = {
    request: ({ url }) =>
      Promise.resolve(
        answer(String(url).endsWith('/stats') ? '{"queue": {"length": 3}}' : '<a>Add to cart</a>'),
      ),
    stream: () => Promise.reject(new Error('nothing streams here')),
    close: () => undefined,
  }
  const pods: Pods = {
    list: (track) => Promise.resolve([pod(track)]),
    get: (_, __, path) => Promise.resolve(answer(path === '/healthz' ? 'ok' : metrics())),
    service: (_, path) => Promise.resolve(answer(prometheus(path))),
    usage: (track) => Promise.resolve(new Map([[pod(track).name, { cpu: 0.1, memory: 1e8 }]])),
  }
  return {
    pods,
    http,
    clock,
    namespace: 'shop',
    workspace,
    env: {
      ...process.env,
      PATH: `${workspace}/bin:${process.env['PATH'] ?? ''}`,
      DD_SITE: 'datadoghq.eu',
      DD_API_KEY: 'key',
      DD_APP_KEY: 'application key',
      MONITOR: '7',
    },
    names: (track) => ({ service: 'shop', workload: track, version: '1.4.0', 'kube-service': track }),
  }
}

function pod(track: Track): PodSight {
  return {
    name: `${track}-5d8f7c9b4-x2x7q`,
    uid: track,
    ready: true,
    deleting: false,
    startedAt: 0,
    restarts: 0,
    ports: { http: 8080 },
    limits: { cpu: 1, memory: 2e8 },
  }
}
