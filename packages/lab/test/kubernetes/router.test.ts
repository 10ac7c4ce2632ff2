import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import http from 'node:http'
import type { BackendRef, Deployment, HttpRoute } from '../../src/kubernetes/objects.ts'
import { NAMESPACE, shopTemplate, World } from './world.ts'

// Programs start in tens of milliseconds; on a busy machine in seconds.
jest.setTimeout(30_000)

let world: World
beforeEach(async () => {
  world = await World.start()
  world.gateway()
})
afterEach(async () => {
  await world[Symbol.asyncDispose]()
})

const versionOf = ({ body }: { body: string }): string => (JSON.parse(body) as { version: string }).version

async function shops(...versions: string[]): Promise<void> {
  for (const version of versions) {
    world.deploy(`v${version}`, { VERSION: version })
    world.service(`v${version}`)
  }
  for (const version of versions) await world.rolledOut(`v${version}`)
}
const ref = (name: string, weight = 1): BackendRef => ({
  name,
  port: 80,
  weight,
})
const prefix = (value: string): object => ({ path: { type: 'PathPrefix', value } })

describe('a route', () => {
  test('splits requests by the weights, as shares of their sum', async () => {
    await shops('1', '2')
    world.route('shop', [{ backendRefs: [ref('v1', 3), ref('v2', 1)] }])
    await world.answers(200)
    const [n, p] = [800, 0.25]
    let second = 0
    for (let asked = 0; asked < n; asked += 20) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => world.ask()))
      second += answers.filter((answer) => versionOf(answer) === '2').length
    }
    // 3.29 standard deviations: 99.9 %.
    expect(Math.abs(second / n - p)).toBeLessThan(3.29 * Math.sqrt((p * (1 - p)) / n))
  })

  test('is accepted before it is in effect, when the throttle still holds an earlier change', async () => {
    await world[Symbol.asyncDispose]()
    world = await World.start({ routeThrottle: 600 })
    world.gateway()
    await shops('1', '2')
    world.route('shop', [{ backendRefs: [ref('v1'), ref('v2', 0)] }])
    await world.answers(200)
    await new Promise((resolve) => setTimeout(resolve, 700))
    world.route('other', [{ backendRefs: [ref('v1')] }], ['other.example'])
    await world.answers(200, '/', { host: 'other.example' })
    const begun = Date.now()
    world.change<HttpRoute>('HTTPRoute', 'shop', ({ spec }) => {
      spec.rules = [{ backendRefs: [ref('v1', 0), ref('v2', 1)] }]
    })
    const generation = world.get('HTTPRoute', 'shop').metadata.generation
    const accepted = (): boolean | undefined =>
      world
        .get<HttpRoute>('HTTPRoute', 'shop')
        .status?.parents?.[0]?.conditions.every(({ observedGeneration }) => observedGeneration === generation)
    await world.until('accepted', () => accepted() === true, 200)
    expect(versionOf(await world.ask())).toBe('1')
    for (;;) if (versionOf(await world.ask()) === '2') break
    expect(Date.now() - begun).toBeGreaterThan(300)
  })

  test('answers 404, 500 and 503 where the real one does', async () => {
    await shops('1')
    world.service('empty', { app: 'nothing' })
    world.route('shop', [
      { matches: [prefix('/')], backendRefs: [ref('v1')] },
      { matches: [prefix('/missing')], backendRefs: [ref('missing')] },
      { matches: [prefix('/port')], backendRefs: [{ name: 'v1', port: 81 }] },
      { matches: [prefix('/empty')], backendRefs: [ref('empty')] },
      { matches: [prefix('/zero')], backendRefs: [ref('v1', 0)] },
    ])
    await world.answers(200)
    const status = async (path: string, host?: string): Promise<number> =>
      (await world.ask(path, host === undefined ? {} : { host })).status
    expect([
      await status('/missing'),
      await status('/port'),
      await status('/empty'),
      await status('/zero'),
    ]).toEqual([500, 500, 503, 503])
    expect(await status('/missingno')).toBe(200)
    expect(await status('/', 'other.example')).toBe(404)
    const conditions = world.get<HttpRoute>('HTTPRoute', 'shop').status?.parents?.[0]?.conditions
    expect(conditions).toMatchObject([
      { type: 'Accepted', status: 'True' },
      {
        type: 'ResolvedRefs',
        status: 'False',
        reason: 'BackendNotFound',
        message: `Cannot load HTTPBackendRef ${NAMESPACE}/v1: service port 81 not found`,
      },
    ])
  })

  test('sends only to ready pods, and its share of one without any is 503', async () => {
    await shops('1')
    world.deploy('v2', { VERSION: '2', READY_AFTER_MS: '1200' })
    world.service('v2')
    world.route('shop', [{ backendRefs: [ref('v1', 0), ref('v2', 1)] }])
    await world.answers(503)
    await world.rolledOut('v2')
    expect(versionOf(await world.answers(200))).toBe('2')
    world.change<Deployment>('Deployment', 'v2', ({ spec }) => (spec.replicas = 0))
    await world.answers(503)
  })

  test('that is older wins a host and path that two claim, although both are accepted', async () => {
    await shops('1', '2')
    world.route('b-older', [{ backendRefs: [ref('v1')] }])
    // Ages are whole seconds; of the same age, the name would decide.
    await new Promise((resolve) => setTimeout(resolve, 1100))
    world.route('a-newer', [{ backendRefs: [ref('v2')] }])
    await world.answers(200)
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(versionOf(await world.ask())).toBe('1')
    expect(world.get<HttpRoute>('HTTPRoute', 'a-newer').status?.parents?.[0]?.conditions[0]).toMatchObject({
      type: 'Accepted',
      status: 'True',
    })
  })

  test('matches method, headers and the longest path, and filters what it forwards', async () => {
    const code = `import http from 'node:http'
      http.createServer((q, s) => s.writeHead(200, { 'x-gone': '1' }).end(JSON.stringify({ url: q.url, headers: q.headers }))).listen(8080)
      process.on('SIGTERM', () => process.exit(0))`
    world.pod('echo', { command: ['node', '-e', code], ports: [{ name: 'http', containerPort: 8080 }] })
    world.service('echo')
    await shops('1')
    world.route('shop', [
      { matches: [prefix('/')], backendRefs: [ref('v1')] },
      {
        matches: [prefix('/api'), { ...prefix('/'), headers: [{ name: 'X-Echo', value: 'yes' }] }],
        filters: [
          {
            type: 'URLRewrite',
            urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/v2' } },
          },
          {
            type: 'RequestHeaderModifier',
            requestHeaderModifier: { set: [{ name: 'X-Set', value: 'a' }], remove: ['x-secret'] },
          },
          {
            type: 'ResponseHeaderModifier',
            responseHeaderModifier: { add: [{ name: 'X-Added', value: 'b' }], remove: ['x-gone'] },
          },
        ],
        backendRefs: [ref('echo')],
      },
      {
        matches: [{ path: { type: 'Exact', value: '/old' }, method: 'GET' }],
        filters: [{ type: 'RequestRedirect', requestRedirect: { hostname: 'new.example', statusCode: 301 } }],
      },
    ])
    await world.answers(200)
    const echoed = await world.answers(200, '/api/items?q=1', { headers: { 'x-secret': 's' } })
    const { url, headers } = JSON.parse(echoed.body) as { url: string; headers: Record<string, string> }
    expect(url).toBe('/v2/items?q=1')
    expect(headers).toMatchObject({ host: 'shop.example', 'x-set': 'a', 'x-forwarded-host': 'shop.example' })
    expect(headers['x-secret']).toBeUndefined()
    expect(echoed.headers['x-added']).toBe('b')
    expect(echoed.headers['x-gone']).toBeUndefined()
    expect(JSON.parse((await world.ask('/else', { headers: { 'x-echo': 'yes' } })).body)).toMatchObject({
      url: '/v2/else',
    })
    expect((await world.ask('/old')).headers.location).toBe('http://new.example/old')
    expect((await world.ask('/old', { method: 'POST' })).status).toBe(200)
  })

  test('lets requests that are on their way finish when it changes', async () => {
    world.deploy('slow', { LATENCY_MS: '600' })
    world.service('slow')
    await shops('2')
    await world.rolledOut('slow')
    world.route('shop', [{ backendRefs: [ref('slow')] }])
    await world.answers(200)
    const slow = world.ask()
    await new Promise((resolve) => setTimeout(resolve, 100))
    world.change<HttpRoute>('HTTPRoute', 'shop', ({ spec }) => {
      spec.rules = [{ backendRefs: [ref('v2')] }]
    })
    for (;;) if (versionOf(await world.ask()) === '2') break
    expect(versionOf(await slow)).toBe('1')
  })
})

describe('a Service', () => {
  test('is balanced per connection: one that is kept alive stays where it is', async () => {
    await shops('1', '2')
    world.create('Service', {
      metadata: { name: 'both' },
      spec: { selector: { app: 'v1' }, ports: [{ port: 80, targetPort: 8080 }] },
    })
    const url = await world.cluster.services.listen(NAMESPACE, 'both')
    const kept = new http.Agent({ keepAlive: true, maxSockets: 1 })
    const fresh = async (): Promise<string> => versionOf(await world.ask('/', { url, agent: false }))
    await world.until('endpoints', () => world.cluster.services.choose(`${NAMESPACE}/both:80`) !== undefined)
    expect(versionOf(await world.ask('/', { url, agent: kept }))).toBe('1')
    world.change('Service', 'both', (service) => {
      service['spec'] = { ...(service['spec'] as object), selector: { app: 'v2' } }
    })
    while ((await fresh()) === '1') await new Promise((resolve) => setTimeout(resolve, 5))
    for (let asked = 0; asked < 20; asked++) {
      expect(await fresh()).toBe('2')
      expect(versionOf(await world.ask('/', { url, agent: kept }))).toBe('1')
    }
    kept.destroy()
  })

  test('without endpoints refuses the connection', async () => {
    world.service('empty', { app: 'nothing' })
    const url = await world.cluster.services.listen(NAMESPACE, 'empty')
    await expect(world.ask('/', { url, agent: false })).rejects.toThrow(/ECONNRESET|socket hang up/)
  })
})

test('a rolling update under load fails no request, when the application drains', async () => {
  world.deploy('shop', { VERSION: '1' }, { replicas: 3 })
  world.service('shop')
  await world.rolledOut('shop')
  world.route('shop', [{ backendRefs: [ref('shop')] }])
  await world.answers(200)
  let over = false
  const seen: string[] = []
  const client = async (agent: http.Agent | false): Promise<void> => {
    while (!over) {
      const answer = await world
        .ask('/', { agent })
        .catch((error: unknown) => ({ status: 0, body: String(error) }))
      seen.push(answer.status === 200 ? versionOf(answer) : `${answer.status} ${answer.body}`)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
  const clients = [client(world.agent), client(world.agent), client(false)]
  world.change<Deployment>('Deployment', 'shop', ({ spec }) => {
    spec.template = shopTemplate('shop', { VERSION: '2' })
  })
  await world.rolledOut('shop')
  await world.until('old pods gone', () => world.pods('shop').length === 3)
  await world.until('only the new version', () => seen.slice(-20).every((version) => version === '2'))
  over = true
  await Promise.all(clients)
  expect([...new Set(seen)].sort()).toEqual(['1', '2'])
})
