import { request } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import { startGitHub, type EmbeddedGitHub, type GitHubOptions } from '../../src/github/index.ts'
import { clientOf, deployment } from './ask.ts'

let github: EmbeddedGitHub
const started = async (options?: GitHubOptions): Promise<EmbeddedGitHub> =>
  (github = await startGitHub(options))
afterEach(() => github.close())

describe('who may', () => {
  test('a token without the permission gets 403 that names it', async () => {
    await started()
    const client = clientOf(github, github.token({ deployments: 'read' }))
    expect((await client.get('/deployments')).status).toBe(200)
    const refused = await client.post('/deployments', deployment(github))
    expect([refused.status, refused.at('message')]).toEqual([403, 'Resource not accessible by integration'])
    expect(refused.headers.get('x-accepted-github-permissions')).toBe('deployments=write')
    expect((await client.post('/check-runs', { name: 'a', head_sha: github.sha })).status).toBe(403)
    expect(github.writes()).toEqual([])
  })

  test('an unknown or revoked token gets 401, an unknown repository 404', async () => {
    await started()
    expect((await clientOf(github, 'ghs_x').get('/deployments')).at('message')).toBe('Bad credentials')
    const token = github.token()
    expect((await clientOf(github, token).get('//repos/octo/ship')).status).toBe(404)
    github.revoke(token)
    expect((await clientOf(github, token).get('')).status).toBe(401)
  })

  test('a request without a User-Agent is turned away', async () => {
    await started()
    const headers = { authorization: `Bearer ${github.token()}` }
    const status = await new Promise((resolve) => {
      request(`${github.url}/rate_limit`, { headers }, (response) =>
        resolve(response.resume().statusCode),
      ).end()
    })
    expect(status).toBe(403)
  })
})

describe('what is not as described', () => {
  test('an unknown query parameter, path or body is a violation that names it', async () => {
    await started()
    const client = clientOf(github)
    expect((await client.get('/deployments?enviroment=qa')).status).toBe(422)
    expect((await client.get('/deploys')).status).toBe(404)
    expect((await client.post('/issues', { titel: 'x' })).status).toBe(422)
    expect(github.violations.map(({ kind, operation, field }) => `${kind} ${operation} ${field}`)).toEqual([
      'request repos/list-deployments ?enviroment',
      'request unknown ',
      'request issues/create /title',
      'request issues/create /titel',
    ])
  })
})

describe('limits', () => {
  test('requests are counted an hour, and the headers say so', async () => {
    let now = Date.now()
    await started({ limits: { perHour: 2 }, now: () => now })
    const client = clientOf(github)
    expect((await client.get('')).headers.get('x-ratelimit-remaining')).toBe('1')
    await client.get('')
    const over = await client.get('')
    expect([over.status, over.headers.get('x-ratelimit-remaining')]).toEqual([403, '0'])
    expect((await client.get('//rate_limit')).at('resources', 'core', 'used')).toBe(2)
    now += 3_600_000
    expect((await client.get('')).status).toBe(200)
    expect(github.violations).toEqual([])
  })

  test('content that comes too fast meets the secondary limit: 80 a minute, 500 an hour', async () => {
    let now = Date.now()
    await started({ now: () => now })
    const token = github.token()
    const client = clientOf(github, token)
    for (let i = 0; i < 80; i++) await client.post('/issues', { title: `${i}` })
    expect(github.contentRequests(token)).toEqual({ minute: 80, hour: 80 })
    const over = await client.post('/issues', { title: 'over' })
    expect([over.status, over.headers.get('retry-after'), github.issues.length]).toEqual([403, '60', 80])
    now += 61_000
    expect((await client.post('/issues', { title: 'later' })).status).toBe(201)
  })

  test('both limits come on order', async () => {
    await started()
    const client = clientOf(github)
    github.fault({ fault: { kind: 'secondary-limit', status: 429, retryAfter: 1 } })
    const secondary = await client.get('')
    expect([secondary.status, secondary.headers.get('retry-after')]).toEqual([429, '1'])
    github.fault({ fault: { kind: 'primary-limit', resetIn: 5 } })
    const primary = await client.get('')
    expect([primary.status, primary.headers.get('x-ratelimit-remaining')]).toEqual([403, '0'])
    expect(Number(primary.headers.get('x-ratelimit-reset')) * 1000 - Date.now()).toBeLessThanOrEqual(6000)
  })
})

describe('faults', () => {
  const create = 'repos/create-deployment'

  test.each([
    ['before', 0],
    ['after', 1],
  ] as const)('a connection that drops %s the effect leaves %i deployments', async (effect, made) => {
    await started()
    github.fault({ operations: [create], fault: { kind: 'drop', effect } })
    await expect(clientOf(github).post('/deployments', deployment(github))).rejects.toThrow('fetch failed')
    expect(github.deployments).toHaveLength(made)
    expect(github.events.map(({ status, effect: had }) => [status, had])).toEqual([[undefined, made === 1]])
  })

  test.each([{ kind: 'garbage' }, { kind: 'empty' }, { kind: 'truncated' }] as const)(
    'a body is $kind',
    async (fault) => {
      await started()
      github.fault({ operations: [create], fault })
      const reply = fetch(`${github.url}/repos/octo/shop/deployments`, {
        method: 'POST',
        headers: { authorization: `Bearer ${github.token()}` },
        body: JSON.stringify(deployment(github)),
      }).then((response) => response.json())
      await expect(reply).rejects.toThrow()
      expect(github.deployments).toHaveLength(1)
    },
  )

  test('an outage lasts until it is withdrawn, and has no effect', async () => {
    await started()
    const client = clientOf(github)
    const outage = github.fault({
      times: Infinity,
      fault: { kind: 'status', status: 503, message: 'Unavailable' },
    })
    for (let i = 0; i < 3; i++)
      expect((await client.post('/deployments', deployment(github))).status).toBe(503)
    expect([outage.met, github.deployments.length]).toEqual([3, 0])
    outage.withdraw()
    expect((await client.post('/deployments', deployment(github))).status).toBe(201)
  })

  test('a fault can meet the third request of an operation only, or come late', async () => {
    await started()
    const client = clientOf(github)
    github.fault({ operations: ['repos/get'], skip: 2, fault: { kind: 'status', status: 502 } })
    const statuses = []
    for (let i = 0; i < 4; i++) statuses.push((await client.get('')).status)
    expect(statuses).toEqual([200, 200, 502, 200])
    const late = github.fault({ fault: { kind: 'delay', ms: 20 } })
    expect([(await client.get('')).status, late.met]).toEqual([200, 1])
  })

  test('a lagging replica does not list the newest yet, in REST and in GraphQL', async () => {
    await started()
    const client = clientOf(github)
    await client.post('/deployments', deployment(github))
    await client.post('/deployments', deployment(github))
    github.fault({ times: 2, fault: { kind: 'stale', newest: 1 } })
    expect((await client.get('/deployments')).at(0, 'id')).toBe(1001)
    const query =
      '{ repository(owner: "octo", name: "shop") { deployments(last: 1) { nodes { databaseId } } } }'
    const read = async (): Promise<unknown> =>
      (await client.graphql(query)).at('data', 'repository', 'deployments', 'nodes', 0, 'databaseId')
    expect([await read(), await read()]).toEqual([1001, 1002])
  })
})

test('the event log tells each request with its operation, body and status; a watcher sees it before and after', async () => {
  await started({ prefix: '/api/v3' })
  const seen: string[] = []
  const stop = github.watch((moment, { operation }) => {
    seen.push(`${moment} ${operation} ${github.deployments.length}`)
  })
  const client = clientOf(github)
  expect(github.url.endsWith('/api/v3') && github.graphqlUrl.endsWith('/api/graphql')).toBe(true)
  const made = await client.post('/deployments', deployment(github))
  expect(made.at('url')).toBe(`${github.url}/repos/octo/shop/deployments/1001`)
  stop()
  await client.get('/deployments')
  expect((await client.graphql('{ rateLimit { remaining } }')).at('data', 'rateLimit', 'remaining')).toBe(999)
  expect(seen).toEqual(['before repos/create-deployment 0', 'after repos/create-deployment 1'])
  expect(github.events.map(({ operation, status }) => [operation, status])).toEqual([
    ['repos/create-deployment', 201],
    ['repos/list-deployments', 200],
    ['graphql', 200],
  ])
  expect(github.writes().map(({ body }) => body)).toEqual([deployment(github)])
})
