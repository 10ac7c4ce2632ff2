import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { appDeployment, type Manifest } from '../../../lab/src/stage/objects.ts'
import { createApplying } from '../../src/canary/applying.ts'
import { readManifests } from '../../src/canary/manifests.ts'
import { shop, World } from '../world.ts'

const root = mkdtempSync(path.join(os.tmpdir(), 'manifests-'))
afterAll(() => rmSync(root, { recursive: true }))

function files(contents: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(root, 'x-'))
  for (const [name, text] of Object.entries(contents)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  return folder
}

const DEPLOYMENT =
  'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec: {template: {spec: {containers: [{name: app, image: shop:2}]}}}\n'
const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config-2}\ndata: {a: b}\n'
const read = (cwd: string, ...entries: string[]): ReturnType<typeof readManifests> =>
  readManifests({ entries, workload: 'shop', namespace: 'prod', cwd })

describe('manifests of a new version', () => {
  test('come from files, globs and directories, with several documents and lists, and are sorted by use', async () => {
    const cwd = files({
      'a.yaml': `---\n# nothing\n---\n${DEPLOYMENT}---\n${CONFIG}`,
      'more/b.yml':
        'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: shop, namespace: prod}}\n',
      'more/deep/c.json': '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}',
      'more/README.md': 'no manifest',
    })
    for (const entries of [['a.yaml', 'more'], ['*.yaml', 'more/**/*.{yml,json}'], ['.']]) {
      const { template, configs, others } = await read(cwd, ...entries)
      expect(template.spec?.containers[0]?.image).toBe('shop:2')
      expect(configs.map(({ kind }) => kind).sort()).toEqual(['ConfigMap', 'Secret'])
      expect(others.map(({ kind, metadata }) => [kind, metadata?.namespace])).toEqual([['Service', 'prod']])
    }
  })

  test.each<[string, Readonly<Record<string, string>>, RegExp]>([
    [
      'no Deployment of that name',
      { 'a.yaml': DEPLOYMENT.replace('name: shop', 'name: shopp') },
      /their Deployments: shopp/,
    ],
    ['two of them', { 'a.yaml': DEPLOYMENT, 'b.yaml': DEPLOYMENT }, /2 times: .*a\.yaml, .*b\.yaml/],
    [
      'another namespace',
      { 'a.yaml': DEPLOYMENT.replace('name: shop}', 'name: shop, namespace: dev}') },
      /Deployment shop is of namespace dev/,
    ],
    ['what is no YAML', { 'a.yaml': 'a: [' }, /line 1/],
  ])('%s is refused and named', async (_, contents, why) => {
    await expect(read(files(contents), '.')).rejects.toMatchObject({
      code: 'invalid-input',
      why: [expect.stringMatching(why)],
    })
  })

  test('an entry that matches nothing, and an object without a name, are named', async () => {
    await expect(read(files({}), 'x/*.yaml')).rejects.toMatchObject({
      message: expect.stringMatching(/^manifests: "x\/\*\.yaml"/),
    })
    await expect(read(files({ 'a.yaml': 'kind: Service\n' }), 'a.yaml')).rejects.toMatchObject({
      message: expect.stringContaining('a.yaml'),
    })
  })
})

describe('releasing manifests', () => {
  const deployment = JSON.stringify(appDeployment({ version: 'v2', labels: { app: 'shop', tier: 'web' } }))
  const service = (port: number): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'extra' },
      spec: { selector: { app: 'x' }, ports: [{ port }] },
    })

  const job = (name: string): Manifest => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'migrate' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name, image: 'shop:2' }] } } },
  })

  test('the goal is the template as the server would hold it: a promoted one is the same', async () => {
    await using it = await World.start()
    const manifests = [files({ 'd.json': deployment })]
    const canary = await it.open({ image: undefined, manifests })
    const fence = await it.claim(canary)
    await it.until(canary, (now) => now.stable.settled)
    await canary.cluster.promoteStable(fence)
    const { stable } = await canary.cluster.observe()
    expect(stable.template).toBe(canary.target.goal?.hash)
    const again = await it.open({ image: undefined, manifests })
    expect(again.target.goal?.hash).toBe(stable.template)
  })

  test('new ConfigMaps come before the canary, the rest with the promotion; the route and the HPA are left alone', async () => {
    await using it = await World.start()
    const route =
      '{"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"shop"},"spec":{}}'
    const scaler =
      '{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"shop-scaler"},"spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"shop"},"minReplicas":2,"maxReplicas":4}}'
    const manifests = [
      files({
        'd.json': deployment,
        'c.yaml': CONFIG,
        's.json': service(81),
        'r.json': route,
        'h.json': scaler,
      }),
    ]
    const canary = await it.open({ image: undefined, manifests })
    const said = await canary.cluster.preflight()
    for (const kept of ['HTTPRoute/shop', 'HorizontalPodAutoscaler/shop-scaler'])
      expect(said).toContainEqual(expect.stringContaining(`${kept} of the manifests is not applied`))
    const fence = await it.claim(canary)
    await canary.cluster.applyCanary(1, fence)
    expect(await it.admin.find('ConfigMap', 'config-2')).toMatchObject({ data: { a: 'b' } })
    expect(await it.admin.find('Service', 'extra')).toBeUndefined()
    await it.until(canary, (now) => now.stable.settled)
    await canary.cluster.promoteStable(fence)
    expect(await it.admin.find('Service', 'extra')).toBeDefined()
    expect((await it.admin.get('HTTPRoute', 'shop')).spec?.rules).toHaveLength(1)
    expect(await it.admin.find('HorizontalPodAutoscaler', 'shop-scaler')).toBeUndefined()
  })

  test('asks the Role for the kinds that are in them, and no other', async () => {
    await using it = await World.start()
    const rulesOf = async (contents: Readonly<Record<string, string>>): Promise<readonly string[]> => {
      const manifests = await readManifests({
        entries: ['.'],
        workload: 'shop',
        namespace: 'shop',
        cwd: files({ 'd.json': deployment, ...contents }),
      })
      const { rules } = await createApplying(it.admin, manifests, new Set()).look()
      return rules.map(({ resource, verbs }) => `${resource}: ${verbs.join(', ')}`)
    }
    expect(await rulesOf({})).toEqual([])
    expect(await rulesOf({ 'c.yaml': CONFIG })).toEqual(['configmaps: get, create'])
    const secret = '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}'
    expect(await rulesOf({ 's.json': secret, 'extra.json': service(81) })).toEqual([
      'secrets: create',
      'services: create, patch',
    ])
  })

  test('a ConfigMap that changed under its old name is refused: the stable would read it too', async () => {
    await using it = await World.start()
    await it.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'config-2' },
      data: { a: 'old' },
    })
    const canary = await it.open({
      image: undefined,
      manifests: [files({ 'd.json': deployment, 'c.yaml': CONFIG })],
    })
    await expect(canary.cluster.preflight()).rejects.toMatchObject({
      why: [expect.stringContaining('ConfigMap config-2 has changed under its old name')],
    })
  })

  test.each<[string, object, RegExp]>([
    [
      'a field that the server does not take',
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'extra' },
        spec: { selector: { app: 'x' }, ports: [{ port: 99_999 }] },
      },
      /^Service\/extra of the manifests could not be applied: .*spec\.ports\[0\]\.port/,
    ],
    [
      'a Job of that name with another template',
      job('other'),
      /^Job\/migrate of the manifests .*: spec\.template: field is immutable/,
    ],
    [
      'a resourceVersion that has passed',
      { ...job('first'), metadata: { name: 'migrate', resourceVersion: '1' } },
      /^Job\/migrate/,
    ],
  ])(
    'what could not be applied at the promotion is refused at the first look: %s',
    async (_, object, why) => {
      await using it = await World.start()
      await it.apply(job('first'))
      const manifests = [files({ 'd.json': deployment, 'o.json': JSON.stringify(object) })]
      const canary = await it.open({ image: undefined, manifests })
      await expect(canary.cluster.preflight()).rejects.toMatchObject({
        code: 'invalid-input',
        why: [expect.stringMatching(why)],
      })
      expect(await it.admin.find('Service', 'extra')).toBeUndefined()
    },
  )

  test('an object of no namespace is refused at the first look, with what to do', async () => {
    await using it = await World.start()
    const namespace = '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}'
    const manifests = [files({ 'd.json': deployment, 'n.json': namespace })]
    const canary = await it.open({ image: undefined, manifests })
    await expect(canary.cluster.preflight()).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('Namespace/shop belongs to no namespace'),
      fix: [expect.stringContaining('leave it out of the manifests')],
    })
  })

  test('a ConfigMap that is there twice and differs is refused: the second would be dropped', async () => {
    await using it = await World.start()
    const twice = (second: string): string[] => [
      files({ 'd.json': deployment, 'c.yaml': `${CONFIG}---\n${CONFIG.replace('a: b', second)}` }),
    ]
    const canary = await it.open({ image: undefined, manifests: twice('a: c') })
    await expect(canary.cluster.preflight()).rejects.toMatchObject({
      why: [expect.stringContaining('ConfigMap config-2 is in the manifests twice')],
    })
    const same = await it.open({ image: undefined, manifests: twice('a: b') })
    await same.cluster.preflight()
  })

  test('the stable that somebody rolls while the rest is applied is not promoted over', async () => {
    await using it = await World.start()
    const manifests = [files({ 'd.json': deployment, 's.json': service(81) })]
    const canary = await it.open({ image: undefined, manifests })
    const fence = await it.claim(canary)
    await it.until(canary, (now) => now.stable.settled)
    it.kubernetes.faults.order({ verb: 'patch', resource: 'services', name: 'extra' }, { kind: 'freeze' })
    const promoting = canary.cluster.promoteStable(fence)
    await it.clock.sleep(200)
    await it.admin.patch('Deployment', 'shop', [
      { op: 'add', path: '/spec/template/metadata/labels/theirs', value: 'yes' },
    ])
    it.kubernetes.faults.thaw()
    await expect(promoting).rejects.toMatchObject({ code: 'conflict' })
    expect((await it.admin.get('Deployment', 'shop')).spec?.template.metadata?.labels).toHaveProperty(
      'theirs',
    )
  })

  describe('what the Deployment says beside its template', () => {
    const other = appDeployment({ version: 'v2', replicas: 3, labels: { app: 'shop', tier: 'web' } })
    const changed = {
      ...other,
      metadata: {
        ...other.metadata,
        labels: { team: 'checkout' },
        annotations: { runbook: 'https://r.test' },
      },
      spec: { ...(other['spec'] as object), revisionHistoryLimit: 4, progressDeadlineSeconds: 500 },
    }
    const manifest = (spec: object = {}): string =>
      files({ 'd.json': JSON.stringify({ ...changed, spec: { ...changed.spec, ...spec } }) })
    const untouched = { replicas: 2, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 }

    test('is applied when the canary goes, once; what the manifests do not name stays', async () => {
      await using it = await World.start()
      await it.admin.patch('Deployment', 'shop', [
        { op: 'add', path: '/metadata/annotations', value: { theirs: 'yes' } },
      ])
      const canary = await it.open({ image: undefined, manifests: [manifest()] })
      await canary.cluster.preflight()
      const fence = await it.claim(canary)
      await canary.cluster.applyCanary(1, fence)
      await it.stamp(canary, fence)
      await it.until(canary, (now) => now.stable.settled)
      await canary.cluster.promoteStable(fence)
      expect((await it.admin.get('Deployment', 'shop')).spec).toMatchObject(untouched)

      // What still changes by itself is a conflict to a delete.
      await it.until(canary, (now) => now.canary?.settled === true && now.stable.settled)
      // Another process ends what this one began: it has no manifests.
      const post = await it.open({ image: undefined })
      it.kubernetes.faults.order({ verb: 'delete', resource: 'deployments' }, { kind: 'status', code: 403 })
      await expect(post.cluster.deleteCanary(fence)).rejects.toMatchObject({ code: 'forbidden' })
      const between = await it.admin.get('Deployment', 'shop')
      expect(await post.cluster.deleteCanary(fence)).toEqual([])
      const done = await it.admin.get('Deployment', 'shop')
      expect(done.spec).toMatchObject({ replicas: 3, revisionHistoryLimit: 4, progressDeadlineSeconds: 500 })
      expect(done.metadata?.labels).toMatchObject({ team: 'checkout' })
      expect(done.metadata?.annotations).toMatchObject({ theirs: 'yes', runbook: 'https://r.test' })
      expect(done.metadata?.generation).toBe(between.metadata?.generation)
    })

    test('is not applied after a retreat, also one from a promoted stable', async () => {
      await using it = await World.start()
      const canary = await it.open({ image: undefined, manifests: [manifest()] })
      const fence = await it.claim(canary)
      await canary.cluster.applyCanary(1, fence)
      await it.stamp(canary, fence)
      const { stable } = await it.until(canary, (now) => now.stable.settled)
      await canary.cluster.promoteStable(fence)
      await canary.cluster.restoreStable(stable, fence)
      expect(await it.again(() => canary.cluster.deleteCanary(fence))).toEqual([])
      const { spec, metadata } = await it.admin.get('Deployment', 'shop')
      expect(spec).toMatchObject(untouched)
      expect(metadata?.labels).not.toHaveProperty('team')
    })

    test('leaves the replicas to an HPA, and says where it will scale down', async () => {
      await using it = await World.start(shop({ replicas: 4 }))
      const shrinking = await it.open({ image: undefined, manifests: [manifest()] })
      const said = expect.stringContaining('has 4 replicas and the manifests say 3: it is scaled down once')
      expect(await shrinking.cluster.preflight()).toContainEqual(said)
      await it.apply({
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'scaler' },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' },
          minReplicas: 4,
          maxReplicas: 5,
        },
      })
      const canary = await it.open({ image: undefined, manifests: [manifest()] })
      expect(await canary.cluster.preflight()).not.toContainEqual(said)
      const fence = await it.claim(canary)
      await canary.cluster.applyCanary(1, fence)
      await it.stamp(canary, fence)
      await it.until(canary, (now) => now.stable.settled)
      await canary.cluster.promoteStable(fence)
      await it.again(() => canary.cluster.deleteCanary(fence))
      expect((await it.admin.get('Deployment', 'shop')).spec).toMatchObject({
        replicas: 4,
        revisionHistoryLimit: 4,
      })
    })

    test.each([
      ['0 replicas', { replicas: 0 }, /has 0 replicas/],
      ['a pause', { paused: true }, /is paused/],
      ['Recreate', { strategy: { type: 'Recreate' } }, /has the strategy Recreate/],
      ['what the server does not take', { revisionHistoryLimit: -1 }, /revisionHistoryLimit/],
    ])('is refused at the first look: %s', async (_, spec, why) => {
      await using it = await World.start()
      const canary = await it.open({ image: undefined, manifests: [manifest(spec)] })
      await expect(canary.cluster.preflight()).rejects.toMatchObject({
        code: 'invalid-input',
        why: [expect.stringMatching(why)],
      })
    })

    test('is refused with another selector, before anything else is asked', async () => {
      await using it = await World.start()
      const selector = { matchLabels: { app: 'shop' } }
      await expect(it.open({ image: undefined, manifests: [manifest({ selector })] })).rejects.toMatchObject({
        code: 'invalid-input',
        why: [expect.stringContaining('which can never be changed'), expect.any(String)],
      })
    })
  })

  test('a Service that selects a label which only the new version has is refused', async () => {
    await using it = await World.start()
    await it.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'early-birds' },
      spec: { selector: { early: 'yes' }, ports: [{ port: 80 }] },
    })
    const other = appDeployment({ version: 'v2', labels: { app: 'shop', tier: 'web' } })
    const labelled = JSON.stringify(other).replace(/("template":.*?"tier":"web")/, '$1,"early":"yes"')
    const canary = await it.open({ image: undefined, manifests: [files({ 'd.json': labelled })] })
    await expect(canary.cluster.preflight()).rejects.toMatchObject({
      why: [expect.stringContaining("Service early-birds selects the canary's pods")],
    })
  })

  test('a kind that the cluster does not have is named at the first look', async () => {
    await using it = await World.start()
    const strange = '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"}}'
    const canary = await it.open({
      image: undefined,
      manifests: [files({ 'd.json': deployment, 'w.json': strange })],
    })
    await expect(canary.cluster.preflight()).rejects.toMatchObject({
      message: expect.stringContaining('the cluster knows no Widget'),
    })
  })
})
