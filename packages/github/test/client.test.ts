import { describe, expect, test } from '@jest/globals'
import {
  Conflict,
  Forbidden,
  NotFound,
  RateLimited,
  ReleaseError,
  Unreachable,
} from '@release-actions/values'
import nock from 'nock'
import { createGitHub, findJobUrl, type GitHub } from '../src/index.ts'
import { client, world } from './world.ts'

const LIST = 'GET /repos/{owner}/{repo}/deployments'
const list = (github: GitHub): Promise<unknown> => github.call(LIST, {}, 'deployments: read')
const post = (github: GitHub): Promise<unknown> =>
  github.call(
    'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses',
    { deployment_id: 1, state: 'success' },
    'deployments: write',
  )

async function errorOf(promise: Promise<unknown>): Promise<ReleaseError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof ReleaseError))
    throw new Error('it was expected to fail with an error of ours', { cause: error })
  return error
}

describe('what GitHub refuses', () => {
  test('a token that is not accepted', async () => {
    await using it = await world()
    const error = await errorOf(list(client(it.hub, { ...it, token: 'ghs_old' })))
    expect(error).toBeInstanceOf(Forbidden)
    expect(error.why).toEqual(['GitHub: Bad credentials'])
    expect(error.fix.join()).toContain('github.token')
  })

  test('a permission that is missing, by the name that the workflow needs', async () => {
    await using it = await world()
    const error = await errorOf(post(it.github({ deployments: 'read' })))
    expect(error).toBeInstanceOf(Forbidden)
    expect(error.fix.join()).toContain('permissions: {deployments: write}')
  })

  test('what is not there, or is hidden', async () => {
    await using it = await world()
    const error = await errorOf(post(it.github()))
    expect(error).toBeInstanceOf(NotFound)
    expect(error.fix.join()).toContain('deployments: write')
  })

  test.each([
    [409, Conflict, 'conflict'],
    [422, ReleaseError, 'invalid-input'],
    [418, Unreachable, 'unreachable'],
  ] as const)('%d', async (status, type, code) => {
    await using it = await world()
    it.hub.fault({ fault: { kind: 'status', status, message: 'because' } })
    const error = await errorOf(list(it.github()))
    expect(error).toBeInstanceOf(type)
    expect(error.code).toBe(code)
    expect(`${error.message} ${error.why.join()}`).toContain('because')
  })

  test('a forbidden thing that no permission helps: in its own words', async () => {
    await using it = await world()
    it.hub.fault({
      fault: { kind: 'status', status: 403, message: 'Your IP address is not on the allow list' },
    })
    expect((await errorOf(list(it.github()))).message).toBe(
      'GitHub forbids it (403): Your IP address is not on the allow list',
    )
  })
})

describe('what GitHub cannot do now', () => {
  test('is asked for again, and then said: 502', async () => {
    await using it = await world()
    it.hub.fault({ fault: { kind: 'status', status: 502 }, times: 2 })
    await list(it.github())
    it.hub.fault({ fault: { kind: 'status', status: 502 }, times: Infinity })
    expect((await errorOf(list(it.github()))).code).toBe('unreachable')
  })

  test.each([403, 429] as const)(
    'a secondary rate limit (%d) is waited for as long as it asks, also before a write',
    async (status) => {
      await using it = await world()
      it.hub.fault({ fault: { kind: 'secondary-limit', status, retryAfter: 40 } })
      await errorOf(post(it.github()))
      expect(it.slept).toContain(40_000)
      expect(it.hub.events).toHaveLength(2)
    },
  )

  test.each([403, 429] as const)(
    'one (%d) that does not say how long is waited for as long as GitHub documents',
    async (status) => {
      await using it = await world()
      it.hub.fault({ fault: { kind: 'secondary-limit', status } })
      await errorOf(post(it.github()))
      expect(it.slept).toContain(60_000)
      expect(it.hub.events).toHaveLength(2)
    },
  )

  test('a limit that asks for too long a wait is an error that says how long', async () => {
    await using it = await world()
    it.hub.fault({ fault: { kind: 'primary-limit', resetIn: 1800 }, times: Infinity })
    const error = await errorOf(list(it.github()))
    expect(error).toBeInstanceOf(RateLimited)
    expect(error.message).toMatch(/a pause of 1(799|800|801) s/)
  })

  test.each(['garbage', 'empty'] as const)('an answer that cannot be read (%s)', async (kind) => {
    await using it = await world()
    it.hub.fault({ fault: { kind }, times: Infinity })
    expect((await errorOf(list(it.github()))).message).toMatch(/cannot be read/)
  })

  test('no connection: host and cause', async () => {
    await using it = await world()
    const github = it.github()
    await it.hub.close()
    const error = await errorOf(list(github))
    expect(error).toBeInstanceOf(Unreachable)
    expect(error.message).toMatch(/^127\.0\.0\.1:\d+ cannot be reached: the connection was refused/)
  })
})

describe('an Enterprise Server', () => {
  test('is reached under its own address', async () => {
    await using it = await world({ prefix: '/api/v3' })
    await list(it.github())
    expect(it.hub.violations).toEqual([])
  })

  test('by https', async () => {
    await using it = await world()
    const scope = nock('https://ghe.example').get('/api/v3/repos/o/r/deployments').reply(200, [])
    const [apiUrl, graphqlUrl] = ['https://ghe.example/api/v3', 'https://ghe.example/api/graphql']
    await list(createGitHub({ ...it, token: 't', owner: 'o', repo: 'r', apiUrl, graphqlUrl }))
    scope.done()
    nock.restore()
  })
})

describe('the page of this job', () => {
  const job = { runnerName: '', job: 'release', runUrl: 'https://run' }
  test('is found by the job that is in progress', async () => {
    await using it = await world()
    const run = it.hub.run({ job: 'release' })
    const url = await findJobUrl(it.github(), { ...job, run: { id: run.runId, attempt: run.runAttempt } })
    expect(url).toMatch(/\/job\/\d+$/)
  })
  test('is the page of the run without actions: read', async () => {
    await using it = await world()
    const run = it.hub.run({ job: 'release' })
    const github = it.github({ deployments: 'write' })
    expect(await findJobUrl(github, { ...job, run: { id: run.runId, attempt: 1 } })).toBe('https://run')
  })
})
