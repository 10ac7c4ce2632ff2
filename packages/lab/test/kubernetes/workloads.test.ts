import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { conditionOf } from '../../src/kubernetes/conditions.ts'
import { CPU } from '../../src/kubernetes/controllers/autoscaler.ts'
import type {
  Autoscaler,
  Deployment,
  EndpointSlice,
  Job,
  Pod,
  ReplicaSet,
  Service,
} from '../../src/kubernetes/objects.ts'
import { NAMESPACE, shopTemplate, World } from './world.ts'

// Programs start in tens of milliseconds; on a busy machine in seconds.
jest.setTimeout(30_000)

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(async () => {
  await world[Symbol.asyncDispose]()
})

const sets = (): ReplicaSet[] => world.list<ReplicaSet>('ReplicaSet')
const revision = (object: { metadata: { annotations?: Record<string, string> } }): string | undefined =>
  object.metadata.annotations?.['deployment.kubernetes.io/revision']
const release = (name: string, env: Record<string, string>): void =>
  world.change<Deployment>('Deployment', name, ({ spec }) => {
    spec.template = shopTemplate(name, env)
  })
const isServing = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined && conditionOf(status?.conditions, 'Ready')?.status === 'True'
const idle = {
  command: ['node', '-e', "process.on('SIGTERM', () => process.exit(0)); setInterval(() => 0, 1000)"],
}

describe('a Deployment', () => {
  test('rolls within maxSurge and maxUnavailable, counts its generations, and rolls back to the old ReplicaSet', async () => {
    world.deploy('shop', { DRAIN_MS: '0' }, { replicas: 4 })
    await world.rolledOut('shop')
    const first = sets()[0]
    let [most, least] = [0, 4]
    const stop = world.cluster.store.subscribe(() => {
      most = Math.max(
        most,
        sets().reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0),
      )
      least = Math.min(least, world.pods('shop').filter(isServing).length)
    })
    release('shop', { VERSION: '2', DRAIN_MS: '0' })
    await world.rolledOut('shop')
    stop()
    expect(most).toBe(5)
    expect(least).toBe(3)
    const { metadata, status } = world.deployment('shop')
    expect(metadata.generation).toBe(2)
    expect(status).toMatchObject({
      observedGeneration: 2,
      replicas: 4,
      updatedReplicas: 4,
      readyReplicas: 4,
      availableReplicas: 4,
    })
    expect(status?.unavailableReplicas).toBeUndefined()
    expect(conditionOf(status?.conditions, 'Progressing')).toMatchObject({
      status: 'True',
      reason: 'NewReplicaSetAvailable',
    })
    expect(revision(world.deployment('shop'))).toBe('2')
    release('shop', { VERSION: '1', DRAIN_MS: '0' })
    await world.rolledOut('shop')
    expect(sets()).toHaveLength(2)
    const restored = world.get<ReplicaSet>('ReplicaSet', first?.metadata.name ?? '')
    expect(restored.spec.replicas).toBe(4)
    expect(revision(restored)).toBe('3')
    expect(restored.metadata.annotations?.['deployment.kubernetes.io/revision-history']).toBe('1')
  })

  test('passes its annotations on to the ReplicaSet, and the next version inherits them', async () => {
    world.deploy('shop')
    world.change<Deployment>('Deployment', 'shop', ({ metadata }) => {
      metadata.annotations = { ...metadata.annotations, verified: 'yes' }
    })
    await world.rolledOut('shop')
    release('shop', { VERSION: '2' })
    await world.rolledOut('shop')
    expect(sets().map(({ metadata }) => metadata.annotations?.['verified'])).toEqual(['yes', 'yes'])
  })

  test('that does not get on says ProgressDeadlineExceeded, and keeps the old version', async () => {
    world.deploy('shop', {}, { replicas: 2, progressDeadlineSeconds: 1 })
    await world.rolledOut('shop')
    release('shop', { VERSION: '2', NEVER_READY: '1' })
    const progressing = (): string | undefined =>
      conditionOf(world.deployment('shop').status?.conditions, 'Progressing')?.reason
    await world.until('exceeded', () => progressing() === 'ProgressDeadlineExceeded')
    const { status } = world.deployment('shop')
    expect(status).toMatchObject({
      replicas: 3,
      updatedReplicas: 1,
      readyReplicas: 2,
      availableReplicas: 2,
      unavailableReplicas: 1,
    })
    expect(conditionOf(status?.conditions, 'Progressing')?.message).toMatch(
      /^ReplicaSet "shop-\w+" has timed out progressing\.$/,
    )
    release('shop', { VERSION: '3' })
    await world.rolledOut('shop')
    expect(progressing()).toBe('NewReplicaSetAvailable')
  })

  test('over its quota: ReplicaFailure while Progressing is True', async () => {
    world.create('ResourceQuota', { metadata: { name: 'few' }, spec: { hard: { pods: '1' } } })
    world.deploy('shop', {}, { replicas: 2 })
    await world.until(
      'refused',
      () => conditionOf(world.deployment('shop').status?.conditions, 'ReplicaFailure') !== undefined,
    )
    const { conditions } = world.deployment('shop').status ?? {}
    expect(conditionOf(conditions, 'ReplicaFailure')).toMatchObject({
      status: 'True',
      reason: 'FailedCreate',
    })
    expect(conditionOf(conditions, 'ReplicaFailure')?.message).toMatch(
      /^pods "shop-\w+-\w{5}" is forbidden: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1$/,
    )
    expect(conditionOf(conditions, 'Progressing')?.status).toBe('True')
    expect(world.get('ResourceQuota', 'few')['status']).toEqual({ hard: { pods: '1' }, used: { pods: '1' } })
    world.delete('ResourceQuota', 'few')
    await world.rolledOut('shop')
  })

  test('of strategy Recreate starts the new version when the old one is gone', async () => {
    world.deploy('shop', { DRAIN_MS: '300' }, { replicas: 2, strategy: { type: 'Recreate' } })
    await world.rolledOut('shop')
    const versions = new Set<string>()
    const stop = world.cluster.store.subscribe(({ kind }) => {
      if (kind.kind === 'Pod')
        versions.add(
          [...new Set(world.pods('shop').map(({ metadata }) => metadata.labels?.['pod-template-hash']))].join(
            ' ',
          ),
        )
    })
    release('shop', { VERSION: '2' })
    await world.rolledOut('shop')
    stop()
    expect([...versions].filter((seen) => seen.includes(' '))).toEqual([])
  })

  test('that is paused changes nothing but its size', async () => {
    world.deploy('shop', {}, { paused: false })
    await world.rolledOut('shop')
    world.change<Deployment>('Deployment', 'shop', ({ spec }) => {
      spec.paused = true
      spec.replicas = 2
      spec.template = shopTemplate('shop', { VERSION: '2' })
    })
    await world.until('scaled', () => world.deployment('shop').status?.readyReplicas === 2)
    expect(sets()).toHaveLength(1)
    expect(conditionOf(world.deployment('shop').status?.conditions, 'Progressing')?.reason).toBe(
      'DeploymentPaused',
    )
    world.change<Deployment>('Deployment', 'shop', ({ spec }) => {
      spec.paused = false
    })
    await world.rolledOut('shop')
    expect(sets()).toHaveLength(2)
  })

  test('keeps as many old versions as revisionHistoryLimit says', async () => {
    world.deploy('shop', { DRAIN_MS: '0' }, { revisionHistoryLimit: 1 })
    for (const version of ['1', '2', '3', '4']) {
      release('shop', { VERSION: version, DRAIN_MS: '0' })
      await world.rolledOut('shop')
    }
    await world.until('forgotten', () => sets().length === 2)
    expect(sets().map(revision).sort()).toEqual(['3', '4'])
  })

  test('that is scaled in the middle of a rollout keeps its proportions', async () => {
    world.deploy('shop', { DRAIN_MS: '0' }, { replicas: 4 })
    await world.rolledOut('shop')
    release('shop', { VERSION: '2', NEVER_READY: '1' })
    await world.until(
      'rolling',
      () => sets().length === 2 && world.deployment('shop').status?.updatedReplicas === 2,
    )
    world.change<Deployment>('Deployment', 'shop', ({ spec }) => (spec.replicas = 8))
    await world.until('scaled', () => sets().reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0) === 10)
    expect(Math.min(...sets().map(({ spec }) => spec.replicas ?? 0))).toBeGreaterThanOrEqual(3)
  })
})

describe('ownership', () => {
  test('an orphaned ReplicaSet is adopted by a Deployment whose selector fits, with its pods', async () => {
    world.deploy('shop', {}, { replicas: 2 })
    await world.rolledOut('shop')
    const names = world.pods().map(({ metadata }) => metadata.name)
    world.delete('Deployment', 'shop', { propagation: 'Orphan' })
    await world.until('gone', () => world.list('Deployment').length === 0)
    expect(sets()[0]?.metadata.ownerReferences).toBeUndefined()
    expect(world.pods()).toHaveLength(2)
    world.deploy('shop', {}, { replicas: 2 })
    await world.rolledOut('shop')
    expect(sets()).toHaveLength(1)
    expect(sets()[0]?.metadata.ownerReferences?.[0]?.uid).toBe(world.deployment('shop').metadata.uid)
    expect(world.pods().map(({ metadata }) => metadata.name)).toEqual(names)
  })

  test('deletion in the background takes the owner first, in the foreground last', async () => {
    for (const name of ['back', 'front']) world.deploy(name, { DRAIN_MS: '100' })
    await Promise.all([world.rolledOut('back'), world.rolledOut('front')])
    const gone: string[] = []
    world.cluster.store.subscribe(({ type, kind, object }) => {
      if (type === 'DELETED' && kind.kind !== 'Event')
        gone.push(`${object.metadata.name.split('-')[0]} ${kind.kind}`)
    })
    world.delete('Deployment', 'back')
    world.delete('Deployment', 'front', { propagation: 'Foreground' })
    await world.until('all gone', () => world.pods().length === 0 && world.list('Deployment').length === 0)
    expect(gone.filter((line) => line.startsWith('back'))).toEqual([
      'back Deployment',
      'back ReplicaSet',
      'back Pod',
    ])
    expect(gone.filter((line) => line.startsWith('front'))).toEqual([
      'front Pod',
      'front ReplicaSet',
      'front Deployment',
    ])
  })

  test('a pod that the labels no longer select is let go, and replaced; a stray one is adopted, and one too many', async () => {
    world.deploy('shop')
    await world.rolledOut('shop')
    const [pod] = world.pods('shop')
    world.change<Pod>(
      'Pod',
      pod?.metadata.name ?? '',
      ({ metadata }) => (metadata.labels = { app: 'quarantine' }),
    )
    await world.until('replaced', () => world.pods('shop').filter(isServing).length === 1)
    expect(world.pods('quarantine')[0]?.metadata.ownerReferences).toBeUndefined()
    await world.rolledOut('shop')
    world.create('Pod', {
      metadata: { name: 'stray', labels: sets()[0]?.spec.selector.matchLabels ?? {} },
      spec: { containers: [{ name: 'app', image: 'node:24-alpine', ...idle }] },
    })
    await world.until(
      'one too many is deleted',
      () => !world.pods().some(({ metadata }) => metadata.name === 'stray'),
    )
    expect(
      world.pods('shop').filter(({ metadata }) => metadata.deletionTimestamp === undefined),
    ).toHaveLength(1)
  })
})

describe('EndpointSlices', () => {
  const slices = (): EndpointSlice[] => world.list<EndpointSlice>('EndpointSlice')
  const conditions = (): object | undefined => slices()[0]?.endpoints?.[0]?.conditions

  test('say ready, serving and terminating', async () => {
    world.deploy('shop', { READY_AFTER_MS: '500', DRAIN_MS: '500' })
    world.service('shop')
    await world.until('listed', () => conditions() !== undefined)
    expect(conditions()).toEqual({ ready: false, serving: false, terminating: false })
    expect(slices()[0]).toMatchObject({
      addressType: 'IPv4',
      ports: [{ name: '', port: 8080, protocol: 'TCP' }],
      metadata: { labels: { 'kubernetes.io/service-name': 'shop' } },
    })
    await world.rolledOut('shop')
    expect(conditions()).toEqual({ ready: true, serving: true, terminating: false })
    world.change<Deployment>('Deployment', 'shop', ({ spec }) => (spec.replicas = 0))
    await world.until('terminating', () => JSON.stringify(conditions() ?? {}).includes('"terminating":true'))
    expect(conditions()).toEqual({ ready: false, serving: true, terminating: true })
    await world.until('empty', () => slices()[0]?.endpoints === null)
  })

  test('publish what is not ready when the Service says so, and nothing for a Service without selector', async () => {
    world.deploy('shop', { NEVER_READY: '1' })
    world.service('shop')
    world.change<Service>('Service', 'shop', ({ spec }) => (spec.publishNotReadyAddresses = true))
    world.create('Service', { metadata: { name: 'manual' }, spec: { ports: [{ port: 80 }] } })
    await world.until('published', () => JSON.stringify(conditions() ?? {}).includes('"ready":true'))
    expect(slices().map(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'])).toEqual(['shop'])
    world.delete('Service', 'shop')
    await world.until('collected', () => slices().length === 0)
  })
})

describe('a Job', () => {
  const job = (name: string, code: string, spec: object = {}): void => {
    const template = {
      spec: {
        restartPolicy: 'Never',
        containers: [{ name: 'job', image: 'node:24-alpine', command: ['node', '-e', code] }],
      },
    }
    world.create('Job', { metadata: { name }, spec: { template, ...spec } })
  }
  const end = (name: string): string | undefined =>
    world.get<Job>('Job', name).status?.conditions?.at(-1)?.reason

  test('completes, or fails when its backoffLimit is reached', async () => {
    job('good', 'process.exit(0)')
    job('bad', 'process.exit(3)', { backoffLimit: 1 })
    await world.until('ended', () => end('good') !== undefined && end('bad') !== undefined)
    expect(world.get<Job>('Job', 'good').status).toMatchObject({
      succeeded: 1,
      conditions: [{ type: 'SuccessCriteriaMet' }, { type: 'Complete', status: 'True' }],
    })
    expect(world.get<Job>('Job', 'bad').status).toMatchObject({
      failed: 2,
      conditions: [{ type: 'FailureTarget' }, { type: 'Failed', reason: 'BackoffLimitExceeded' }],
    })
  })

  test('that takes too long is ended', async () => {
    job('long', 'setInterval(() => 0, 1000)', { activeDeadlineSeconds: 1 })
    await world.until('ended', () => end('long') === 'DeadlineExceeded')
  })
})

describe('an autoscaler', () => {
  const scale = (name: string, target: string): void => {
    const metrics = [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
      },
    ]
    world.create('HorizontalPodAutoscaler', {
      metadata: { name },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target },
        minReplicas: 2,
        maxReplicas: 4,
        metrics,
      },
    })
  }
  const active = (name: string): string | undefined =>
    conditionOf(world.get<Autoscaler>('HorizontalPodAutoscaler', name).status?.conditions, 'ScalingActive')
      ?.reason

  test('scales between its bounds by what it is told, and not without metrics', async () => {
    world.deploy('shop', { DRAIN_MS: '0' })
    scale('shop', 'shop')
    await world.until('minimum', () => world.deployment('shop').spec.replicas === 2)
    await world.rolledOut('shop')
    await world.until('no metrics', () => active('shop') === 'FailedGetResourceMetric')
    world.cluster.utilizations.set(NAMESPACE, 'shop', 500)
    await world.until('maximum', () => world.deployment('shop').spec.replicas === 4)
    world.cluster.utilizations.set(NAMESPACE, 'shop', 1)
    await world.until('minimum again', () => world.deployment('shop').spec.replicas === 2)
    expect(world.get<Autoscaler>('HorizontalPodAutoscaler', 'shop').status).toMatchObject({
      desiredReplicas: 2,
    })
  })

  test('with an overlapping selector stops both, and hot pods that overlap drive it', async () => {
    world.deploy('shop', {}, { replicas: 2 })
    world.create('Deployment', {
      metadata: { name: 'hot' },
      spec: { replicas: 2, selector: { matchLabels: { app: 'shop', track: 'hot' } }, template: hot() },
    })
    await world.until('running', () => world.pods('shop').length === 4)
    scale('shop', 'shop')
    await world.until('driven', () => world.deployment('shop').spec.replicas === 4)
    scale('hot', 'hot')
    await world.until(
      'ambiguous',
      () => active('shop') === 'AmbiguousSelector' && active('hot') === 'AmbiguousSelector',
    )
  })

  function hot(): Deployment['spec']['template'] {
    const template = shopTemplate('shop')
    return { ...template, metadata: { labels: { app: 'shop', track: 'hot' }, annotations: { [CPU]: '200' } } }
  }
})

test('a PodDisruptionBudget counts the healthy', async () => {
  world.deploy('shop', {}, { replicas: 2 })
  world.create('PodDisruptionBudget', {
    metadata: { name: 'shop' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'shop' } } },
  })
  await world.rolledOut('shop')
  await world.until(
    'counted',
    () =>
      (world.get('PodDisruptionBudget', 'shop')['status'] as { currentHealthy?: number }).currentHealthy ===
      2,
  )
  expect(world.get('PodDisruptionBudget', 'shop')['status']).toMatchObject({
    expectedPods: 2,
    desiredHealthy: 1,
    disruptionsAllowed: 1,
  })
})
