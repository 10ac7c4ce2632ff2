import { describe, expect, test } from '@jest/globals'
import type { Reading } from '@release-actions/judge'
import { Forbidden, TimedOut } from '@release-actions/values'
import { createTrafficMeter } from '../src/index.ts'
import { FakePods, watch, worldOf, type FakePod } from './world.ts'

/** A pod that serves /metrics; the test counts on it. */
class App {
  ok = 0
  failed: number | undefined
  start = 1000
  lines: (() => string) | undefined
  readonly pod: FakePod

  constructor(name: string) {
    this.pod = { name, answer: () => this.lines?.() ?? this.counters() }
  }

  counters(): string {
    const errors =
      this.failed === undefined ? '' : `http_requests_total{code="503",method="GET"} ${this.failed}\n`
    return `# TYPE http_requests_total counter
http_requests_total{method="GET",code="200"} ${this.ok}
${errors}process_start_time_seconds ${this.start}
`
  }
}

const ERRORS = '- name: e\n  scrape: {port: 8080, signal: error-rate}\n  max: 5%'

async function canary(
  yaml: string,
  ...apps: readonly App[]
): Promise<{ look: () => Promise<Reading>; pods: FakePods; apps: FakePod[] }> {
  const pods = new FakePods()
  const list = apps.map(({ pod }) => pod)
  pods.tracks.set('canary', list)
  return { look: await watch(worldOf({ pods }), yaml), pods, apps: list }
}

describe('scraped counters', () => {
  test('the first scrape only begins the window', async () => {
    const app = new App('a')
    app.ok = 100
    const { look } = await canary(ERRORS, app)
    expect(await look()).toMatchObject({ kind: 'no-data', reason: 'too-early' })
    app.ok = 190
    app.failed = 10
    expect(await look()).toMatchObject({ kind: 'value', value: 0.1 })
  })

  test('a matcher that backtracks out of hand is an error, and the process lives on', async () => {
    const app = new App('a')
    app.lines = () => `http_requests_total{code="${'a'.repeat(60)}!"} 1\n`
    const { look } = await canary(
      '- name: e\n  scrape: {port: 8080, signal: rate, where: \'code=~"(a+)+"\'}\n  max: 5',
      app,
    )
    expect(await look()).toMatchObject({
      kind: 'error',
      detail: expect.stringContaining('a regular expression of the gate was not done'),
    })
  })

  test('errors of before the window do not count', async () => {
    const app = new App('a')
    Object.assign(app, { ok: 100, failed: 100 })
    const { look } = await canary(ERRORS, app)
    await look()
    app.ok = 200
    expect(await look()).toMatchObject({ kind: 'value', value: 0 })
  })

  test('no request is no data, not an error rate of 0', async () => {
    const app = new App('a')
    const { look } = await canary(ERRORS, app)
    await look()
    expect(await look()).toMatchObject({ kind: 'no-data', reason: 'too-few-observations' })
  })

  test('fewer requests than wanted are no data', async () => {
    const app = new App('a')
    const { look } = await canary(
      '- name: e\n  scrape: {port: 8080, signal: error-rate, min-observations: 20}\n  max: 5%',
      app,
    )
    await look()
    app.ok = 19
    expect(await look()).toMatchObject({ reason: 'too-few-observations' })
    app.ok = 20
    expect(await look()).toMatchObject({ kind: 'value', value: 0 })
  })

  test('a label that the counter has not is an error that names those it has, never "no errors"', async () => {
    const app = new App('a')
    app.lines = () => `http_requests_total{status="500"} ${app.ok}`
    const { look } = await canary(ERRORS, app)
    await look()
    app.ok = 10
    const found = await look()
    expect(found).toMatchObject({ kind: 'error', reason: 'label-missing' })
    expect(found.kind === 'error' && found.detail).toContain(
      'has no label code, but status; write errors: status=~5..',
    )
  })

  test('a metric that is not there is named, with the nearest one', async () => {
    const app = new App('a')
    app.lines = () => 'http_request_total 5'
    const { look } = await canary(ERRORS, app)
    await look()
    expect(await look()).toMatchObject({
      kind: 'no-data',
      reason: 'empty',
      detail: expect.stringContaining('is it http_request_total?'),
    })
  })

  test('a value that drops is a reset: it counts from 0, and is named', async () => {
    const app = new App('a')
    Object.assign(app, { ok: 1000, failed: 100 })
    const { look } = await canary(ERRORS, app)
    await look()
    Object.assign(app, { ok: 80, failed: 20 })
    expect(await look()).toMatchObject({ kind: 'value', value: 0.2, notes: [{ reason: 'counter-reset' }] })
  })

  test('a series that is missing in one scrape goes on from where it was; of a new process it begins anew', async () => {
    const app = new App('a')
    const { look } = await canary(ERRORS, app)
    const at = (ok: number, errors: string): string =>
      `http_requests_total{code="200"} ${ok}\n${errors === '' ? '' : `http_requests_total{code="500"} ${errors}\n`}`
    const seen = async (ok: number, errors: string): Promise<Reading> => {
      app.lines = () => at(ok, errors)
      return look()
    }
    await seen(1000, '900')
    expect(await seen(1100, '')).toMatchObject({ value: 0 })
    expect(await seen(1190, 'NaN')).toMatchObject({ value: 0 })
    expect(await seen(1190, '910')).toMatchObject({ value: 10 / 200 })
    // It began again, without an error at first.
    await seen(100, '')
    expect(await seen(100, '100')).toMatchObject({ value: 110 / 400 })
  })

  test('a new process is a reset although its counters have passed the old ones', async () => {
    const app = new App('a')
    Object.assign(app, { ok: 10, failed: 10 })
    const { look } = await canary(ERRORS, app)
    await look()
    Object.assign(app, { ok: 90, failed: 10, start: 2000 })
    expect(await look()).toMatchObject({ kind: 'value', value: 0.1, notes: [{ reason: 'counter-reset' }] })
  })

  test('a pod that is gone keeps what it had counted, and is named', async () => {
    const [a, b] = [new App('a'), new App('b')]
    const { look, apps } = await canary(ERRORS, a, b)
    await look()
    Object.assign(a, { ok: 50, failed: 50 })
    b.ok = 50
    await look()
    apps.shift()
    b.ok = 100
    expect(await look()).toMatchObject({
      kind: 'value',
      value: 0.25,
      notes: [{ reason: 'pod-gone', detail: expect.stringContaining('pod a is gone') }],
    })
  })

  test('when every pod is gone there is no data, whatever they had counted', async () => {
    const a = new App('a')
    const { look, apps } = await canary(ERRORS, a)
    await look()
    a.ok = 100
    await look()
    apps.pop()
    expect(await look()).toMatchObject({ kind: 'no-data', reason: 'pod-gone' })
  })

  test('a pod that appears counts from its own first scrape', async () => {
    const [a, b] = [new App('a'), new App('b')]
    const { look, apps } = await canary(ERRORS, a)
    await look()
    Object.assign(b, { ok: 1000, failed: 1000 })
    apps.push(b.pod)
    a.ok = 50
    expect(await look()).toMatchObject({ kind: 'value', value: 0 })
    b.failed = 1050
    expect(await look()).toMatchObject({ kind: 'value', value: 0.5 })
  })

  test('a pod that replaces the only one gives no value from one scrape alone', async () => {
    const [a, b] = [new App('a'), new App('b')]
    const { look, apps } = await canary('- name: r\n  scrape: {port: 8080, signal: rate}\n  max: 5', a)
    apps.pop()
    expect(await look()).toMatchObject({ reason: 'no-pods' })
    apps.push(b.pod)
    expect(await look()).toMatchObject({ reason: 'too-early' })
    b.ok = 100
    expect(await look()).toMatchObject({ kind: 'value', value: 10 })
  })

  test('a ready pod that cannot be scraped is an error by its reason; nothing is lost by it', async () => {
    const app = new App('a')
    const { look } = await canary(ERRORS, app)
    await look()
    app.ok = 50
    const { answer } = app.pod
    const failures: readonly [string, FakePod['answer']][] = [
      [
        'timeout',
        () => {
          throw new TimedOut('pod a did not answer')
        },
      ],
      [
        'unauthorised',
        () => {
          throw new Forbidden('pods/proxy is forbidden')
        },
      ],
      ['source-error', () => ({ status: 404, body: 'no such page' })],
      ['source-error', () => '<html>'],
    ]
    for (const [reason, failing] of failures) {
      if (failing !== undefined) app.pod.answer = failing
      expect(await look()).toMatchObject({ kind: 'error', reason })
    }
    if (answer !== undefined) app.pod.answer = answer
    app.failed = 50
    expect(await look()).toMatchObject({ kind: 'value', value: 0.5 })
  })

  test('a pod that stopped being ready and answers no more is named, the others count', async () => {
    const [a, b] = [new App('a'), new App('b')]
    const { look, apps } = await canary(ERRORS, a, b)
    await look()
    apps[0] = { name: 'a', ready: false, answer: () => ({ status: 503 }) }
    b.ok = 10
    expect(await look()).toMatchObject({ kind: 'value', value: 0, notes: [{ reason: 'pod-not-ready' }] })
  })

  test('gates of one round share one scrape', async () => {
    const app = new App('a')
    let scrapes = 0
    app.lines = () => {
      scrapes += 1
      return app.counters()
    }
    const pods = new FakePods()
    pods.tracks.set('canary', [app.pod])
    const { loadSources } = await import('../src/index.ts')
    const { parseGates } = await import('@release-actions/judge')
    const { lookAt } = await import('./world.ts')
    const gates = await parseGates(
      'gates',
      '- preset: golden-signals\n  scrape: {port: 8080}\n  limits: {restarts: false}',
    )
    const sources = await loadSources(gates, worldOf({ pods }))
    const open = sources.open()
    const looking = gates.map((gate) => open(gate))
    await Promise.all(looking.map((source) => source.sample('canary', lookAt(0))))
    expect(scrapes).toBe(1)
  })
})

describe('scraped histograms', () => {
  const histogram = (...counts: readonly number[]): string => {
    const bounds = ['0.1', '0.5', '+Inf']
    return `# TYPE http_request_duration_seconds histogram
${bounds.map((le, i) => `http_request_duration_seconds_bucket{le="${le}",code="200"} ${counts[i] ?? 0}`).join('\n')}
http_request_duration_seconds_sum{code="200"} ${(counts[2] ?? 0) * 0.2}
http_request_duration_seconds_count{code="200"} ${counts[2] ?? 0}
`
  }
  const looks = async (signal: string, first: string, second: string): Promise<Reading> => {
    const app = new App('a')
    app.lines = () => first
    const { look } = await canary(
      `- name: l\n  scrape: {port: http, signal: ${signal}}\n  unit: s\n  max: 1s`,
      app,
    )
    await look()
    app.lines = () => second
    return look()
  }

  test('a quantile and an average are those of the window', async () => {
    expect(await looks('p70', histogram(1000, 1000, 1000), histogram(1050, 1090, 1100))).toMatchObject({
      kind: 'value',
      value: expect.closeTo(0.3, 10),
    })
    expect(await looks('avg', histogram(10, 10, 10), histogram(20, 20, 20))).toMatchObject({
      kind: 'value',
      value: expect.closeTo(0.2, 10),
    })
  })

  test('a quantile in the last bucket is a bound, not a value', async () => {
    expect(await looks('p99', histogram(0, 0, 0), histogram(1, 1, 100))).toMatchObject({
      kind: 'value',
      value: 0.5,
      bound: 'at-least',
    })
  })

  test('a histogram without classic buckets is said to be not offered', async () => {
    const native =
      '# TYPE http_request_duration_seconds histogram\nhttp_request_duration_seconds_count 4\nhttp_request_duration_seconds_sum 2\n'
    expect(await looks('p99', native, native)).toMatchObject({
      kind: 'error',
      reason: 'not-offered',
      detail: expect.stringContaining('native histogram'),
    })
  })

  test('a histogram without its last bucket is an error that says so, not a lack of requests', async () => {
    const cut = histogram(1000, 2000, 3000).replace(/.*\+Inf.*\n/, '')
    expect(await looks('p99', cut, cut)).toMatchObject({
      kind: 'error',
      reason: 'not-offered',
      detail: expect.stringContaining('no bucket le="+Inf"'),
    })
  })

  test('a summary has no quantiles that could be added up', async () => {
    const summary =
      '# TYPE http_request_duration_seconds summary\nhttp_request_duration_seconds{quantile="0.99"} 4\nhttp_request_duration_seconds_count 4\n'
    expect(await looks('p99', summary, summary)).toMatchObject({
      kind: 'error',
      reason: 'not-offered',
      detail: expect.stringContaining('summary'),
    })
  })
})

describe('the traffic meter', () => {
  test('counts each track since its first read, over resets and pods that go', async () => {
    const [s, c] = [new App('s'), new App('c')]
    const pods = new FakePods()
    pods.tracks.set('stable', [s.pod])
    pods.tracks.set('canary', [c.pod])
    Object.assign(s, { ok: 500 })
    const meter = createTrafficMeter({ pods, scrape: { port: 8080 } })
    expect(await meter.read()).toEqual({ stable: 0, canary: 0 })
    Object.assign(s, { ok: 590 })
    Object.assign(c, { ok: 10 })
    expect(await meter.read()).toEqual({ stable: 90, canary: 10 })
    Object.assign(s, { ok: 5, start: 3000 })
    pods.tracks.set('canary', [])
    expect(await meter.read()).toEqual({ stable: 95, canary: 10 })
  })

  test('has no answer when a ready pod cannot be scraped, or nothing has the counter', async () => {
    const pods = new FakePods()
    pods.tracks.set('stable', [{ name: 's', answer: () => 'other 1' }])
    expect(await createTrafficMeter({ pods, scrape: { port: 8080 } }).read()).toBeUndefined()
    pods.tracks.set('stable', [{ name: 's', answer: () => ({ status: 500 }) }])
    expect(await createTrafficMeter({ pods, scrape: { port: 8080 } }).read()).toBeUndefined()
  })
})
