import { describe, expect, test } from '@jest/globals'
import { Conflict, Forbidden } from '@release-actions/values'
import type { Deployment } from '../../lab/src/github/index.ts'
import { JOB, record, world } from './world.ts'

const older = record({ version: '1.3.2', digest: `sha256:${'b'.repeat(64)}`, run: { id: 6, attempt: 1 } })

describe('opening the record', () => {
  test('creates one Deployment with everything that a rollback needs, and says queued', async () => {
    await using it = await world()
    const opened = await it.ledger({ environmentUrl: 'https://shop.example' }).open(record(), undefined)
    expect(opened.created).toBe(true)
    const [only, ...more] = it.hub.deployments
    expect(more).toEqual([])
    expect(only).toMatchObject({
      id: opened.id,
      task: 'release-actions:shop',
      environment: 'production',
    })
    const bodies = it.hub.writes().map(({ body }) => body)
    expect(bodies[0]).toMatchObject({
      ref: it.hub.sha,
      auto_merge: false,
      required_contexts: [],
      production_environment: true,
      transient_environment: false,
      payload: { schema: 1, service: 'shop' },
    })
    expect(bodies[1]).toEqual({
      state: 'queued',
      description: 'queued',
      log_url: JOB,
      environment_url: 'https://shop.example',
      auto_inactive: false,
    })
    expect(it.hub.violations).toEqual([])
  })

  test.each(['object', 'text', 'twice'] as const)(
    'finds this run again in any attempt (payload as %s)',
    async (payloads) => {
      await using it = await world({ payloads })
      const first = await it.ledger().open(record(), undefined)
      const again = await it.ledger().open(record({ run: { id: 7, attempt: 2 } }), undefined)
      expect(again).toEqual({ id: first.id, created: false })
      expect(it.hub.deployments).toHaveLength(1)
    },
  )

  test('does not take another run, service or cluster for its own', async () => {
    await using it = await world()
    await it.ledger().open(older, undefined)
    await it.ledger().open(record({ target: { ...record().target, cluster: 'eu' } }), undefined)
    await it.ledger({ service: 'cart' }).open(record({ service: 'cart' }), undefined)
    expect((await it.ledger().open(record(), undefined)).created).toBe(true)
    expect(it.hub.deployments).toHaveLength(4)
  })

  test('believes the Lease when the list lags behind', async () => {
    await using it = await world()
    const first = await it.ledger().open(record(), undefined)
    it.hub.fault({
      operations: ['repos/list-deployments'],
      times: Infinity,
      fault: { kind: 'stale', newest: 1 },
    })
    expect(await it.ledger().open(record(), first.id)).toEqual({ id: first.id, created: false })
    expect(it.hub.deployments).toHaveLength(1)
  })

  test('does not trust an id on the Lease that is not of this run', async () => {
    await using it = await world()
    const other = await it.ledger().open(older, undefined)
    expect((await it.ledger().open(record(), other.id)).created).toBe(true)
    expect((await it.ledger().open(record({ run: { id: 8, attempt: 1 } }), 999_999)).created).toBe(true)
  })

  test.each(['drop', 'garbage', 'empty', 'truncated'] as const)(
    'creates no second one when the answer is lost (%s)',
    async (kind) => {
      await using it = await world()
      it.hub.fault({
        operations: ['repos/create-deployment'],
        fault: kind === 'drop' ? { kind, effect: 'after' } : { kind },
      })
      await it.ledger().open(record(), undefined)
      expect(it.hub.deployments).toHaveLength(1)
    },
  )

  test('creates it after all when the request was lost', async () => {
    await using it = await world()
    it.hub.fault({ operations: ['repos/create-deployment'], fault: { kind: 'drop', effect: 'before' } })
    await it.ledger().open(record(), undefined)
    expect(it.hub.deployments).toHaveLength(1)
  })

  test('of two records for one run the lowest id counts, and the other ends as an error', async () => {
    await using it = await world()
    it.hub.fault({ operations: ['repos/list-deployments'], times: 3, fault: { kind: 'stale', newest: 9 } })
    const first = await it.ledger().open(record(), undefined)
    const second = await it.ledger().open(record(), undefined)
    expect(it.hub.deployments).toHaveLength(2)
    expect(second.id).toBe(first.id)
    const states = (await it.ledger().history()).map(({ id, state }) => [id === first.id, state])
    expect(states).toEqual([
      [false, 'error'],
      [true, 'queued'],
    ])
  })

  test('refuses what a newer version wrote', async () => {
    await using it = await world()
    await it.github().call('POST /repos/{owner}/{repo}/deployments', {
      ref: it.hub.sha,
      task: 'release-actions:shop',
      environment: 'production',
      required_contexts: [],
      auto_merge: false,
      payload: { schema: 2 },
    })
    await expect(it.ledger().open(record(), undefined)).rejects.toThrow(/newer release-actions \(schema 2\)/)
    await expect(it.ledger().history()).rejects.toThrow(Conflict)
  })

  test('names the permission that is missing', async () => {
    await using it = await world()
    const ledger = it.ledger({ github: it.github({ deployments: 'read' }) })
    const error: unknown = await ledger.open(record(), undefined).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Forbidden)
    expect(error).toMatchObject({ message: expect.stringContaining('deployments: write') })
  })
})

describe('the last word', () => {
  test('outlasts a moment in which GitHub takes nothing', async () => {
    await using it = await world()
    const ledger = it.ledger()
    const { id } = await ledger.open(record(), undefined)
    it.hub.fault({
      operations: ['repos/create-deployment-status'],
      times: 4,
      fault: { kind: 'status', status: 500 },
    })
    await ledger.failed(id, 'retreated')
    expect((await ledger.history()).map(({ state }) => state)).toEqual(['failure'])
    expect(it.slept).toEqual([0, 1_000, 3_000, 6_000])
  })

  test('is waited for no longer than that, and a phase only once more', async () => {
    await using it = await world()
    const ledger = it.ledger()
    const { id } = await ledger.open(record(), undefined)
    it.hub.fault({
      operations: ['repos/create-deployment-status'],
      times: Infinity,
      fault: { kind: 'status', status: 500 },
    })
    await expect(ledger.phase(id, 'canary 5 %: soaking')).rejects.toThrow(/answered 500/)
    expect(it.slept).toEqual([0])
    await expect(ledger.failed(id, 'retreated')).rejects.toThrow(/answered 500/)
    expect(it.slept).toEqual([0, 0, 1_000, 3_000, 6_000])
  })
})

describe('a release', () => {
  test('deactivates the previous release of its own service, and no other', async () => {
    await using it = await world()
    const cart = it.ledger({ service: 'cart' })
    const other = await cart.open(record({ service: 'cart' }), undefined)
    await cart.verified(other.id, 'live')
    const ledger = it.ledger()
    const before = await ledger.open(older, undefined)
    await ledger.verified(before.id, 'live')
    const now = await ledger.open(record(), undefined)
    await ledger.phase(now.id, 'canary 5 %: soaking')
    await ledger.verified(now.id, 'verified at 100 %')
    const history = await ledger.history()
    expect(history.map(({ id, state, verified }) => ({ id, state, verified }))).toEqual([
      { id: now.id, state: 'success', verified: true },
      { id: before.id, state: 'inactive', verified: true },
    ])
    expect((await cart.history())[0]).toMatchObject({ id: other.id, state: 'success' })
    expect(it.hub.violations).toEqual([])
  })

  test('writes at most twelve times, and its end always', async () => {
    await using it = await world()
    const ledger = it.ledger()
    const before = await ledger.open(older, undefined)
    await ledger.verified(before.id, 'live')
    const already = it.hub.writes().length
    const { id } = await ledger.open(record(), undefined)
    for (let n = 0; n < 30; n++) {
      await ledger.phase(id, `canary ${n} %: soaking`)
      await ledger.phase(id, `canary ${n} %: soaking`)
    }
    await ledger.verified(id, 'verified')
    expect(it.hub.writes().length - already).toBeLessThanOrEqual(12)
    expect((await ledger.history())[0]).toMatchObject({ id, state: 'success' })
  })

  test('counts the writes of its earlier jobs', async () => {
    await using it = await world()
    const { id } = await it.ledger().open(record(), undefined)
    for (let n = 0; n < 30; n++) {
      const ledger = it.ledger()
      if (n % 2 === 0) await ledger.open(record(), id)
      await ledger.phase(id, `canary ${n} %`)
    }
    expect(it.hub.writes().length).toBeLessThanOrEqual(9)
  })

  test('that failed says why, in what GitHub takes', async () => {
    await using it = await world()
    const ledger = it.ledger()
    const { id } = await ledger.open(record(), undefined)
    await ledger.failed(id, `error rate 4.2 % > 1 %\n${'😀'.repeat(100)}`)
    const body = it.hub.writes().at(-1)?.body
    expect(body).toMatchObject({
      state: 'failure',
      description: expect.stringMatching(/^error rate 4\.2 % > 1 % 😀+…$/u),
    })
    expect(it.hub.violations).toEqual([])
  })
})

describe('the history', () => {
  test('is the same by REST when GraphQL is not there', async () => {
    await using it = await world()
    const ledger = it.ledger()
    const before = await ledger.open(older, undefined)
    await ledger.verified(before.id, 'live')
    await ledger.open(record(), undefined)
    const whole = await ledger.history()
    it.hub.fault({ operations: ['graphql'], times: Infinity, fault: { kind: 'status', status: 502 } })
    expect(await ledger.history()).toEqual(whole)
    expect(whole[1]).toMatchObject({ id: before.id, sha: it.hub.sha, verified: true, record: older })
  })

  test('takes one request, which GitHub answers', async () => {
    await using it = await world()
    await it.ledger().open(record(), undefined)
    const before = it.hub.events.length
    expect(await it.ledger().history()).toHaveLength(1)
    expect(it.hub.events.slice(before).map(({ operation }) => operation)).toEqual(['graphql'])
  })

  test('finds a service among many releases of others', async () => {
    await using it = await world()
    const { id } = await it.ledger().open(record(), undefined)
    for (let n = 0; n < 60; n++) {
      await it
        .ledger({ service: 'cart' })
        .open(record({ service: 'cart', run: { id: 100 + n, attempt: 1 } }), undefined)
    }
    expect((await it.ledger().history()).map((entry) => entry.id)).toEqual([id])
  })

  test('finds what is further back than the newest Deployments of others', async () => {
    await using it = await world()
    const deployments = it.hub.deployments as Deployment[]
    const others = (count: number): void => {
      const [one] = deployments
      for (let n = 0; n < count && one !== undefined; n++) {
        const id = (deployments.at(-1)?.id ?? 0) + 1
        deployments.push({ ...one, id, task: 'deploy', createdAt: one.createdAt + deployments.length })
      }
    }
    const ledger = it.ledger()
    const first = await ledger.open(older, undefined)
    await ledger.verified(first.id, 'live')
    const [kept] = deployments
    others(310)
    // Seen by both ways to ask, it is told once.
    if (kept !== undefined)
      deployments.push({ ...kept, id: (deployments.at(-1)?.id ?? 0) + 1, createdAt: kept.createdAt + 1000 })
    expect((await ledger.history()).map(({ id, verified }) => [id, verified])).toEqual([
      [deployments.at(-1)?.id, true],
      [first.id, true],
    ])
    expect(it.warnings).toEqual([])
  })

  test('leaves out what is no record of ours, and says so', async () => {
    await using it = await world()
    await it.github().call('POST /repos/{owner}/{repo}/deployments', {
      ref: it.hub.sha,
      task: 'release-actions:shop',
      environment: 'production',
      required_contexts: [],
      auto_merge: false,
      payload: 'by hand',
    })
    expect(await it.ledger().history()).toEqual([])
    expect(it.warnings[0]).toMatch(/is not a record of ours/)
  })
})
