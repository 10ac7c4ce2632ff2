import { describe, expect, test } from '@jest/globals'
import { appService, type AppOptions, type Manifest } from '@release-actions/lab'
import { footprintOf } from '../support/app.ts'
import { errorOf } from '../support/evidence.ts'
import { openScene, type Scene } from '../support/scene.ts'

interface Case {
  readonly what: string
  /** What the user's namespace has, beside the app. */
  readonly set: (scene: Scene) => Promise<void>
  readonly inputs?: Readonly<Record<string, string>>
  /** How the new version's pods differ. */
  readonly app?: Partial<AppOptions>
  readonly objects?: readonly Manifest[]
  readonly object: string
  readonly reason: string
  readonly code?: string
}

const IMAGE = `shop@sha256:${'a'.repeat(64)}`

const CASES: readonly Case[] = [
  {
    what: 'a StatefulSet, which the Role does not let us see',
    set: ({ stage }) => stage.apply(statefulSet()),
    inputs: { workload: 'db', manifests: '', image: IMAGE },
    object: 'if it is a StatefulSet',
    reason: 'only Deployments can be released',
    // The documented Role does not let a step look.
    code: 'not-found',
  },
  {
    what: 'manifests in which the workload is a StatefulSet',
    set: () => Promise.resolve(),
    inputs: { workload: 'db' },
    objects: [statefulSet()],
    object: 'StatefulSet db',
    reason: 'only Deployments can be released',
  },
  {
    what: 'a workload that does not exist',
    set: () => Promise.resolve(),
    inputs: { workload: 'shopp', manifests: '', image: IMAGE },
    object: 'Deployment',
    reason: 'does not exist',
    code: 'not-found',
  },
  {
    what: 'a paused Deployment',
    set: ({ stage }) => stage.patch('Deployment', 'shop', { spec: { paused: true } }),
    object: 'Deployment shop',
    reason: 'is paused',
  },
  {
    what: 'the strategy Recreate',
    set: ({ stage }) =>
      stage.patch('Deployment', 'shop', { spec: { strategy: { type: 'Recreate', rollingUpdate: null } } }),
    object: 'Deployment shop',
    reason: 'has the strategy Recreate',
  },
  {
    what: 'a host port',
    set: () => Promise.resolve(),
    app: {
      sidecars: [{ name: 'agent', image: 'node:24-alpine', ports: [{ containerPort: 9, hostPort: 9999 }] }],
    },
    inputs: { container: 'app' },
    object: 'container agent',
    reason: 'hostPort',
  },
  {
    what: 'an ExternalName Service',
    set: async ({ stage }) => {
      const spec = { type: 'ExternalName', externalName: 'example.test' }
      await stage.apply({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'far' }, spec })
      await stage.patch('HTTPRoute', 'shop', leadingTo('far'))
    },
    inputs: { 'stable-service': 'far' },
    object: 'Service far',
    reason: 'ExternalName',
  },
  {
    what: 'a Service without a selector',
    set: async ({ stage }) => {
      const { selector: _none, ...spec } = appService('bare')['spec'] as { selector: unknown; ports: unknown }
      await stage.apply({ ...appService('bare'), spec })
      await stage.patch('HTTPRoute', 'shop', leadingTo('bare'))
    },
    inputs: { 'stable-service': 'bare' },
    object: 'Service bare',
    reason: 'no selector',
  },
  {
    what: 'an HPA that KEDA owns',
    set: ({ stage }) => stage.apply(kedaAutoscaler()),
    object: 'HorizontalPodAutoscaler keda-hpa-shop',
    reason: 'belongs to KEDA',
  },
  {
    what: 'a route that does not name the Service',
    set: ({ stage }) => stage.apply(appService('elsewhere')),
    inputs: { 'stable-service': 'elsewhere' },
    object: 'HTTPRoute',
    reason: 'does not name the Service elsewhere',
    code: 'not-found',
  },
  {
    what: 'a route that does not exist',
    set: () => Promise.resolve(),
    inputs: { traffic: 'httproute/shopp' },
    object: 'HTTPRoute',
    reason: 'shopp',
    code: 'not-found',
  },
  {
    what: "a Deployment that has the canary's name, and is somebody else's",
    set: async ({ stage }) => {
      const there = await stage.get('Deployment', 'shop')
      const { spec } = there as unknown as { spec: { template: object; selector: object } }
      const labels = { app: 'mine' }
      await stage.apply({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'shop-canary' },
        spec: {
          ...spec,
          replicas: 0,
          selector: { matchLabels: labels },
          template: { ...spec.template, metadata: { labels } },
        },
      })
    },
    object: 'Deployment',
    reason: 'is not ours',
    code: 'conflict',
  },
]

describe('refused at the first look, with nothing touched:', () => {
  test.each(CASES.map((each) => [each.what, each] as const))(
    '%s',
    async (_, each) => {
      await using scene = await openScene({ rate: 0 })
      await each.set(scene)
      const before = await footprintOf(scene.stage)
      const from = scene.stage.embedded?.requests.length ?? 0
      const { inputs = {}, app = {}, objects = [] } = each
      const done = await scene.release({ version: '2', inputs, app, objects })

      const error = errorOf(done)
      expect(error).toContain(each.object)
      expect(error).toContain(each.reason)
      expect(done.conclusion).toBe('failure')
      expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': each.code ?? 'invalid-input' })
      const written = scene.stage.embedded?.requests
        .since(from)
        .filter(({ isWrite, user }) => isWrite && user.includes('serviceaccount'))
      expect(written?.map(({ method, path }) => `${method} ${path}`) ?? []).toEqual([])
      expect(await footprintOf(scene.stage)).toEqual(before)
      expect(scene.github.deployments).toEqual([])
    },
    120_000,
  )
})

function leadingTo(service: string): object {
  return { spec: { rules: [{ backendRefs: [{ name: service, port: 80 }] }] } }
}

function statefulSet(): Manifest {
  const labels = { app: 'db' }
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: {
      replicas: 0,
      serviceName: 'db',
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'db', image: 'node:24-alpine' }] } },
    },
  }
}

function kedaAutoscaler(): Manifest {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'keda-hpa-shop', labels: { 'scaledobject.keda.sh/name': 'shop' } },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' },
      minReplicas: 1,
      maxReplicas: 3,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
        },
      ],
    },
  }
}
