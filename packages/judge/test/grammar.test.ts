import { describe, expect, test } from '@jest/globals'
import { parseGates, type Gate } from '../src/index.ts'

const INTERFACES = `
- preset: golden-signals       # error rate, p99, restarts and readiness with documented limits; no query to write
  scrape: {port: 9090}         # or prometheus: {…}; limits can be overridden by name
- name: error rate
  prometheus:
    service: monitoring/prometheus:9090        # through the API server; or url: https://…
    query: >-
      (sum(rate(http_requests_total{pod=~"{{ pods }}",code=~"5.."}[{{ window }}])) or vector(0))
      / sum(rate(http_requests_total{pod=~"{{ pods }}"}[{{ window }}]))
  max: 5%                      # on the new version itself
  max-delta: 1pp               # new − baseline, in the unit of the value
- name: latency
  scrape: {port: http, path: /metrics, signal: p99, histogram: http_request_duration_seconds}
  unit: s
  max: 1000ms
  max-increase: 20%            # relative to the baseline
- name: up
  http: {path: /healthz, port: 8080, status: 200, body: ok}   # or url: https://…; without rules: every request must succeed
  consecutive-successes: 3
- name: restarts
  kubernetes: restarts
  max: 0
- name: coverage
  json: {path: coverage/summary.json, pointer: /total/lines/pct}
  min: 90
- name: smoke
  run: npm run smoke           # exit code 0; or value: stdout
- name: paging alerts
  prometheus: {service: monitoring/prometheus:9090, alerts: [ShopDown, "Shop.*"]}
  enforce: false               # advisory: shown, never decides
`

async function one(text: string, options = {}): Promise<Gate> {
  const [gate, second] = await parseGates('gates', text, options)
  if (gate === undefined || second !== undefined) throw new Error('expected one gate')
  return gate
}

/** The message of the error; fails when there is none. */
async function wrong(text: string, options = {}): Promise<string> {
  try {
    await parseGates('gates', text, options)
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid-input' })
    return error instanceof Error ? error.message : ''
  }
  throw new Error('it was accepted')
}

describe('the grammar', () => {
  test('reads every example of the documentation', async () => {
    const gates = await parseGates('gates', INTERFACES)
    expect(gates.map(({ name, source: { kind } }) => `${name}: ${kind}`)).toEqual([
      'error rate: prometheus',
      'p99 latency: scrape',
      'restarts: kubernetes',
      'readiness: kubernetes',
      'latency: scrape',
      'up: http',
      'coverage: json',
      'smoke: run',
      'paging alerts: alerts',
    ])
    expect(gates[0]).toMatchObject({
      unit: 'share',
      rules: {
        limits: [
          { kind: 'max', value: 0.05 },
          { kind: 'max-delta', value: 0.01 },
        ],
      },
      source: { server: { kind: 'service', namespace: 'monitoring', service: 'prometheus', port: 9090 } },
    })
    expect(gates[4]).toMatchObject({
      unit: 's',
      rules: {
        limits: [
          { kind: 'max', value: 1 },
          { kind: 'max-increase', value: 0.2 },
        ],
      },
      source: { port: 'http', signal: { kind: 'quantile', quantile: 0.99 } },
    })
    expect(gates[5]).toMatchObject({
      source: { target: { kind: 'pods', path: '/healthz', port: 8080 }, status: [{ from: 200, to: 200 }] },
      rules: { limits: [{ kind: 'min', value: 1 }], consecutiveSuccesses: 3 },
    })
    expect(gates[7]?.rules.limits).toEqual([{ kind: 'max', value: 0 }])
    expect(gates[8]?.rules).toMatchObject({ limits: [{ kind: 'max', value: 0 }], enforce: false })
  })

  test('nothing written is no gate', async () => {
    expect(await parseGates('gates', ' \n')).toEqual([])
    expect(await parseGates('gates', '# none yet')).toEqual([])
  })

  test.each([
    ['max: 5%', 0.05, 'share'],
    ['max: 0.05', 0.05, undefined],
    ['max: 1000ms\n  unit: s', 1, 's'],
    ['max: 1s\n  unit: ms', 1000, 'ms'],
    ['max: 1m30s\n  unit: s', 90, 's'],
    ['max: 1.5s\n  unit: s', 1.5, 's'],
    ['min: 90%\n  unit: "%"', 90, '%'],
    ['min: 90', 90, undefined],
    ['max: 1e-3', 0.001, undefined],
    ['max: 512MiB', 536_870_912, 'B'],
    ['max: -3', -3, undefined],
    ['min: 1\n  unit: share', 1, 'share'],
    ['max: 100%', 1, 'share'],
  ])('a limit %p is %p', async (text, value, unit) => {
    const gate = await one(`- name: x\n  json: {path: a.json, pointer: /a}\n  ${text}`)
    expect([gate.rules.limits[0]?.value, gate.unit]).toEqual([value, unit])
  })

  test('a preset for Prometheus is queries, with names of metrics that the user may give', async () => {
    const gates = await parseGates(
      'gates',
      '- preset: golden-signals\n  prometheus: {url: https://prometheus.example/x/, counter: app_requests_total, errors: status=~"5..", where: app="shop"}',
    )
    expect(gates.map(({ name }) => name)).toEqual(['error rate', 'p99 latency', 'restarts', 'readiness'])
    expect(gates[0]?.source).toMatchObject({
      server: { kind: 'url', url: 'https://prometheus.example/x' },
      query:
        '(sum(rate(app_requests_total{pod=~"{{ pods }}",app="shop",status=~"5.."}[{{ window }}])) or vector(0)) / sum(rate(app_requests_total{pod=~"{{ pods }}",app="shop"}[{{ window }}]))',
    })
  })

  test('a preset for Prometheus takes the label matchers that scrape takes, with or without quotes', async () => {
    const query = async (more: string): Promise<unknown> => {
      const [gate] = await parseGates(
        'gates',
        `- preset: golden-signals\n  prometheus: {url: https://prometheus.example, ${more}}`,
      )
      return gate?.source
    }
    const numerator = (selector: string): object => ({
      query: expect.stringContaining(`sum(rate(http_requests_total{pod=~"{{ pods }}",${selector}}[`),
    })
    expect(await query("errors: 'status=~5..', where: 'method!=OPTIONS'")).toMatchObject(
      numerator('method!="OPTIONS",status=~"5.."'),
    )
    expect(await query("errors: 'status=~`5..`', where: ''")).toMatchObject(numerator('status=~"5.."'))
    expect(await query(`where: 'namespace="{{ namespace }}",path=~"/a\\\\.b"'`)).toMatchObject(
      numerator('namespace="{{ namespace }}",path=~"/a\\\\.b",code=~"5.."'),
    )
  })

  test("a preset's limits are changed by name, in the preset or in the list, or left out", async () => {
    const gates = await parseGates(
      'gates',
      `
- preset: golden-signals
  scrape: {port: 9090}
  limits: {error-rate: {max: 2%, max-delta: 1pp}, readiness: false}
- name: P99 latency
  max-increase: 20%
  failure-limit: 2
`,
    )
    expect(gates.map(({ name }) => name)).toEqual(['error rate', 'p99 latency', 'restarts'])
    expect(gates[0]?.rules.limits).toEqual([
      { kind: 'max', value: 0.02 },
      { kind: 'max-delta', value: 0.01 },
    ])
    expect(gates[1]?.rules).toMatchObject({ limits: [{ kind: 'max-increase', value: 0.2 }], failureLimit: 2 })
  })

  test('without a baseline the preset compares with nothing, and keeps an absolute limit each', async () => {
    const gates = await parseGates('gates', '- preset: golden-signals\n  scrape: {port: 9090}', {
      baseline: false,
    })
    expect(gates.map(({ rules }) => rules.limits.map(({ kind }) => kind))).toEqual([
      ['max'],
      ['max'],
      ['max'],
      ['min'],
    ])
  })

  test.each([
    ['- name: x\n  kubernetes: restarts', 'gates[0]: "no rule" is not valid; use at least one of max, min'],
    ['- name: x\n  max: 1', 'use one source with it: http, prometheus, scrape, kubernetes, json, run'],
    [
      '- name: x\n  kubernetes: restarts\n  run: ls\n  max: 1',
      'use one source for each gate (gate "x", line 3)',
    ],
    [
      '- kubernetes: restarts\n  max: 0',
      'gates[0].name: nothing is not valid; use a name for the gate (line 1)',
    ],
    [
      '- name: x\n  kubernetes: restart\n  max: 0',
      'gates[0].kubernetes: "restart" is not valid; use ready, restarts, cpu, memory (gate "x", line 2)',
    ],
    [
      '- name: x\n  kubernetes: restarts\n  maxx: 0',
      'gates[0].maxx: "maxx" is not valid; use max? Known keys are name,',
    ],
    [
      '- name: x\n  http: {path: /, prt: 80}',
      'gates[0].http.prt: "prt" is not valid; use port? Known keys are url, path, port',
    ],
    [
      '- name: x\n  kubernetes: restarts\n  max: 3\n  min: 4',
      'gates[0].min: 4 is not valid; use a min that is not above max (3)',
    ],
    [
      '- name: x\n  run: a\n- name: X\n  run: b',
      'gates[1].name: "X" is not valid; use a name that no other gate has',
    ],
    [
      '- name: x\n  run: a\n  max-delta: 1',
      'gates[0].max-delta: 1 is not valid; use max or min: this source has one value',
    ],
    ['- name: x\n  kubernetes: ready\n  max: 1s', 'a share such as 5% or 0.05: the value is a share'],
    ['- name: x\n  kubernetes: cpu\n  max: 90', 'use a share: 90%, or 0.9'],
    ['- name: x\n  scrape: {port: 9090, signal: error-rate}\n  max: 1', 'use a share: 1%, or 0.01'],
    ['- name: x\n  scrape: {port: 9090, signal: error-rate}\n  max-delta: 1', 'use a share: 1pp, or 0.01'],
    [
      '- name: x\n  http: {path: /, port: 80}\n  max: 1',
      'gates[0].max: 1 is not valid; use no limit: every request must succeed; failure-limit says',
    ],
    ['- name: x\n  http: {path: /, port: 80}\n  min: 0', 'gates[0].min: 0 is not valid; use no limit'],
    [
      '- name: x\n  scrape: {port: 9090, signal: rate, where: "version={{ version }}"}\n  max: 1',
      'gates[0].scrape.where: "version={{ version }}" is not valid; use it without templates',
    ],
    [
      '- name: x\n  scrape: {port: 9090, signal: rate, path: "/{{ track }}/metrics"}\n  max: 1',
      'gates[0].scrape.path',
    ],
    ['- name: x\n  json: {path: a, pointer: "/{{ service }}"}\n  max: 1', 'it takes no templates'],
    [
      '- name: x\n  kubernetes: ready\n  max-delta: 5%',
      'percentage points (5pp) for a difference of shares, or max-increase',
    ],
    ['- name: x\n  kubernetes: ready\n  max: 5pp', 'use 5%: pp is for max-delta and min-delta'],
    [
      '- name: x\n  kubernetes: cpu\n  max: 20%\n  baseline-floor: 1%',
      'it with max-increase or max-decrease',
    ],
    ['- name: x\n  kubernetes: cpu\n  max-increase: 20%\n  baseline-floor: 0', 'a value above 0'],
    ['- name: x\n  kubernetes: cpu\n  max-increase: 20', 'a ratio to the baseline such as 20% or 0.2'],
    ['- name: x\n  kubernetes: cpu\n  max: abc', 'gates[0].max: "abc" is not valid; use a limit such as'],
    ['- name: x\n  kubernetes: cpu\n  max: .nan', 'gates[0].max'],
    ['- name: x\n  json: {path: a, pointer: /a}\n  max: 1s', 'say what the value counts with unit: s'],
    [
      '- name: x\n  json: {path: a, pointer: a/b}\n  max: 1',
      'gates[0].json.pointer: "a/b" is not valid; use a JSON pointer',
    ],
    [
      '- name: x\n  kubernetes: cpu\n  unit: s\n  max: 1',
      'gates[0].unit: "s" is not valid; use share, which is what this source counts',
    ],
    ['- name: x\n  scrape: {port: 9090, signal: p999}\n  max: 1', 'legal are rate, error-rate, avg'],
    ['- name: x\n  scrape: {port: 9090, signal: eror-rate}\n  max: 1', 'use error-rate? Legal are'],
    ['- name: x\n  scrape: {port: 99999, signal: avg}\n  max: 1', 'gates[0].scrape.port: 99999'],
    [
      '- name: x\n  scrape: {port: 9090, signal: error-rate, errors: "code~5"}\n  max: 1',
      'gates[0].scrape.errors: "code~5" is not valid',
    ],
    [
      '- name: x\n  scrape: {port: 9090, signal: error-rate, errors: "code==500"}\n  max: 1',
      'gates[0].scrape.errors: "code==500" is not valid; use label matchers such as',
    ],
    [
      '- name: x\n  scrape: {port: 9090, signal: error-rate, errors: "code=5.."}\n  max: 1',
      'gates[0].scrape.errors: "code=5.." is not valid; use code=~5.. for a pattern',
    ],
    ['- name: x\n  http: {path: healthz, port: 80}', 'use a path that begins with /, such as /healthz'],
    ['- name: x\n  http: {url: "ftp://a/b"}', 'an http:// or https:// URL'],
    ['- name: x\n  http: {url: "https://u:secret@a/b"}', 'a URL without user and password'],
    ['- name: x\n  http: {path: /, port: 80, status: 99}', 'gates[0].http.status: 99 is not valid'],
    ['- name: x\n  http: {path: /, port: 80, status: []}', 'gates[0].http.status: [] is not valid'],
    ['- name: x\n  json: {path: "{{ version }}.json", pointer: /a}\n  max: 1', 'a file takes no templates'],
    [
      '- name: x\n  prometheus: {url: "http://p:9090/?tenant=a", query: up}\n  max: 1',
      'the http:// or https:// address of Prometheus, without a query',
    ],
    [
      '- name: x\n  prometheus: {url: "http://p", query: up, headers-from-env: {"X Scope": A}}\n  max: 1',
      'gates[0].prometheus.headers-from-env: "X Scope" is not valid; use a header\'s name',
    ],
    [
      '- name: x\n  http: {path: /, port: 80, timeout: 0}',
      'gates[0].http.timeout: 0 is not valid; use a duration above 0',
    ],
    ['- name: x\n  http: {path: /, port: 80, body: "/(/"}', 'gates[0].http.body: "/(/" is not valid'],
    [
      '- name: x\n  prometheus: {service: prometheus, query: up}\n  max: 1',
      'namespace/service:port, such as monitoring/prometheus:9090',
    ],
    [
      '- name: x\n  prometheus: {service: "a/b:1", query: up, token-from-env: T}\n  max: 1',
      'gates[0].prometheus.token-from-env: "T" is not valid; use token-from-env with a url only: through the API server',
    ],
    ['- name: x\n  prometheus: {service: "a/b:1"}\n  max: 1', 'use either query or alerts'],
    [
      '- name: x\n  prometheus: {service: "a/b:1", query: up}\n  max-delta: 1',
      'the query is the same for the new version and the baseline',
    ],
    [
      '- name: x\n  prometheus:\n    service: a/b:1\n    query: up{pod=~"{{ pod }}"}\n  max: 1',
      'gates[0].prometheus.query: "{{ pod }}" is not valid; use {{ pods }}? Known are {{ namespace }}',
    ],
    [
      '- name: x\n  prometheus:\n    service: a/b:1\n    query: up{pod="{{ pods }}"}\n  max: 1',
      'use {{ pods }} after =~ or !~: it is a regular expression (gate "x", line 4)',
    ],
    [
      '- name: x\n  prometheus:\n    service: a/b:1\n    query: up{} == {{ version }}\n  max: 1',
      'use {{ version }} inside quotes',
    ],
    [
      '- name: x\n  prometheus:\n    service: a/b:1\n    query: up{pod=~"{{ pods"}\n  max: 1',
      'the braces do not pair',
    ],
    ['- name: x\n  run: echo {{ version }}', 'a command takes no templates'],
    ['- name: x\n  kubernetes: restarts\n  max: 0\n  failure-limit: -1', 'a whole number of at least 0'],
    ['- name: x\n  kubernetes: restarts\n  max: 0\n  min-samples: 0', 'a whole number of at least 1'],
    [
      '- name: x\n  kubernetes: restarts\n  max: 0\n  enforce: "no"',
      'gates[0].enforce: "no" is not valid; use true or false',
    ],
    [
      '- name: x\n  kubernetes: restarts\n  max: 0\n  interval: soon',
      'gates[0].interval: "soon" is not valid; use a duration',
    ],
    ['- name: x\n  kubernetes: restarts\n  max: 0\n  value: stdout', 'use value with run: only'],
    ['- preset: golden\n  scrape: {port: 1}', 'gates[0].preset: "golden" is not valid; use golden-signals'],
    ['- preset: golden-signals', 'scrape: {port: 9090} or prometheus:'],
    [
      '- preset: golden-signals\n  prometheus: {url: "http://p", counter: \'a{b="c"}\'}',
      "use a metric's name, without labels (line 2)",
    ],
    [
      '- preset: golden-signals\n  prometheus: {url: "http://p", errors: ""}',
      'gates[0].prometheus.errors: "" is not valid; use label matchers',
    ],
    [
      '- preset: golden-signals\n  prometheus: {url: "http://p", errors: status=5..}',
      'gates[0].prometheus.errors: "status=5.." is not valid; use status=~5.. for a pattern',
    ],
    ['- preset: golden-signals\n  scrape: {port: 1}\n  limits: {p99: {max: 1s}}', 'p99 latency'],
    [
      '- preset: golden-signals\n  scrape: {port: 1}\n  limits: {restarts: true}',
      'gates[0].limits.restarts: true is not valid; use rules such as {max: 2%}, or false',
    ],
    [
      '- preset: golden-signals\n  scrape: {port: 1}\n  limits: {restarts: {max: 1s}}',
      'gates[0].limits.restarts.max: "1s" is not valid',
    ],
    ['name: x', 'use a YAML list'],
    ['- 5', 'gates[0]: 5 is not valid; use a map with a name'],
    ['- name: x\n  name: y', 'YAML that parses (line 2, column 3'],
  ])('%p is refused: %s', async (text, message) => {
    const said = await wrong(text)
    expect(said.toLowerCase()).toContain(message.toLowerCase())
  })

  test('the file and the line are named', async () => {
    const text = '# gates\n\n- name: x\n  kubernetes: restarts\n  max: 0\n  failure-limit: many\n'
    expect(await wrong(text, { file: '.github/gates.yml' })).toBe(
      'gates[0].failure-limit: "many" is not valid; use a whole number (gate "x", line 6 of .github/gates.yml)',
    )
  })

  test('a relative rule without a baseline is refused', async () => {
    expect(await wrong('- name: x\n  kubernetes: cpu\n  max-delta: 5pp', { baseline: false })).toContain(
      'there is no baseline',
    )
  })

  test('a query in a flow map gets the hint of the block scalar', async () => {
    const texts = [
      '- name: x\n  prometheus: {service: "a/b:1", query: sum(rate(x{pod=~"{{ pods }}"}[5m]))}\n  max: 1',
      '- name: x\n  prometheus: {service: "a/b:1", query: {{ window }}}\n  max: 1',
    ]
    for (const text of texts) {
      await expect(parseGates('gates', text)).rejects.toMatchObject({
        code: 'invalid-input',
        fix: expect.arrayContaining([expect.stringContaining('block scalar')]),
      })
    }
  })
})
