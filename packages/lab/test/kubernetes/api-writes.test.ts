import { describe, expect, test } from '@jest/globals'
import {
  CONFIG_MAPS,
  deployment,
  DEPLOYMENTS,
  LEASES,
  MERGE_PATCH,
  route,
  ROUTES,
  SERVICES,
  world,
} from './api-world.ts'
import { KINDS } from '../../src/kubernetes/kinds.ts'

describe('creating', () => {
  test('a Deployment gets the defaults that clients read back', async () => {
    const { call } = await world()
    const { status, body } = await call('POST', DEPLOYMENTS, deployment('web'))
    expect(status).toBe(201)
    expect(body.metadata).toMatchObject({ name: 'web', namespace: 'default', generation: 1 })
    expect(body.spec).toMatchObject({
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: {
        spec: {
          terminationGracePeriodSeconds: 30,
          containers: [{ imagePullPolicy: 'IfNotPresent', ports: [{ protocol: 'TCP' }] }],
        },
      },
    })
  })

  test('a Service gets an address, a protocol and a target port', async () => {
    const { call } = await world()
    const { body } = await call('POST', SERVICES, {
      metadata: { name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    })
    expect(body.spec).toMatchObject({
      type: 'ClusterIP',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    })
    expect(body.spec?.clusterIP).toMatch(/^10\.96\./)
  })

  test('an HTTPRoute gets the defaults of its schema', async () => {
    const { call } = await world()
    const { body } = await call('POST', ROUTES, route('web'))
    expect(body.spec?.rules?.[0]).toEqual({
      matches: [{ path: { type: 'PathPrefix', value: '/' } }],
      backendRefs: [{ group: '', kind: 'Service', name: 'shop', port: 80, weight: 1 }],
    })
  })

  test('twice is 409, in a namespace that is not there 404, in another one 400', async () => {
    const { call } = await world()
    await call('POST', DEPLOYMENTS, deployment('web'))
    const twice = await call('POST', DEPLOYMENTS, deployment('web'))
    expect(twice).toMatchObject({
      status: 409,
      body: { reason: 'AlreadyExists', message: 'deployments.apps "web" already exists' },
    })
    const nowhere = await call('POST', '/apis/apps/v1/namespaces/nowhere/deployments', deployment('web'))
    expect(nowhere).toMatchObject({ status: 404, body: { message: 'namespaces "nowhere" not found' } })
    const other = await call('POST', CONFIG_MAPS, { metadata: { name: 'a', namespace: 'other' } })
    expect(other.status).toBe(400)
  })

  test('generateName makes a name, and two different ones', async () => {
    const { call } = await world()
    const names = await Promise.all(
      [1, 2].map(
        async () =>
          (await call('POST', CONFIG_MAPS, { metadata: { generateName: 'c-' } })).body.metadata?.name,
      ),
    )
    expect(names[0]).toMatch(/^c-[a-z0-9]{5}$/)
    expect(names[0]).not.toBe(names[1])
  })

  test('a dry run validates and defaults, and stores nothing', async () => {
    const { call, store } = await world()
    const before = store.resourceVersion
    const { status, body } = await call('POST', `${DEPLOYMENTS}?dryRun=All`, deployment('web'))
    expect([status, body.spec?.replicas]).toEqual([201, 1])
    expect((await call('GET', `${DEPLOYMENTS}/web`)).status).toBe(404)
    expect((await call('POST', `${DEPLOYMENTS}?dryRun=All`, deployment('Web'))).status).toBe(422)
    expect(store.resourceVersion).toBe(before)
  })
})

describe('optimistic concurrency', () => {
  const conflict =
    'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again'

  test('a PUT or a patch with a stale resourceVersion is 409, and changes nothing', async () => {
    const { call } = await world()
    const { body: first } = await call('POST', DEPLOYMENTS, deployment('web'))
    await call('PATCH', `${DEPLOYMENTS}/web`, { spec: { replicas: 2 } }, { type: MERGE_PATCH })
    const put = await call('PUT', `${DEPLOYMENTS}/web`, first)
    expect(put).toMatchObject({
      status: 409,
      body: {
        reason: 'Conflict',
        message: conflict,
        details: { name: 'web', group: 'apps', kind: 'deployments' },
      },
    })
    const resourceVersion = first.metadata?.resourceVersion
    const patch = await call(
      'PATCH',
      `${DEPLOYMENTS}/web`,
      { metadata: { resourceVersion }, spec: { replicas: 3 } },
      { type: MERGE_PATCH },
    )
    expect(patch).toMatchObject({ status: 409, body: { message: conflict } })
    expect((await call('GET', `${DEPLOYMENTS}/web`)).body.spec?.replicas).toBe(2)
  })

  test('of two writers that read the same version, one wins', async () => {
    const { call } = await world()
    await call('POST', LEASES, { metadata: { name: 'l' }, spec: { leaseTransitions: 1 } })
    const { body: seen } = await call('GET', `${LEASES}/l`)
    const both = ['a', 'b'].map((holderIdentity) =>
      call('PUT', `${LEASES}/l`, { ...seen, spec: { holderIdentity } }),
    )
    expect((await Promise.all(both)).map(({ status }) => status).sort()).toEqual([200, 409])
  })

  test('a Lease or an HTTPRoute cannot be replaced without saying which version', async () => {
    const { call } = await world()
    await call('POST', LEASES, { metadata: { name: 'l' }, spec: {} })
    await call('POST', ROUTES, route('web'))
    for (const [path, body] of [
      [`${LEASES}/l`, { metadata: { name: 'l' } }],
      [`${ROUTES}/web`, route('web')],
    ] as const) {
      expect(await call('PUT', path, body)).toMatchObject({
        status: 422,
        body: {
          details: {
            causes: [
              {
                field: 'metadata.resourceVersion',
                message: 'Invalid value: 0: must be specified for an update',
              },
            ],
          },
        },
      })
    }
  })

  test('a write that changes nothing makes no new version', async () => {
    const { call } = await world()
    const { body } = await call('POST', DEPLOYMENTS, deployment('web'))
    const again = await call('PUT', `${DEPLOYMENTS}/web`, deployment('web'))
    expect(again.body.metadata?.resourceVersion).toBe(body.metadata?.resourceVersion)
  })

  test('deletion holds to uid and resourceVersion when they are given', async () => {
    const { call } = await world()
    await call('POST', CONFIG_MAPS, { metadata: { name: 'c' } })
    const refused = await call('DELETE', `${CONFIG_MAPS}/c`, { preconditions: { uid: 'another' } })
    expect(refused).toMatchObject({ status: 409, body: { reason: 'Conflict' } })
    expect(
      (await call('DELETE', `${CONFIG_MAPS}/c`, { preconditions: { resourceVersion: '1' } })).status,
    ).toBe(409)
    expect((await call('DELETE', `${CONFIG_MAPS}/c`)).body).toMatchObject({
      kind: 'Status',
      status: 'Success',
    })
    expect((await call('DELETE', `${CONFIG_MAPS}/c`)).status).toBe(404)
  })
})

describe('generation and status', () => {
  test('generation counts changes of the spec, and a Deployment also its annotations', async () => {
    const { call } = await world()
    await call('POST', DEPLOYMENTS, deployment('web'))
    const patch = async (body: object) =>
      (await call('PATCH', `${DEPLOYMENTS}/web`, body, { type: MERGE_PATCH })).body.metadata?.generation
    expect(await patch({ metadata: { labels: { a: 'b' } } })).toBe(1)
    expect(await patch({ spec: { replicas: 3 } })).toBe(2)
    expect(await patch({ metadata: { annotations: { a: 'b' } } })).toBe(3)
  })

  test('the main resource ignores status, the status subresource ignores spec', async () => {
    const { call } = await world()
    await call('POST', DEPLOYMENTS, deployment('web'))
    const main = await call('PATCH', `${DEPLOYMENTS}/web`, { status: { replicas: 9 } }, { type: MERGE_PATCH })
    expect(main.body.status).toEqual({})
    const both = { spec: { replicas: 9 }, status: { replicas: 9 } }
    const status = await call('PATCH', `${DEPLOYMENTS}/web/status`, both, { type: MERGE_PATCH })
    expect([
      status.body.spec?.replicas,
      status.body.status?.replicas,
      status.body.metadata?.generation,
    ]).toEqual([1, 9, 1])
  })

  test('scale reads and writes the replicas', async () => {
    const { call } = await world()
    await call('POST', DEPLOYMENTS, deployment('web'))
    expect((await call('GET', `${DEPLOYMENTS}/web/scale`)).body).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 1 },
      status: { selector: 'app=web' },
    })
    await call('PATCH', `${DEPLOYMENTS}/web/scale`, { spec: { replicas: 4 } }, { type: MERGE_PATCH })
    expect((await call('GET', `${DEPLOYMENTS}/web`)).body).toMatchObject({
      spec: { replicas: 4 },
      metadata: { generation: 2 },
    })
  })
})

describe('what is not valid', () => {
  const causes = async (path: string, body: unknown, method = 'POST', type = 'application/json') => {
    const { call } = await world()
    await call('POST', DEPLOYMENTS, deployment('web'))
    await call('POST', ROUTES, route('web'))
    const reply = await call(method, path, body, { type })
    expect([reply.status, reply.body.reason]).toEqual([422, 'Invalid'])
    return (reply.body.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`)
  }

  test("a Deployment's selector is immutable", async () => {
    const spec = { selector: { matchLabels: { x: 'y' } }, template: { metadata: { labels: { x: 'y' } } } }
    expect(await causes(`${DEPLOYMENTS}/web`, { spec }, 'PATCH', MERGE_PATCH)).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"app":"web","x":"y"}}: field is immutable',
    ])
  })

  test('a selector must match the template', async () => {
    expect(
      await causes(DEPLOYMENTS, deployment('a', { selector: { matchLabels: { app: 'other' } } })),
    ).toEqual([
      'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
    ])
  })

  test('names are DNS names and labels have at most 63 characters', async () => {
    expect((await causes(DEPLOYMENTS, deployment('Web_1')))[0]).toMatch(
      /^metadata.name: Invalid value: "Web_1": a lowercase RFC 1123 subdomain/,
    )
    const long = 'x'.repeat(64)
    expect(await causes(CONFIG_MAPS, { metadata: { name: 'c', labels: { a: long } } })).toEqual([
      `metadata.labels: Invalid value: "${long}": must be no more than 63 characters`,
    ])
  })

  test('containers have a name, an image, and mounts that exist', async () => {
    const template = {
      metadata: { labels: { app: 'a' } },
      spec: {
        containers: [
          { image: 'x' },
          { name: 'b' },
          { name: 'b', image: 'c', volumeMounts: [{ name: 'v', mountPath: '/' }] },
        ],
      },
    }
    expect(await causes(DEPLOYMENTS, deployment('a', { template }))).toEqual([
      'spec.template.spec.containers[0].name: Required value',
      'spec.template.spec.containers[1].image: Required value',
      'spec.template.spec.containers[2].name: Duplicate value: "b"',
      'spec.template.spec.containers[2].volumeMounts[0].name: Not found: "v"',
    ])
  })

  test("a route's weights are whole numbers within bounds, and a Service reference has a port", async () => {
    const weight = (value: unknown) => [{ op: 'replace', path: '/spec/rules/0/backendRefs/0/weight', value }]
    const patched = (value: unknown) =>
      causes(`${ROUTES}/web`, weight(value), 'PATCH', 'application/json-patch+json')
    expect((await patched(-1))[0]).toContain('should be greater than or equal to 0')
    expect((await patched(1_000_001))[0]).toContain('should be less than or equal to 1000000')
    expect((await patched('5'))[0]).toContain('must be of type integer: "string"')
    expect((await patched(5.5))[0]).toContain('must be of type integer: "number"')
    const noPort = [{ op: 'add', path: '/spec/rules/0/backendRefs/-', value: { name: 'x' } }]
    expect(await causes(`${ROUTES}/web`, noPort, 'PATCH', 'application/json-patch+json')).toEqual([
      'spec.rules[0].backendRefs[1]: Invalid value: "object": Must have port for Service reference',
    ])
  })

  test('times of a Lease have six decimals: milliseconds are refused', async () => {
    const { call } = await world()
    await call('POST', LEASES, { metadata: { name: 'l' }, spec: {} })
    const renew = (renewTime: string) =>
      call('PATCH', `${LEASES}/l`, { spec: { renewTime } }, { type: MERGE_PATCH })
    expect((await renew('2026-11-21T00:00:00.123Z')).status).toBe(422)
    expect((await renew('2026-11-21T00:00:00.123000Z')).status).toBe(200)
  })

  test('a wrong type is 400, an unknown field a warning, or 400 when the client is strict', async () => {
    const { call } = await world()
    const wrong = await call('POST', DEPLOYMENTS, deployment('a', { replicas: 'three' }))
    expect(wrong.status).toBe(400)
    expect(wrong.body.message).toContain(
      'cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    )
    const typo = deployment('a', { replicaz: 3 })
    const strict = await call('POST', `${DEPLOYMENTS}?fieldValidation=Strict`, typo)
    expect(strict).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('unknown field "spec.replicaz"') },
    })
    const warned = await call('POST', DEPLOYMENTS, typo)
    expect(warned.headers['warning']).toBe('299 - "unknown field \\"spec.replicaz\\""')
    expect(warned.body.spec).not.toHaveProperty('replicaz')
  })
})

describe('deleting', () => {
  test('a pod that a node runs stays, terminating, until the kubelet lets it go; grace 0 removes it at once', async () => {
    const { call, store } = await world()
    const pods = '/api/v1/namespaces/default/pods'
    for (const name of ['a', 'b']) {
      await call('POST', pods, {
        metadata: { name },
        spec: { nodeName: 'n', containers: [{ name: 'a', image: 'x' }] },
      })
    }
    const { body } = await call('DELETE', `${pods}/a`)
    expect(body.metadata).toMatchObject({
      deletionGracePeriodSeconds: 30,
      deletionTimestamp: expect.any(String),
    })
    expect((await call('GET', `${pods}/a`)).status).toBe(200)
    store.finalizeDelete(KINDS.Pod, 'default', 'a')
    expect((await call('GET', `${pods}/a`)).status).toBe(404)
    await call('DELETE', `${pods}/b?gracePeriodSeconds=0`)
    expect((await call('GET', `${pods}/b`)).status).toBe(404)
  })

  test('in the foreground the owner stays until the garbage collector takes its finalizer', async () => {
    const { call } = await world()
    await call('POST', DEPLOYMENTS, deployment('web'))
    const { body } = await call('DELETE', `${DEPLOYMENTS}/web`, { propagationPolicy: 'Foreground' })
    expect(body.metadata).toMatchObject({
      finalizers: ['foregroundDeletion'],
      deletionTimestamp: expect.any(String),
    })
    await call('PATCH', `${DEPLOYMENTS}/web`, { metadata: { finalizers: null } }, { type: MERGE_PATCH })
    expect((await call('GET', `${DEPLOYMENTS}/web`)).status).toBe(404)
  })

  test('a namespace takes its objects with it', async () => {
    const { call } = await world()
    await call('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } })
    await call('POST', '/api/v1/namespaces/shop/configmaps', { metadata: { name: 'c' } })
    await call('DELETE', '/api/v1/namespaces/shop')
    expect((await call('GET', '/api/v1/namespaces/shop')).status).toBe(404)
    expect((await call('GET', '/api/v1/namespaces/shop/configmaps/c')).status).toBe(404)
  })

  test('a collection goes by its selector', async () => {
    const { call } = await world()
    for (const [name, a] of [
      ['x', '1'],
      ['y', '2'],
    ])
      await call('POST', CONFIG_MAPS, { metadata: { name, labels: { a } } })
    await call('DELETE', `${CONFIG_MAPS}?labelSelector=a%3D1`)
    const left = (await call('GET', `${CONFIG_MAPS}?labelSelector=a`)).body.items as unknown as {
      metadata: { name: string }
    }[]
    expect(left.map(({ metadata }) => metadata.name)).toEqual(['y'])
  })
})
