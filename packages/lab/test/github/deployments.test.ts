import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { startGitHub, type EmbeddedGitHub } from '../../src/github/index.ts'
import { clientOf, deployment, type Client } from './ask.ts'

let github: EmbeddedGitHub
let client: Client
beforeEach(async () => {
  github = await startGitHub()
  client = clientOf(github)
})
afterEach(() => github.close())

const states = (): readonly unknown[] => github.deployments.map(({ statuses }) => statuses.at(-1)?.state)

describe('deployments', () => {
  test('are listed newest first, by task and environment, in pages that a Link header joins', async () => {
    for (const task of ['release-actions:shop', 'release-actions:cart']) {
      for (let i = 0; i < 3; i++)
        expect((await client.post('/deployments', deployment(github, { task }))).status).toBe(201)
    }
    const first = await client.get(
      '/deployments?task=release-actions%3Ashop&environment=production&per_page=2',
    )
    expect([first.at(0, 'id'), first.at(1, 'id'), first.at(2)]).toEqual([1003, 1002, undefined])
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? ''
    const second = await client.get(`/${next.slice(github.url.length)}`)
    expect([second.at(0, 'id'), second.at(1)]).toEqual([1001, undefined])
    expect(second.headers.get('link')).toContain('rel="prev"')
    expect((await client.get('/deployments?environment=staging')).at('length')).toBe(0)
    expect(github.violations).toEqual([])
  })

  test('make their environment on first use', async () => {
    expect((await client.get('/environments/qa')).status).toBe(404)
    await client.post('/deployments', deployment(github, { environment: 'qa' }))
    expect((await client.get('/environments/qa')).at('name')).toBe('qa')
    expect((await client.get('/environments')).at('total_count')).toBe(1)
    expect(github.violations).toEqual([])
  })

  test.each(['object', 'text', 'twice'] as const)('give their payload back as %s', async (form) => {
    github.payloads = form
    const { at } = await client.post(
      '/deployments',
      deployment(github, { payload: { schema: 1, plan: [5, 100] } }),
    )
    let payload = at('payload')
    for (let i = 0; i < { object: 0, text: 1, twice: 2 }[form]; i++) payload = JSON.parse(String(payload))
    expect(payload).toEqual({ schema: 1, plan: [5, 100] })
    expect(github.violations).toEqual([])
  })

  test('of a branch that is behind are merged and not made: 202, or 409 for a conflict', async () => {
    github.commit({ branch: 'topic' })
    github.behind('topic', 'merges')
    const body = { ref: 'topic', required_contexts: [] }
    const merged = await client.post('/deployments', body)
    expect([merged.status, merged.at('id')]).toEqual([202, undefined])
    expect(github.writes()).toEqual([])
    expect((await client.post('/deployments', { ...body, auto_merge: false })).status).toBe(201)
    github.behind('topic', 'conflicts')
    expect((await client.post('/deployments', body)).status).toBe(409)
    expect(github.deployments).toHaveLength(1)
  })

  test('wait for all contexts of the commit unless told otherwise: the asking job is one that has not ended', async () => {
    const run = github.run({ job: 'release' })
    const refused = await client.post('/deployments', { ref: run.sha })
    expect([refused.status, refused.at('errors', 0, 'contexts', 0)]).toEqual([
      409,
      { context: 'release', state: 'pending' },
    ])
    github.endJob(run.runId, 'success')
    github.status('ci', 'failure')
    expect((await client.post('/deployments', { ref: run.sha })).status).toBe(409)
    expect((await client.post('/deployments', { ref: run.sha, required_contexts: ['release'] })).status).toBe(
      201,
    )
    expect((await client.post('/deployments', { ref: run.sha, required_contexts: ['lint'] })).status).toBe(
      409,
    )
  })

  test.each([
    ['an unknown field', { enviroment: 'production' }, 'enviroment'],
    ['a field of the wrong type', { auto_merge: 'no' }, 'auto_merge'],
    ['an unknown ref', { ref: 'nowhere' }, 'No ref found for: nowhere'],
  ])('with %s are refused with 422', async (_, wrong, named) => {
    const reply = await client.post('/deployments', deployment(github, wrong))
    expect([reply.status, github.deployments.length]).toEqual([422, 0])
    expect(reply.text).toContain(named)
  })

  test('can be deleted only when inactive, or the only one of their environment', async () => {
    await client.post('/deployments', deployment(github))
    await client.post('/deployments', deployment(github))
    await client.post('/deployments/1001/statuses', { state: 'success', auto_inactive: false })
    expect((await client.remove('/deployments/1001')).status).toBe(422)
    await client.post('/deployments/1001/statuses', { state: 'inactive' })
    expect((await client.remove('/deployments/1001')).status).toBe(204)
    expect((await client.get('/deployments/1001')).status).toBe(404)
    expect(github.violations).toEqual([])
  })
})

describe('deployment statuses', () => {
  test('a success makes older ones of the environment inactive by default: not production, not transient', async () => {
    const order = (environment: string, more: object = {}) =>
      client.post(
        '/deployments',
        deployment(github, { environment, production_environment: environment === 'production', ...more }),
      )
    for (const [environment, more] of [
      ['qa'],
      ['qa', { transient_environment: true }],
      ['production'],
      ['production'],
    ] as const) {
      await order(environment, more)
    }
    await order('qa')
    for (const { id } of github.deployments)
      await client.post(`/deployments/${id}/statuses`, { state: 'success' })
    expect(states()).toEqual(['inactive', 'success', 'success', 'success', 'success'])
    await order('qa')
    await client.post('/deployments/1006/statuses', { state: 'success', auto_inactive: false })
    expect(states().slice(4)).toEqual(['success', 'success'])
  })

  test('are listed newest first, with their addresses', async () => {
    await client.post('/deployments', deployment(github))
    for (const state of ['queued', 'in_progress', 'success']) {
      const made = await client.post('/deployments/1001/statuses', {
        state,
        description: state,
        log_url: 'https://a.b/c',
      })
      expect(made.status).toBe(201)
    }
    const all = await client.get('/deployments/1001/statuses')
    expect([all.at(0, 'state'), all.at(2, 'state'), all.at(0, 'log_url')]).toEqual([
      'success',
      'queued',
      'https://a.b/c',
    ])
    expect((await client.get(`/deployments/1001/statuses/${String(all.at(2, 'id'))}`)).at('state')).toBe(
      'queued',
    )
    expect(github.violations).toEqual([])
  })

  test.each([
    ['a state that GitHub does not have', { state: 'succeeded' }],
    ['a description of 141 characters', { state: 'success', description: 'x'.repeat(141) }],
    ['an address without a scheme', { state: 'success', log_url: 'example.com' }],
  ])('with %s are refused', async (_, body) => {
    await client.post('/deployments', deployment(github))
    expect((await client.post('/deployments/1001/statuses', body)).status).toBe(422)
    expect(states()).toEqual([undefined])
  })
})

describe('GraphQL', () => {
  const query = `query ($owner: String!, $name: String!, $environment: String!, $first: Int!, $after: String) {
    repository(owner: $owner, name: $name) {
      deployments(environments: [$environment], first: $first, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) {
        nodes {
          databaseId id task payload state createdAt commitOid
          latestStatus { state description logUrl environmentUrl createdAt }
          statuses(first: 10) { nodes { state description } }
        }
        pageInfo { hasNextPage endCursor }
      }
    }
  }`
  const variables = { owner: 'octo', name: 'shop', environment: 'production', first: 2 }

  test('gives deployments newest first with payload, state and statuses, a page at a time', async () => {
    for (let i = 0; i < 3; i++) await client.post('/deployments', deployment(github))
    await client.post('/deployments/1003/statuses', {
      state: 'in_progress',
      description: 'canary 5 %: soaking',
    })
    const path = ['data', 'repository', 'deployments'] as const
    const first = await client.graphql(query, variables)
    expect(first.at(...path, 'nodes', 0)).toMatchObject({
      databaseId: 1003,
      state: 'IN_PROGRESS',
      payload: '{"schema":1}',
      latestStatus: { state: 'IN_PROGRESS', description: 'canary 5 %: soaking', logUrl: null },
      statuses: { nodes: [{ state: 'IN_PROGRESS' }] },
    })
    expect(first.at(...path, 'nodes', 1)).toMatchObject({
      databaseId: 1002,
      state: 'PENDING',
      latestStatus: null,
    })
    const after = first.at(...path, 'pageInfo', 'endCursor')
    const second = await client.graphql(query, { ...variables, after })
    expect([
      second.at(...path, 'nodes', 0, 'databaseId'),
      second.at(...path, 'pageInfo', 'hasNextPage'),
    ]).toEqual([1001, false])
  })

  test.each([
    [
      'an unknown field',
      '{ repository(owner: "octo", name: "shop") { deployments(first: 1) { nodes { payloads } } } }',
      'payloads',
    ],
    ['no page size', '{ repository(owner: "octo", name: "shop") { deployments { nodes { id } } } }', 'first'],
    [
      'too large a page',
      '{ repository(owner: "octo", name: "shop") { deployments(first: 101) { nodes { id } } } }',
      '100 records',
    ],
    ['an unknown repository', '{ repository(owner: "octo", name: "ship") { id } }', 'octo/ship'],
  ])('refuses %s with status 200 and an error', async (_, wrong, named) => {
    const reply = await client.graphql(wrong)
    expect([reply.status, String(reply.at('errors', 0, 'message'))]).toEqual([
      200,
      expect.stringContaining(named),
    ])
  })

  test('without the permission to read deployments gives an error and no data', async () => {
    const blind = clientOf(github, github.token({ contents: 'read' }))
    const reply = await blind.graphql(query, variables)
    expect(reply.at('errors', 0)).toMatchObject({
      type: 'FORBIDDEN',
      message: 'Resource not accessible by integration',
    })
  })
})
