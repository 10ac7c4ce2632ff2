import { describe, expect, test } from '@jest/globals'
import {
  APPLY,
  CONFIG_MAPS,
  deployment,
  DEPLOYMENTS,
  JSON_PATCH,
  MERGE_PATCH,
  route,
  ROUTES,
  STRATEGIC,
  world,
  type World,
} from './api-world.ts'

async function withDeployment(): Promise<World> {
  const made = await world()
  await made.call('POST', DEPLOYMENTS, deployment('web'))
  return made
}

describe('JSON patch', () => {
  test('a failed test is 422 with the words of the real server, and nothing is changed', async () => {
    const { call } = await withDeployment()
    const operations = [
      { op: 'replace', path: '/spec/replicas', value: 9 },
      { op: 'test', path: '/spec/paused', value: true },
    ]
    expect(await call('PATCH', `${DEPLOYMENTS}/web`, operations, { type: JSON_PATCH })).toMatchObject({
      status: 422,
      body: {
        reason: 'Invalid',
        message: 'the server rejected our request due to an error in our request',
        details: {},
      },
    })
    expect((await call('GET', `${DEPLOYMENTS}/web`)).body.spec?.replicas).toBe(1)
  })

  test('tests and writes keys with slashes in them', async () => {
    const { call } = await withDeployment()
    const patch = (operations: object[]) =>
      call('PATCH', `${DEPLOYMENTS}/web`, operations, { type: JSON_PATCH })
    const path = '/metadata/annotations/release-actions.dev~1fence'
    expect((await patch([{ op: 'add', path, value: '7' }])).status).toBe(422)
    expect(
      (
        await patch([
          { op: 'add', path: '/metadata/annotations', value: {} },
          { op: 'add', path, value: '7' },
        ])
      ).status,
    ).toBe(200)
    expect(
      (
        await patch([
          { op: 'test', path, value: '7' },
          { op: 'replace', path: '/spec/replicas', value: 2 },
        ])
      ).body.spec?.replicas,
    ).toBe(2)
    expect((await patch([{ op: 'test', path, value: '6' }])).status).toBe(422)
  })

  test('adds to and removes from lists, and replaces what was not there', async () => {
    const { call } = await world()
    await call('POST', ROUTES, route('web'))
    const refs = '/spec/rules/0/backendRefs'
    const { body } = await call(
      'PATCH',
      `${ROUTES}/web`,
      [
        { op: 'test', path: `${refs}/0/name`, value: 'shop' },
        { op: 'replace', path: `${refs}/0/weight`, value: 95 },
        { op: 'add', path: `${refs}/-`, value: { name: 'shop-canary', port: 80, weight: 5 } },
        { op: 'remove', path: '/spec/rules/1' },
        { op: 'replace', path: '/spec/hostnames', value: ['a.test'] },
      ],
      { type: JSON_PATCH },
    )
    expect(body.spec).toMatchObject({
      hostnames: ['a.test'],
      rules: [{ backendRefs: [{ weight: 95 }, { name: 'shop-canary', kind: 'Service', weight: 5 }] }],
    })
    for (const operation of [
      { op: 'remove', path: '/spec/nope' },
      { op: 'replace', path: '/spec/rules/7', value: {} },
      { op: 'frob', path: '' },
    ]) {
      expect((await call('PATCH', `${ROUTES}/web`, [operation], { type: JSON_PATCH })).status).toBe(422)
    }
  })

  test('one that writes the resourceVersion it was decided on is refused when that is stale', async () => {
    const { call } = await world()
    await call('POST', ROUTES, route('web'))
    const operations = [
      { op: 'replace', path: '/metadata/resourceVersion', value: '1' },
      { op: 'remove', path: '/spec/rules/1' },
    ]
    expect((await call('PATCH', `${ROUTES}/web`, operations, { type: JSON_PATCH })).status).toBe(409)
  })
})

describe('merge patches', () => {
  test("a merge patch replaces a route's rules as a whole: the second rule and its filters are gone", async () => {
    const { call } = await world()
    await call('POST', ROUTES, route('web'))
    const rules = [{ backendRefs: [{ name: 'shop', port: 80, weight: 50 }] }]
    const { body } = await call('PATCH', `${ROUTES}/web`, { spec: { rules } }, { type: MERGE_PATCH })
    expect(body.spec?.rules).toHaveLength(1)
  })

  test('a strategic merge patch merges containers and env by name, and deletes on demand', async () => {
    const { call } = await withDeployment()
    const patch = async (containers: object[]) => {
      const { body } = await call(
        'PATCH',
        `${DEPLOYMENTS}/web`,
        { spec: { template: { spec: { containers } } } },
        { type: STRATEGIC },
      )
      return body.spec?.template?.spec?.containers ?? []
    }
    expect(
      await patch([
        { name: 'side', image: 'x:1' },
        { name: 'app', env: [{ name: 'A', value: '1' }] },
      ]),
    ).toMatchObject([
      { name: 'app', image: 'node:24-alpine', env: [{ name: 'A', value: '1' }] },
      { name: 'side', image: 'x:1' },
    ])
    const changed = await patch([
      {
        name: 'app',
        env: [
          { name: 'B', value: '2' },
          { name: 'A', $patch: 'delete' },
        ],
      },
      { name: 'side', $patch: 'delete' },
    ])
    expect(changed.map(({ name, env }) => [name, env])).toEqual([['app', [{ name: 'B', value: '2' }]]])
  })

  test('custom resources take no strategic merge, and nothing takes an unknown type: 415', async () => {
    const { call } = await world()
    await call('POST', ROUTES, route('web'))
    expect((await call('PATCH', `${ROUTES}/web`, {}, { type: STRATEGIC })).status).toBe(415)
    expect((await call('PATCH', `${ROUTES}/web`, {})).status).toBe(415)
  })
})

describe('server-side apply', () => {
  const configMap = (data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data })
  async function applying() {
    const { call } = await world()
    return async (manager: string, data: object, force = false) => {
      const reply = await call(
        'PATCH',
        `${CONFIG_MAPS}/c?fieldManager=${manager}&force=${String(force)}`,
        configMap(data),
        { type: APPLY },
      )
      const managers = reply.body.metadata?.managedFields ?? []
      return {
        ...reply,
        owners: Object.fromEntries(managers.map((one) => [`${one.manager} ${one.operation}`, one.fieldsV1])),
      }
    }
  }

  test('creates, and owns exactly what it names', async () => {
    const apply = await applying()
    const { status, owners } = await apply('one', { a: '1', b: '1' })
    expect(status).toBe(201)
    expect(owners).toEqual({ 'one Apply': { 'f:data': { 'f:a': {}, 'f:b': {} } } })
  })

  test("to change another manager's field is 409 and names manager and field; the same value is shared", async () => {
    const apply = await applying()
    await apply('one', { a: '1', b: '1' })
    expect(await apply('two', { a: '2', b: '2', c: '1' })).toMatchObject({
      status: 409,
      body: {
        reason: 'Conflict',
        message: 'Apply failed with 2 conflicts: conflicts with "one":\n- .data.a\n- .data.b',
        details: {
          causes: [
            { reason: 'FieldManagerConflict', field: '.data.a', message: 'conflict with "one"' },
            { field: '.data.b' },
          ],
        },
      },
    })
    const shared = await apply('two', { a: '1', c: '1' })
    expect(shared.owners).toEqual({
      'one Apply': { 'f:data': { 'f:a': {}, 'f:b': {} } },
      'two Apply': { 'f:data': { 'f:a': {}, 'f:c': {} } },
    })
  })

  test('force takes fields over; what a manager no longer names goes, unless another owns it', async () => {
    const apply = await applying()
    await apply('one', { a: '1', b: '1' })
    const forced = await apply('two', { a: '2' }, true)
    expect(forced.owners).toEqual({
      'one Apply': { 'f:data': { 'f:b': {} } },
      'two Apply': { 'f:data': { 'f:a': {} } },
    })
    const dropped = await apply('one', {})
    expect(dropped.body.data).toEqual({ a: '2' })
  })

  test('applying the same again changes nothing', async () => {
    const apply = await applying()
    const first = await apply('one', { a: '1' })
    const second = await apply('one', { a: '1' })
    expect(second.body).toEqual(first.body)
  })

  test('an update takes the fields it changes; the next apply of their former owner conflicts', async () => {
    const { call } = await world()
    const apply = () =>
      call('PATCH', `${DEPLOYMENTS}/web?fieldManager=one`, deployment('web'), { type: APPLY })
    await apply()
    const containers = [{ name: 'app', image: 'node:25' }]
    await call(
      'PATCH',
      `${DEPLOYMENTS}/web?fieldManager=kubectl-set`,
      { spec: { template: { spec: { containers } } } },
      { type: STRATEGIC },
    )
    expect(await apply()).toMatchObject({
      status: 409,
      body: {
        message:
          'Apply failed with 1 conflict: conflict with "kubectl-set" using apps/v1: .spec.template.spec.containers[name="app"].image',
      },
    })
  })

  test("a route's rules are one field: apply conflicts as a whole, and forced erases the others' rules", async () => {
    const { call } = await world()
    await call('POST', ROUTES, route('web'))
    const config = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'web' },
      spec: { rules: [{ backendRefs: [{ name: 'other', port: 80 }] }] },
    }
    const apply = (force: string) =>
      call('PATCH', `${ROUTES}/web?fieldManager=ssa&force=${force}`, config, { type: APPLY })
    const message =
      'Apply failed with 1 conflict: conflict with "tester" using gateway.networking.k8s.io/v1: .spec.rules'
    expect(await apply('false')).toMatchObject({ status: 409, body: { message } })
    expect((await apply('true')).body.spec?.rules).toHaveLength(1)
  })

  test('needs a manager, a type and no managedFields', async () => {
    const { call } = await world()
    expect((await call('PATCH', `${CONFIG_MAPS}/c`, configMap({}), { type: APPLY })).status).toBe(422)
    expect(
      (await call('PATCH', `${CONFIG_MAPS}/c?fieldManager=x`, { metadata: { name: 'c' } }, { type: APPLY }))
        .status,
    ).toBe(400)
    const unknown = { ...configMap({}), spec: {} }
    expect((await call('PATCH', `${CONFIG_MAPS}/c?fieldManager=x`, unknown, { type: APPLY })).status).toBe(
      500,
    )
  })
})
