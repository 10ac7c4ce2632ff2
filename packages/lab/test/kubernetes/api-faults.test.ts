import { describe, expect, test } from '@jest/globals'
import { CONFIG_MAPS, deployment, DEPLOYMENTS, MERGE_PATCH, world } from './api-world.ts'

const configMap = { metadata: { name: 'c' } }

describe('what a test can order', () => {
  test('a status, so many times, after so many requests', async () => {
    const { call, api } = await world()
    const order = api.faults.order(
      { verb: 'get', resource: 'configmaps' },
      { kind: 'status', code: 429, retryAfter: 3 },
      { times: 1, after: 1 },
    )
    const get = () => call('GET', `${CONFIG_MAPS}/kube-root-ca.crt`)
    expect((await get()).status).toBe(200)
    const struck = await get()
    expect([struck.status, struck.headers['retry-after'], struck.body.reason]).toEqual([
      429,
      '3',
      'TooManyRequests',
    ])
    expect((await get()).status).toBe(200)
    expect(order.hits).toBe(1)
  })

  test('a connection dropped before the write: nothing has happened', async () => {
    const { call, api } = await world()
    api.faults.order({ verb: 'create' }, { kind: 'drop-before' })
    await expect(call('POST', CONFIG_MAPS, configMap)).rejects.toThrow('socket hang up')
    expect((await call('GET', `${CONFIG_MAPS}/c`)).status).toBe(404)
  })

  test('a connection dropped after the write: it has happened, and the client cannot know', async () => {
    const { call, api } = await world()
    api.faults.order({ verb: 'create' }, { kind: 'drop-after' })
    await expect(call('POST', CONFIG_MAPS, configMap)).rejects.toThrow('socket hang up')
    expect((await call('GET', `${CONFIG_MAPS}/c`)).status).toBe(200)
    expect(api.requests.writes().map(({ status }) => status)).toEqual([undefined])
  })

  test('garbage and empty bodies', async () => {
    const { call, api } = await world()
    api.faults.order({ verb: 'list' }, { kind: 'garbage', body: '{"kind":' })
    api.faults.order({ verb: 'list' }, { kind: 'garbage' }, { after: 1 })
    expect((await call('GET', CONFIG_MAPS)).body).toBe('{"kind":')
    expect((await call('GET', CONFIG_MAPS)).body).toBe('')
  })

  test('a request that freezes until it is let go', async () => {
    const { call, api } = await world()
    api.faults.order({ verb: 'create', resource: 'configmaps' }, { kind: 'freeze' })
    const frozen = call('POST', CONFIG_MAPS, configMap)
    while (api.requests.writes().length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect((await call('GET', `${CONFIG_MAPS}/c`)).status).toBe(404)
    api.faults.thaw()
    expect((await frozen).status).toBe(201)
  })

  test('watches that are cut, now or after a while', async () => {
    const { watch, api } = await world()
    const first = await watch(
      `${CONFIG_MAPS}?watch=true&resourceVersion=${String(api.store.resourceVersion)}`,
    )
    expect(api.faults.cutWatches({ resource: 'configmaps' })).toBe(1)
    expect(await first.next()).toBeUndefined()
    api.faults.order({ verb: 'watch' }, { kind: 'cut', afterMs: 1 })
    const second = await watch(
      `${CONFIG_MAPS}?watch=true&resourceVersion=${String(api.store.resourceVersion)}`,
    )
    expect(await second.next()).toBeUndefined()
  })

  test('a hook around the nth write, which reads and dry runs do not count', async () => {
    const { call, api } = await world()
    const seen: string[] = []
    api.faults.onWrite((request, phase, index) => {
      seen.push(`${String(index)} ${phase} ${request.verb} ${request.target?.name ?? ''}`)
    })
    await call('POST', DEPLOYMENTS, deployment('web'))
    await call('GET', `${DEPLOYMENTS}/web`)
    await call('PATCH', `${DEPLOYMENTS}/web?dryRun=All`, { spec: { replicas: 2 } }, { type: MERGE_PATCH })
    await call('PATCH', `${DEPLOYMENTS}/web`, { spec: { replicas: 2 } }, { type: MERGE_PATCH })
    expect(seen).toEqual(['0 before create ', '0 after create ', '1 before patch web', '1 after patch web'])
  })

  test('only for what matches: name, namespace, subresource, user', async () => {
    const { call, api } = await world()
    await call('POST', DEPLOYMENTS, deployment('web'))
    api.faults.order(
      { resource: 'deployments/scale', name: /^w/ },
      { kind: 'status', code: 503 },
      { times: Infinity },
    )
    api.faults.order({ user: 'somebody' }, { kind: 'status', code: 500 }, { times: Infinity })
    expect((await call('GET', `${DEPLOYMENTS}/web`)).status).toBe(200)
    expect((await call('GET', `${DEPLOYMENTS}/web/scale`)).status).toBe(503)
    api.faults.clear()
    expect((await call('GET', `${DEPLOYMENTS}/web/scale`)).status).toBe(200)
  })
})

test('the log has every request, typed, with its answer', async () => {
  const { call, api } = await world()
  await call('POST', DEPLOYMENTS, deployment('web'))
  await call('PATCH', `${DEPLOYMENTS}/web?fieldManager=me`, { spec: { replicas: 2 } }, { type: MERGE_PATCH })
  await call('GET', `${DEPLOYMENTS}/nope`)
  expect(api.requests.all()).toHaveLength(3)
  expect(api.requests.writes({ verb: 'patch' })).toMatchObject([
    {
      group: 'apps',
      resource: 'deployments',
      namespace: 'default',
      name: 'web',
      query: 'fieldManager=me',
      user: 'admin',
      status: 200,
      body: { spec: { replicas: 2 } },
    },
  ])
  expect(api.requests.all({ verb: 'get' })).toMatchObject([{ name: 'nope', status: 404 }])
})
