import { describe, expect, test } from '@jest/globals'
import { appDeployment, type Manifest } from '../../../lab/src/stage/objects.ts'
import { ROLE_RULES } from '../../src/index.ts'
import { IMAGE, NAMESPACE, shop, World } from '../world.ts'

const HPA: Manifest = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'scaler' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' },
    minReplicas: 1,
    maxReplicas: 5,
  },
}

describe('a canary Deployment', () => {
  test('is the stable’s template with its own labels, owned by it, and reports the template in the stable’s terms', async () => {
    await using it = await World.start()
    const canary = await it.open()
    const fence = await it.claim(canary)
    await canary.cluster.applyCanary(1, fence)
    const made = await it.admin.get('Deployment', 'shop-canary')
    const stable = await it.admin.get('Deployment', 'shop')
    expect(made.spec?.selector).toEqual({ matchLabels: { app: 'shop-canary', tier: 'web' } })
    expect(made.metadata?.ownerReferences).toEqual([
      expect.objectContaining({
        kind: 'Deployment',
        name: 'shop',
        uid: stable.metadata?.uid,
        controller: false,
      }),
    ])
    const seen = await it.until(canary, (now) => now.canary?.ready === 1 && now.stable?.settled === true)
    expect(seen.canary).toMatchObject({
      template: canary.target.goal?.hash,
      desired: 1,
      old: 0,
      image: IMAGE,
      endpoints: 0,
    })
    expect(seen.stable).toMatchObject({ desired: 2, ready: 2, endpoints: 2, settled: true })
    expect(seen.unstamped).toEqual([])
  })

  test('gets another release’s template under the fence, and is made once where the answer was lost', async () => {
    await using it = await World.start()
    const canary = await it.open()
    const fence = await it.claim(canary)
    it.kubernetes.faults.order({ verb: 'create', resource: 'deployments' }, { kind: 'drop-after' })
    await canary.cluster.applyCanary(1, fence)
    const next = await it.open({ image: 'node:24-alpine' })
    const later = await it.claim(next, 8)
    await next.cluster.applyCanary(2, later)
    expect(await next.cluster.observe()).toMatchObject({
      canary: { template: next.target.goal?.hash, desired: 2 },
    })
    await expect(canary.cluster.applyCanary(1, fence)).rejects.toMatchObject({ code: 'superseded' })
  })

  test('that is not ours is never touched', async () => {
    await using it = await World.start()
    const canary = await it.open()
    const fence = await it.claim(canary)
    await it.apply(appDeployment({ name: 'shop-canary', version: 'theirs', replicas: 1 }))
    for (const write of [
      () => canary.cluster.applyCanary(1, fence),
      () => canary.cluster.scaleCanary(3, fence),
      () => canary.cluster.deleteCanary(fence),
    ]) {
      await expect(write()).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('is not ours'),
      })
    }
    await expect(canary.cluster.preflight()).rejects.toMatchObject({ code: 'conflict' })
  })

  test('goes, and a canary Service that a killed process left goes with it', async () => {
    await using it = await World.start()
    const canary = await it.open()
    const fence = await it.claim(canary)
    await canary.cluster.applyCanary(1, fence)
    it.kubernetes.faults.order({ verb: 'patch', resource: 'httproutes' }, { kind: 'status', code: 403 })
    await expect(canary.traffic.link(fence)).rejects.toMatchObject({ code: 'forbidden' })
    // Ended between the two: what is left is what brings the next run here again.
    it.kubernetes.faults.order({ verb: 'delete', resource: 'deployments' }, { kind: 'status', code: 403 })
    await expect(it.again(() => canary.cluster.deleteCanary(fence))).rejects.toMatchObject({
      code: 'forbidden',
    })
    expect(await it.admin.find('Service', 'shop-canary')).toBeUndefined()
    await it.again(() => canary.cluster.deleteCanary(fence))
    await it.until(canary, (now) => now.canary === undefined)
    await canary.cluster.deleteCanary(fence)
  })
})

describe('the stable', () => {
  test('is promoted to the goal’s template, and restored from its ReplicaSet whole', async () => {
    await using it = await World.start()
    const canary = await it.open()
    const fence = await it.claim(canary)
    const { stable: base } = await it.until(canary, (now) => now.stable.settled)
    await canary.cluster.promoteStable(fence)
    await canary.cluster.observe()
    await canary.cluster.promoteStable(fence)
    const promoted = await it.until(
      canary,
      (now) => now.stable.settled && now.stable.template !== base.template,
    )
    expect(promoted.stable).toMatchObject({
      template: canary.target.goal?.hash,
      image: IMAGE,
      old: 0,
      endpoints: 2,
    })
    expect(await canary.cluster.restoreStable(base, fence)).toEqual([])
    const restored = await it.until(
      canary,
      (now) => now.stable.settled && now.stable.template === base.template,
    )
    expect(restored.stable).toMatchObject({ image: base.image, replicaSet: base.replicaSet })
  })

  test('is restored by image where the ReplicaSet is gone, and what could not be is said', async () => {
    await using it = await World.start()
    const canary = await it.open()
    const fence = await it.claim(canary)
    const { stable } = await it.until(canary, (now) => now.stable.settled)
    await canary.cluster.promoteStable(fence)
    const base = { replicaSet: 'gone', image: stable.image, template: 'f'.repeat(64) }
    expect(await canary.cluster.restoreStable(base, fence)).toEqual([
      expect.stringMatching(/gone is gone: the image of app was restored/),
    ])
    expect(await canary.cluster.observe()).toMatchObject({ stable: { template: stable.template } })
  })

  test('that changed since it was looked at is not promoted over', async () => {
    await using it = await World.start()
    const canary = await it.open()
    const fence = await it.claim(canary)
    await it.until(canary, (now) => now.stable.settled)
    await it.admin.patch('Deployment', 'shop', [
      { op: 'add', path: '/spec/template/metadata/labels/who', value: 'else' },
    ])
    await expect(canary.cluster.promoteStable(fence)).rejects.toMatchObject({ code: 'conflict' })
  })

  test('rolled by its user shows old pods, and is not settled', async () => {
    await using it = await World.start()
    const canary = await it.open()
    await it.until(canary, (now) => now.stable.settled)
    await it.admin.patch('Deployment', 'shop', [
      { op: 'add', path: '/spec/template/metadata/labels/who', value: 'else' },
    ])
    const rolling = await canary.cluster.observe()
    expect(rolling.stable.settled).toBe(false)
    await it.until(canary, (now) => now.stable.settled && now.stable.old === 0)
  })
})

test('an autoscaler’s minimum is held and put back, under the fence', async () => {
  await using it = await World.start([...shop(), HPA])
  const canary = await it.open()
  const fence = await it.claim(canary)
  expect(await canary.cluster.observe()).toMatchObject({
    autoscaler: { name: 'scaler', min: 1 },
    unstamped: [],
  })
  await canary.cluster.holdAutoscaler(2, fence)
  expect(await canary.cluster.observe()).toMatchObject({ autoscaler: { min: 2 } })
  await expect(canary.cluster.holdAutoscaler(3, fence - 1)).rejects.toMatchObject({ code: 'superseded' })
  await canary.cluster.releaseAutoscaler('scaler', 1, fence)
  expect(await canary.cluster.observe()).toMatchObject({ autoscaler: { min: 1 } })
})

test('waits end when something that is looked at changes, and not at our own last look', async () => {
  await using it = await World.start()
  const canary = await it.open()
  await it.until(canary, (now) => now.stable.settled)
  const quiet = performance.now()
  await canary.cluster.changed(300)
  expect(performance.now() - quiet).toBeGreaterThan(200)
  const started = performance.now()
  const waiting = canary.cluster.changed(10_000)
  await it.admin.patch('Deployment', 'shop', [{ op: 'replace', path: '/spec/replicas', value: 3 }])
  await waiting
  expect(performance.now() - started).toBeLessThan(5000)
})

test('a look costs a handful of requests, side by side', async () => {
  await using it = await World.start()
  const canary = await it.open()
  await canary.cluster.observe()
  const before = it.kubernetes.requests.all().length
  await canary.cluster.observe()
  expect(it.kubernetes.requests.all().length - before).toBeLessThanOrEqual(6)
})

describe('without a router', () => {
  test('pods are the split: labels kept, a preStop sleep, scaled to shift and to go back', async () => {
    await using it = await World.start(shop({ replicas: 3 }))
    const canary = await it.open({ traffic: { kind: 'replicas' } })
    const fence = await it.claim(canary)
    await canary.cluster.applyCanary(0, fence)
    const { template, selector } = (await it.admin.get('Deployment', 'shop-canary')).spec ?? {}
    expect(selector?.matchLabels).toEqual({ app: 'shop', tier: 'web', 'release-actions.dev/track': 'canary' })
    expect(template?.spec?.containers[0]?.lifecycle?.preStop).toBeDefined()
    await canary.traffic.shift(25, fence)
    const seen = await it.until(
      canary,
      (now) => now.canary?.endpoints === 1 && now.stable.settled && now.stable.endpoints === 3,
    )
    expect(seen).toMatchObject({
      stable: { desired: 3, ready: 3, endpoints: 3, total: 3 },
      canary: { desired: 1 },
    })
    expect(await canary.traffic.read()).toMatchObject({ kind: 'replicas', linked: true, weight: 25 })
    await canary.traffic.retreat(fence)
    expect(await canary.traffic.read()).toMatchObject({ weight: 0 })
  })
})

describe('the first look', () => {
  test('passes under exactly the Role, and a whole release’s writes too', async () => {
    await using it = await World.start()
    const user = { serviceAccount: 'releaser', namespace: NAMESPACE }
    const root = `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}`
    const metadata = { name: 'releaser' }
    const post = async (path: string, body: unknown): Promise<void> => {
      expect((await it.admin.raw({ method: 'POST', path, body })).status).toBe(201)
    }
    await post(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata,
    })
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata }
    await post(`${root}/roles`, { ...rbac, kind: 'Role', rules: ROLE_RULES })
    await post(`${root}/rolebindings`, {
      ...rbac,
      kind: 'RoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'releaser' },
      subjects: [{ kind: 'ServiceAccount', name: 'releaser', namespace: NAMESPACE }],
    })
    await it.apply(HPA)
    const { connect } = await import('../../src/index.ts')
    const connection = await connect({ kubeconfig: it.kubernetes.kubeconfig(user), env: {}, clock: it.clock })
    const canary = await it.open({ connection, uses: ['gates', 'hooks'] })
    await canary.cluster.preflight()
    const fence = await it.claim(canary)
    const original = await canary.traffic.original()
    const { stable: base } = await canary.cluster.observe()
    await canary.claims.write((state) => state)
    await canary.cluster.holdAutoscaler(2, fence)
    await canary.cluster.applyCanary(1, fence)
    await canary.traffic.link(fence)
    await canary.traffic.read()
    await canary.traffic.shift(25, fence)
    await canary.cluster.scaleCanary(2, fence)
    await it.until(canary, (now) => now.canary?.ready === 2 && now.canary.endpoints === 2)
    const [pod] = await canary.pods.list('canary')
    if (pod === undefined) throw new Error('no canary pod')
    expect((await canary.pods.get(pod, 'http', '/healthz', 2000)).status).toBe(200)
    expect(await canary.cluster.explain('canary')).toEqual([])
    await it.until(canary, (now) => now.stable.settled)
    await canary.cluster.promoteStable(fence)
    await canary.cluster.restoreStable(base, fence)
    await canary.traffic.retreat(fence)
    await canary.traffic.unlink(original, fence)
    await canary.cluster.deleteCanary(fence)
    await canary.cluster.releaseAutoscaler('scaler', 1, fence)
    await canary.claims.release()
    // What may be looked at is looked at, and no more is asked for (ADR 9).
    const denied = it.kubernetes.requests
      .all({ status: 403 })
      .map(({ verb, resource }) => `${verb} ${resource}`)
    expect(denied).toEqual(['list verticalpodautoscalers'])
  })

  test('names every missing verb at once, with the lines to add', async () => {
    await using it = await World.start()
    await it.admin.raw({
      method: 'POST',
      path: `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`,
      body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'weak' } },
    })
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'weak' } }
    const root = `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}`
    const rules = ROLE_RULES.filter(({ resources }) => !resources.includes('leases')).map((rule) => ({
      ...rule,
      verbs: rule.verbs.filter((verb) => verb !== 'patch'),
    }))
    await it.admin.raw({ method: 'POST', path: `${root}/roles`, body: { ...rbac, kind: 'Role', rules } })
    const subjects = [{ kind: 'ServiceAccount', name: 'weak', namespace: NAMESPACE }]
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'weak' }
    await it.admin.raw({
      method: 'POST',
      path: `${root}/rolebindings`,
      body: { ...rbac, kind: 'RoleBinding', roleRef, subjects },
    })
    const { connect } = await import('../../src/index.ts')
    const kubeconfig = it.kubernetes.kubeconfig({ serviceAccount: 'weak', namespace: NAMESPACE })
    const canary = await it.open({ connection: await connect({ kubeconfig, env: {}, clock: it.clock }) })
    const before = it.kubernetes.requests.writes().length
    await expect(canary.cluster.preflight()).rejects.toMatchObject({
      code: 'forbidden',
      fix: [
        'add to the Role:',
        '- {apiGroups: ["apps"], resources: [deployments], verbs: [patch]}',
        '- {apiGroups: [""], resources: [services], verbs: [patch]}',
        '- {apiGroups: ["gateway.networking.k8s.io"], resources: [httproutes], verbs: [patch]}',
        '- {apiGroups: ["coordination.k8s.io"], resources: [leases], verbs: [get, create, update, watch]}',
      ],
    })
    expect(it.kubernetes.requests.writes().length).toBe(before)
  })

  test('refuses with all reasons at once', async () => {
    await using it = await World.start()
    await it.admin.patch('Deployment', 'shop', [{ op: 'add', path: '/spec/paused', value: true }])
    await it.apply({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'only-shop' },
      spec: { podSelector: { matchLabels: { app: 'shop' } }, policyTypes: ['Ingress'] },
    })
    const canary = await it.open({ canaryLabels: { app: 'shop-next' } })
    await expect(canary.cluster.preflight()).rejects.toMatchObject({
      code: 'invalid-input',
      why: [expect.stringContaining('is paused'), expect.stringContaining('NetworkPolicy only-shop')],
    })
  })

  test.each([
    { traffic: { kind: 'replicas' }, what: 'the new version gets less than its weight' },
    { traffic: { kind: 'httproute', name: 'shop' }, what: 'at 100 % they get none' },
  ] as const)(
    'says of a Service that it has pods of others too: $traffic.kind',
    async ({ traffic, what }) => {
      await using it = await World.start()
      const said = expect.stringContaining('the Service shop also selects pods of others (legacy-')
      expect(await (await it.open({ traffic })).cluster.preflight()).not.toContainEqual(said)
      const { selector } = (await it.admin.get('Service', 'shop')).spec ?? {}
      await it.apply(
        appDeployment({
          name: 'legacy',
          version: 'v0',
          replicas: 1,
          labels: { ...selector, part: 'legacy' },
        }),
      )
      while ((await it.admin.list('Pod', { labels: 'part=legacy' })).items.length === 0)
        await it.clock.sleep(20)
      const warnings = await (await it.open({ traffic })).cluster.preflight()
      expect(warnings).toContainEqual(said)
      expect(warnings).toContainEqual(expect.stringContaining(what))
    },
  )

  test('a canary that was made for a router is not taken for one without, nor with a Service that selects it', async () => {
    await using it = await World.start()
    const canary = await it.open()
    await canary.cluster.applyCanary(1, await it.claim(canary))
    const spread = await it.open({ traffic: { kind: 'replicas' } })
    await expect(spread.cluster.preflight()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('another way to split'),
    })
    await it.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'all' },
      spec: { selector: { tier: 'web' }, ports: [{ port: 80 }] },
    })
    await expect((await it.open()).cluster.preflight()).rejects.toMatchObject({
      why: ["the Service all selects the canary's pods"],
    })
  })

  test('a workload that is a StatefulSet, or nothing, is named', async () => {
    await using it = await World.start()
    await expect(it.open({ workload: 'nothing' })).rejects.toMatchObject({
      code: 'not-found',
      message: 'Deployment shop/nothing does not exist',
    })
  })

  test('a workload that no Service of the route selects says what there is', async () => {
    await using it = await World.start()
    await it.apply(appDeployment({ name: 'worker', version: 'v1', replicas: 1 }))
    await expect(it.open({ workload: 'worker' })).rejects.toMatchObject({
      code: 'not-found',
      why: ['Services that select its pods: (none)', 'Services that HTTPRoute shop names: shop'],
    })
  })
})
