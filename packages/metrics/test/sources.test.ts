import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { Forbidden, NotFound, TimedOut, Unreachable } from '@release-actions/values'
import { readPointer } from '../src/json.ts'
import { loadSources } from '../src/index.ts'
import { FakePods, gateOf, lookAt, serve, sourceOf, watch, worldOf } from './world.ts'

describe('http', () => {
  const yaml = (more = ''): string =>
    `- name: up\n  http: {path: "/healthz?v={{ version }}", port: 8080${more}}`
  const podsWith = (...answers: readonly NonNullable<import('./world.ts').FakePod['answer']>[]): FakePods => {
    const pods = new FakePods()
    pods.tracks.set(
      'canary',
      answers.map((answer, i) => ({ name: `pod-${i}`, answer })),
    )
    return pods
  }
  const failing = (error: Error) => (): never => {
    throw error
  }

  test('is 1 when every ready pod answers as expected, at the rendered path', async () => {
    const paths: string[] = []
    const answer = (path: string): string => {
      paths.push(path)
      return 'ok'
    }
    expect(await (await watch(worldOf({ pods: podsWith(answer, answer) }), yaml()))()).toEqual({
      kind: 'value',
      value: 1,
    })
    expect(paths).toEqual(['/healthz?v=1.4.0', '/healthz?v=1.4.0'])
  })

  test('is 0 when one pod does not, and says which and what it answered', async () => {
    const look = await watch(
      worldOf({
        pods: podsWith(
          () => 'ok',
          () => ({ status: 503, body: 'db is down' }),
        ),
      }),
      yaml(),
    )
    expect(await look()).toMatchObject({
      value: 0,
      notes: [{ reason: 'output', detail: 'pod pod-1 answered 503, not 200-299: db is down' }],
    })
  })

  test('is 0 for a pod that does not answer in time', async () => {
    const look = await watch(worldOf({ pods: podsWith(() => 'ok', failing(new TimedOut('slow'))) }), yaml())
    expect(await look()).toMatchObject({ value: 0 })
  })

  test('is an error when the way to the pods fails, and no data without ready pods', async () => {
    const forbidden = podsWith(failing(new Forbidden('pods/proxy')))
    expect(await (await watch(worldOf({ pods: forbidden }), yaml()))()).toMatchObject({
      kind: 'error',
      reason: 'unauthorised',
    })
    expect(await (await watch(worldOf({ pods: podsWith() }), yaml()))()).toMatchObject({
      kind: 'no-data',
      reason: 'no-pods',
    })
    const blind = podsWith(() => {
      blind.list = failing(new Unreachable('no API server'))
      throw new Unreachable('no API server')
    })
    expect(await (await watch(worldOf({ pods: blind }), yaml()))()).toMatchObject({
      kind: 'error',
      reason: 'unreachable',
    })
  })

  test('a pod that is there and refuses the connection has failed; one that has gone meanwhile has not', async () => {
    const refusing = podsWith(
      () => 'ok',
      failing(new Unreachable('pod-1:8080 cannot be reached through the API server')),
    )
    expect(await (await watch(worldOf({ pods: refusing }), yaml()))()).toMatchObject({
      kind: 'value',
      value: 0,
    })
    const leaving = podsWith(
      () => 'ok',
      () => {
        leaving.tracks.get('canary')?.pop()
        throw new NotFound('pods pod-1 does not exist')
      },
    )
    expect(await (await watch(worldOf({ pods: leaving }), yaml()))()).toMatchObject({
      kind: 'value',
      value: 1,
      notes: [{ reason: 'pod-gone' }],
    })
  })

  test('a port that no pod has is an error, not a pod that is gone', async () => {
    const nameless = podsWith(failing(new NotFound('pod pod-0 has no port named web')))
    expect(await (await watch(worldOf({ pods: nameless }), yaml()))()).toMatchObject({
      kind: 'error',
      detail: expect.stringContaining('no port named web'),
    })
  })

  test.each([
    [', status: 204', 200, '', 0],
    [', status: [200, 3xx]', 302, '', 1],
    [', status: 200-204', 204, '', 1],
    [', body: ok', 200, 'not o.k.', 0],
    [', body: "/^O.?K/i"', 200, 'o k', 1],
  ])('%s of %p %p is %p', async (more, status, body, value) => {
    expect(
      await (
        await watch(worldOf({ pods: podsWith(() => ({ status, body })) }), yaml(more))
      )(),
    ).toMatchObject({ value })
  })

  test('a body expression that backtracks out of hand is an error, and the process lives on', async () => {
    const body = `${'a'.repeat(60)}!`
    const pods = podsWith(() => ({ status: 200, body }))
    const more = ', body: "/^(a+)+$/"'
    expect(await (await watch(worldOf({ pods }), yaml(more)))()).toMatchObject({
      kind: 'error',
      detail: expect.stringContaining('a regular expression of the gate was not done'),
    })
  })

  test('latency is the slowest answer in seconds, and no latency when an answer is wrong', async () => {
    const latency = `- name: up\n  http: {path: /, port: 8080, signal: latency}\n  max: 1s`
    const pods = podsWith(
      () => ({ latency: 20 }),
      () => ({ latency: 250 }),
    )
    expect(await (await watch(worldOf({ pods }), latency))()).toEqual({ kind: 'value', value: 0.25 })
    expect(
      await (
        await watch(worldOf({ pods: podsWith(() => ({ status: 500 })) }), latency)
      )(),
    ).toMatchObject({ kind: 'error', reason: 'unexpected-answer' })
  })

  test('a url is asked directly; redirects are not followed; a refused connection is a failed request', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/ok' }).end()
      else if (request.url === '/large') response.end(' '.repeat(2 ** 21))
      else response.end('fine')
    })
    const at = async (path: string): Promise<unknown> =>
      (await watch(worldOf(), `- name: u\n  http: {url: "${server.url}${path}"}`))()
    expect(await at('/ok')).toEqual({ kind: 'value', value: 1 })
    expect(await at('/large')).toEqual({ kind: 'value', value: 1 })
    expect(await at('/moved')).toMatchObject({
      value: 0,
      notes: [{ detail: expect.stringContaining('answered 302 to /ok (redirects are not followed)') }],
    })
    await server.close()
    expect(await at('/ok')).toMatchObject({
      value: 0,
      notes: [{ detail: expect.stringContaining('refused') }],
    })
  })
})

describe('prometheus', () => {
  const query = (text = 'sum(x{pod=~"{{ pods }}"})'): string =>
    `- name: p\n  prometheus:\n    service: monitoring/prometheus:9090\n    query: ${text}\n  max: 1`
  const answering = (body: unknown, status = 200): FakePods => {
    const pods = new FakePods()
    pods.tracks.set('canary', [{ name: 'shop-canary-6d4f9-abcde' }])
    pods.prometheus = () => ({ status, body: typeof body === 'string' ? body : JSON.stringify(body) })
    return pods
  }
  const vector = (...values: readonly string[]) => ({
    status: 'success',
    data: {
      resultType: 'vector',
      result: values.map((value, i) => ({ metric: { pod: `p${i}` }, value: [1, value] })),
    },
  })
  const ask = async (body: unknown, status = 200): Promise<unknown> =>
    (await watch(worldOf({ pods: answering(body, status) }), query()))()

  test('asks through the service proxy, with the pods of the track', async () => {
    const pods = answering(vector('0.5'))
    expect(await (await watch(worldOf({ pods }), query()))()).toEqual({ kind: 'value', value: 0.5 })
    expect(pods.asked).toEqual([
      'monitoring/prometheus:9090/api/v1/query?query=sum(x{pod=~"shop-canary-6d4f9-[a-z0-9]{5}"})',
    ])
  })

  test.each([
    ['one series', vector('3'), { kind: 'value', value: 3 }],
    [
      'a scalar',
      { status: 'success', data: { resultType: 'scalar', result: [1, '2'] } },
      { kind: 'value', value: 2 },
    ],
    ['no series', vector(), { kind: 'no-data', reason: 'empty' }],
    ['NaN', vector('NaN'), { kind: 'no-data', reason: 'nan' }],
    ['+Inf', vector('+Inf'), { kind: 'no-data', reason: 'infinite' }],
    ['-Inf', vector('-Inf'), { kind: 'no-data', reason: 'infinite' }],
    ['several series', vector('0', '9'), { kind: 'error', reason: 'several-series' }],
    [
      'a range',
      { status: 'success', data: { resultType: 'matrix', result: [] } },
      { kind: 'error', reason: 'not-a-number' },
    ],
    [
      'a string',
      { status: 'success', data: { resultType: 'string', result: [1, '2'] } },
      { kind: 'error', reason: 'not-a-number' },
    ],
    [
      'a native histogram',
      { status: 'success', data: { resultType: 'vector', result: [{ metric: {}, histogram: [1, {}] }] } },
      { kind: 'error', reason: 'not-a-number' },
    ],
    ['a value that is none', vector('5x'), { kind: 'error', reason: 'not-a-number' }],
    [
      'warnings',
      { ...vector('1'), warnings: ['partial response'] },
      { value: 1, notes: [{ reason: 'warning', detail: 'Prometheus warns: partial response' }] },
    ],
    ['an unexpected shape', { status: 'success', data: {} }, { kind: 'error', reason: 'source-error' }],
  ])('%s', async (_, body, expected) => {
    expect(await ask(body)).toMatchObject(expected)
  })

  test.each([
    [
      400,
      { status: 'error', errorType: 'bad_data', error: 'parse error: unexpected end' },
      'bad-query',
      'parse error: unexpected end',
    ],
    [
      422,
      { status: 'error', errorType: 'execution', error: 'many-to-many matching not allowed' },
      'bad-query',
      'many-to-many',
    ],
    [503, { status: 'error', errorType: 'timeout', error: 'query timed out' }, 'timeout', 'query timed out'],
    [503, 'no endpoints available for service "prometheus"', 'source-error', 'no endpoints available'],
    [401, 'Unauthorized', 'unauthorised', '401'],
    [403, '<html>log in</html>', 'unauthorised', '403'],
    [200, '<html>log in</html>', 'source-error', 'not its API'],
  ])('%p %j is the error %s', async (status, body, reason, detail) => {
    expect(await ask(body, status)).toMatchObject({
      kind: 'error',
      reason,
      detail: expect.stringContaining(detail),
    })
  })

  test('without pods there is no data, and nothing is asked', async () => {
    const pods = answering(vector('0'))
    pods.tracks.clear()
    expect(await (await watch(worldOf({ pods }), query()))()).toMatchObject({
      kind: 'no-data',
      reason: 'no-pods',
    })
    expect(pods.asked).toEqual([])
  })

  test('a window of no length is not asked for', async () => {
    const pods = answering(vector('0'))
    const look = await watch(worldOf({ pods }), query('rate(x[{{ window }}])'))
    expect(await look()).toMatchObject({ kind: 'no-data', reason: 'too-early' })
    await look()
    expect(pods.asked).toEqual(['monitoring/prometheus:9090/api/v1/query?query=rate(x[10s])'])
  })

  test('a url is asked with the headers and token of the environment', async () => {
    let seen: unknown
    const server = await serve((request, response) => {
      seen = [request.url, request.headers['authorization'], request.headers['x-scope-orgid']]
      response.end(JSON.stringify(vector('1')))
    })
    const yaml = `- name: p\n  prometheus: {url: "${server.url}/base/", query: up, token-from-env: TOKEN, headers-from-env: {X-Scope-OrgID: TENANT}}\n  max: 1`
    // A secret that came through a pipe ends in a newline.
    const look = await watch(worldOf({ env: { TOKEN: 't0\n', TENANT: 'shop' } }), yaml)
    expect(await look()).toMatchObject({ value: 1 })
    expect(seen).toEqual(['/base/api/v1/query?query=up', 'Bearer t0', 'shop'])
    await server.close()
    for (const TENANT of [undefined, ' \n', 'two\nlines']) {
      await expect(sourceOf(worldOf({ env: { TOKEN: 't0', TENANT } }), yaml)).rejects.toMatchObject({
        code: 'invalid-input',
        message: expect.stringContaining('$TENANT'),
      })
    }
  })
})

describe('alerts', () => {
  const alerts = async (
    firing: readonly string[],
    rules: readonly string[] | undefined,
  ): Promise<unknown> => {
    const pods = new FakePods()
    pods.prometheus = (path) => {
      if (path.startsWith('/api/v1/rules')) {
        if (rules === undefined) return { status: 404, body: '404 page not found' }
        return JSON.stringify({
          status: 'success',
          data: { groups: [{ rules: rules.map((name) => ({ type: 'alerting', name })) }] },
        })
      }
      const list = [
        ...firing.map((name) => ({ labels: { alertname: name }, state: 'firing' })),
        { labels: { alertname: 'ShopSlow' }, state: 'pending' },
      ]
      return JSON.stringify({ status: 'success', data: { alerts: list } })
    }
    return (
      await watch(
        worldOf({ pods }),
        '- name: a\n  prometheus: {service: "m/p:9090", alerts: [Down, "Shop.*"]}',
      )
    )()
  }

  test('are counted when they fire, by name or regular expression', async () => {
    const rules = ['Down', 'ShopDown', 'ShopSlow', 'Other']
    expect(await alerts([], rules)).toMatchObject({ value: 0 })
    expect(await alerts(['ShopDown', 'ShopDown', 'Other', 'NotShopDown'], rules)).toMatchObject({
      value: 2,
      notes: [{ reason: 'output', detail: 'firing: ShopDown' }],
    })
  })

  test('a name that no rule has would always pass: it is an error', async () => {
    expect(await alerts([], ['ShopDown'])).toMatchObject({
      kind: 'error',
      reason: 'unknown-alert',
      detail: expect.stringContaining('Down'),
    })
  })

  test('where the rules are not shown, the alerts still count and the reader is told', async () => {
    expect(await alerts(['Down'], undefined)).toMatchObject({
      value: 1,
      notes: [{ reason: 'warning' }, { reason: 'output' }],
    })
  })
})

describe('kubernetes', () => {
  const look = async (signal: string, pods: FakePods): Promise<() => Promise<unknown>> =>
    watch(worldOf({ pods }), `- name: k\n  kubernetes: ${signal}\n  max: 99%`)
  const limits = { cpu: 1, memory: 1000 }

  test('readiness is the share of ready pods; pods that leave do not count', async () => {
    const pods = new FakePods()
    const ready = await look('ready', pods)
    expect(await ready()).toMatchObject({ kind: 'no-data', reason: 'no-pods' })
    pods.tracks.set('canary', [
      { name: 'a' },
      { name: 'b', ready: false },
      { name: 'c', ready: false, deleting: true },
    ])
    expect(await ready()).toMatchObject({ value: 0.5, notes: [{ detail: 'not ready: b' }] })
  })

  test('where newcomers are awaited, they count for readiness from when they were ready first', async () => {
    const pods = new FakePods()
    const world = { ...worldOf({ pods }), newcomers: 'awaited' } as const
    const ready = await watch(world, '- name: k\n  kubernetes: ready\n  min: 1')
    const see = (...list: Parameters<typeof pods.tracks.set>[1]): Promise<unknown> => {
      pods.tracks.set('canary', list)
      return ready()
    }
    expect(await see({ name: 'a' }, { name: 'b', ready: false })).toMatchObject({ value: 0.5 })
    expect(await see({ name: 'a' }, { name: 'b' }, { name: 'c', ready: false })).toMatchObject({ value: 1 })
    expect(await see({ name: 'a' }, { name: 'b' }, { name: 'c' })).toMatchObject({ value: 1 })
    expect(await see({ name: 'a' }, { name: 'b' }, { name: 'c', ready: false })).toMatchObject({
      value: 2 / 3,
      notes: [{ detail: 'not ready: c' }],
    })
    // Nobody is left of those that counted: that is no pass.
    expect(await see({ name: 'd', ready: false })).toMatchObject({ kind: 'no-data', reason: 'no-pods' })
  })

  test('restarts count since the window began, also of pods that came or went in it', async () => {
    const pods = new FakePods()
    const restarts = await look('restarts', pods)
    pods.tracks.set('canary', [
      { name: 'a', restarts: 7 },
      { name: 'b', restarts: 0 },
    ])
    expect(await restarts()).toMatchObject({ value: 0 })
    pods.tracks.set('canary', [
      { name: 'a', restarts: 8 },
      { name: 'b', restarts: 0 },
      { name: 'c', restarts: 2 },
    ])
    expect(await restarts()).toMatchObject({ value: 3 })
    pods.tracks.set('canary', [{ name: 'b', restarts: 0 }])
    expect(await restarts()).toMatchObject({
      value: 3,
      notes: [{ reason: 'output' }, { reason: 'pod-gone' }, { reason: 'pod-gone' }],
    })
  })

  test('usage is a share of the limits, or the reason why there is none', async () => {
    const pods = new FakePods()
    const memory = await look('memory', pods)
    pods.tracks.set('canary', [
      { name: 'a', limits },
      { name: 'b', limits },
    ])
    expect(await memory()).toMatchObject({ kind: 'error', reason: 'no-metrics-server' })
    pods.used = new Map()
    expect(await memory()).toMatchObject({ kind: 'no-data', reason: 'empty' })
    pods.used = new Map([
      ['a', { cpu: 0.5, memory: 250 }],
      ['b', { cpu: 0.5, memory: 750 }],
    ])
    expect(await memory()).toMatchObject({ value: 0.5 })
    pods.tracks.set('canary', [{ name: 'a', limits }, { name: 'b' }])
    expect(await memory()).toMatchObject({ kind: 'error', reason: 'no-limit' })
  })
})

describe('json', () => {
  test.each([
    ['{"total":{"lines":{"pct":91.5}}}', '/total/lines/pct', { value: 91.5 }],
    ['{"a/b":{"m~n":[1,2]}}', '/a~1b/m~0n/1', { value: 2 }],
    ['7', '', { value: 7 }],
    ['{"a":"12.5"}', '/a', { value: 12.5 }],
    ['{"a":{}}', '/a/b', { kind: 'no-data', reason: 'missing' }],
    ['[1]', '/01', { kind: 'no-data', reason: 'missing' }],
    ['{"a":1}', '/toString', { kind: 'no-data', reason: 'missing' }],
    ['{"a":null}', '/a', { kind: 'no-data', reason: 'missing' }],
    ['{"a":"NaN"}', '/a', { kind: 'no-data', reason: 'nan' }],
    ['{"a":true}', '/a', { kind: 'error', reason: 'not-a-number' }],
    ['{"a":{}}', '/a', { kind: 'error', reason: 'not-a-number' }],
    ['{"a":1e999}', '/a', { kind: 'no-data', reason: 'infinite' }],
    ['{', '/a', { kind: 'error', reason: 'unexpected-answer' }],
  ])('%s at %p', (text, pointer, expected) => {
    expect(readPointer(text, pointer, 'x.json')).toMatchObject(expected)
  })

  test('comes from a file of the workspace, or from a URL', async () => {
    const workspace = mkdtempSync(join(tmpdir(), 'gates-'))
    writeFileSync(join(workspace, 'x.json'), '{"n": 4}')
    const server = await serve((request, response) => {
      if (request.url === '/x.json') response.end('{"n": 5}')
      else response.writeHead(404).end('no')
    })
    const world = worldOf({ workspace })
    const at = async (where: string): Promise<unknown> =>
      (await watch(world, `- name: j\n  json: {${where}, pointer: /n}\n  max: 9`))()
    expect(await at('path: x.json')).toMatchObject({ value: 4 })
    expect(await at('path: y.json')).toMatchObject({ kind: 'no-data', reason: 'missing' })
    expect(await at(`url: "${server.url}/x.json"`)).toMatchObject({ value: 5 })
    expect(await at(`url: "${server.url}/y.json"`)).toMatchObject({ kind: 'error', reason: 'source-error' })
    await server.close()
    rmSync(workspace, { recursive: true })
  })
})

describe('run', () => {
  const run = async (script: string, more = '', env: Record<string, string> = {}): Promise<unknown> => {
    const world = worldOf({ env: { PATH: process.env['PATH'], ...env } })
    return (await watch(world, `- name: r\n  run: |\n    ${script}\n${more}`))()
  }
  const stdout = '  value: stdout\n  max: 9\n'

  test('shows no value of a variable that is called a secret, longest first, nor what is only short', async () => {
    const env = {
      DEPLOY_TOKEN: 'abcdef-123456',
      npm_password: 'abcdef',
      AWS_SECRET_ACCESS_KEY: 'line one\nline two',
      SHORT_TOKEN: 'ok',
      PLACE: 'a-plain-value',
    }
    const script = 'echo "$DEPLOY_TOKEN $npm_password $PLACE ok"; echo "$AWS_SECRET_ACCESS_KEY" >&2; exit 1'
    const { notes } = (await run(script, '', env)) as {
      readonly notes: readonly { readonly detail: string }[]
    }
    const said = notes.map(({ detail }) => detail).join('\n')
    expect(said).toContain('*** *** a-plain-value ok')
    expect(said).not.toMatch(/abcdef|123456|line (one|two)/)
  })

  test('is the exit code, with the last lines of the output', async () => {
    expect(await run('echo fine')).toEqual({
      kind: 'value',
      value: 0,
      notes: [{ reason: 'output', detail: 'fine' }],
    })
    expect(await run('echo one; echo two >&2; exit 3')).toMatchObject({
      value: 3,
      notes: [{ detail: expect.stringContaining('two') }],
    })
    expect(await run('false | cat')).toMatchObject({ value: 1 })
  })

  test('a command that does not exist has not judged anything', async () => {
    expect(await run('no-such-command-here')).toMatchObject({
      kind: 'error',
      reason: 'source-error',
      detail: expect.stringContaining('127'),
    })
  })

  test('or the number on stdout', async () => {
    expect(await run('echo noise >&2; echo " 4.5 "', stdout)).toMatchObject({ kind: 'value', value: 4.5 })
    expect(await run('echo', stdout)).toMatchObject({ kind: 'no-data', reason: 'empty' })
    expect(await run('echo nan', stdout)).toMatchObject({ kind: 'no-data', reason: 'nan' })
    expect(await run('echo 4 of 5', stdout)).toMatchObject({ kind: 'error', reason: 'not-a-number' })
    expect(await run('echo 4; exit 1', stdout)).toMatchObject({ kind: 'error', reason: 'source-error' })
  })

  test('knows the release by its environment, and none of our inputs', async () => {
    const script =
      'test "$RELEASE_VERSION $RELEASE_TRACK $RELEASE_NAMESPACE $KEPT ${INPUT_TOKEN-none} ${GITHUB_OUTPUT-none}" = "1.4.0 canary shop kept none none"'
    expect(await run(script, '', { KEPT: 'kept', INPUT_TOKEN: 'secret', GITHUB_OUTPUT: '/x' })).toMatchObject(
      { value: 0 },
    )
  })

  test('that takes too long ends with everything it started', async () => {
    const began = Date.now()
    const script = 'trap "" HUP; (sleep 30; echo late) & echo begun; sleep 30'
    const found = await run(script, '  timeout: 300ms\n')
    expect(found).toMatchObject({
      kind: 'error',
      reason: 'timeout',
      notes: [{ detail: 'begun' }],
    })
    expect(Date.now() - began).toBeLessThan(10_000)
  })

  test('that leaves something in the background does not wait for it', async () => {
    expect(await run('sleep 30 & echo started')).toMatchObject({ kind: 'value', value: 0 })
  })

  test('ends when the step is cancelled', async () => {
    const source = await sourceOf(worldOf(), '- name: r\n  run: sleep 30')
    const cancel = new AbortController()
    const sampling = source.sample('canary', lookAt(0, { signal: cancel.signal }))
    cancel.abort()
    expect(await sampling).toMatchObject({ kind: 'error', detail: 'the command was cancelled' })
  })
})

test('a gate that needs a cluster is refused where there is none', async () => {
  const gate = await gateOf('- name: k\n  kubernetes: ready\n  min: 1')
  await expect(loadSources([gate], worldOf({ pods: undefined }))).rejects.toMatchObject({
    code: 'invalid-input',
  })
  const file = await gateOf('- name: j\n  json: {path: x, pointer: /a}\n  min: 1')
  await expect(loadSources([file], worldOf({ pods: undefined }))).resolves.toBeDefined()
})
