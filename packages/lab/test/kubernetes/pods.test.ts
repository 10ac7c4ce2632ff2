import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { conditionOf } from '../../src/kubernetes/conditions.ts'
import { UNTIL_UNROUTED } from '../../src/kubernetes/kubelet/container.ts'
import { KINDS } from '../../src/kubernetes/kinds.ts'
import type { Condition, ContainerStatus, Pod } from '../../src/kubernetes/objects.ts'
import { NAMESPACE, shopTemplate, World } from './world.ts'

// Programs start in tens of milliseconds; on a busy machine in seconds.
jest.setTimeout(30_000)

let world: World
beforeEach(async () => {
  world = await World.start({ backOff: 50 })
})
afterEach(async () => {
  await world[Symbol.asyncDispose]()
})

const statusOf = (pod: Pod): ContainerStatus | undefined => pod.status?.containerStatuses?.[0]
const phase = (name: string): string | undefined => world.thePod(name).status?.phase

describe('a program in a pod', () => {
  test('sees its command, environment, files and identity, and its output is the log', async () => {
    world.configMap('settings', { color: 'green', 'a.txt': 'from a file' })
    const script = `import { readFileSync } from 'node:fs'; import os from 'node:os'
      console.log(JSON.stringify([process.argv.slice(2), process.env.COLOR, process.env.WHO, process.env.IP, os.hostname(), readFileSync('/settings/a.txt', 'utf8')]))`
    world.configMap('script', { 'main.mjs': script })
    const field = (fieldPath: string): object => ({ valueFrom: { fieldRef: { fieldPath } } })
    world.pod(
      'one',
      {
        command: ['node', '/script/main.mjs'],
        args: ['$(COLOR)', 'x'],
        env: [
          { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } },
          { name: 'WHO', ...field('metadata.name') },
          { name: 'IP', ...field('status.podIP') },
        ],
        volumeMounts: [
          { name: 'script', mountPath: '/script' },
          { name: 'settings', mountPath: '/settings' },
        ],
      },
      {
        restartPolicy: 'Never',
        volumes: ['script', 'settings'].map((name) => ({ name, configMap: { name } })),
      },
    )
    await world.until('ended', () => phase('one') === 'Succeeded')
    const pod = world.thePod('one')
    const ip = pod.status?.podIP
    expect(ip).toMatch(/^10\.244\./)
    expect(JSON.parse(world.log(pod))).toEqual([['green', 'x'], 'green', 'one', ip, 'one', 'from a file'])
    expect(statusOf(pod)?.state.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' })
    expect(conditionOf(pod.status?.conditions, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'PodCompleted',
    })
  })

  test('reaches a Service by its cluster IP and by its name', async () => {
    world.deploy('shop')
    world.service('shop')
    await world.rolledOut('shop')
    const code =
      "for (const host of ['10.96.0.10', 'shop', 'shop.test.svc']) console.log((await (await fetch('http://' + host)).json()).version)"
    await world.until('endpoints', () => world.cluster.services.choose(`${NAMESPACE}/shop:80`) !== undefined)
    world.pod('client', { command: ['node', '-e', code] }, { restartPolicy: 'Never' })
    await world.until('ended', () => phase('client') === 'Succeeded')
    expect(world.log(world.thePod('client'))).toBe('1\n1\n1\n')
  })

  test('that is told to end and has no handler is killed when the grace period is over, as process 1 of a container', async () => {
    world.pod(
      'deaf',
      { command: ['node', '-e', 'setInterval(() => 0, 1000)'] },
      { terminationGracePeriodSeconds: 1 },
    )
    await world.until('running', () => statusOf(world.thePod('deaf'))?.ready === true)
    const begun = Date.now()
    world.delete('Pod', 'deaf')
    expect(world.thePod('deaf').metadata.deletionTimestamp).toBeDefined()
    await world.until('gone', () => world.list('Pod').length === 0)
    expect(Date.now() - begun).toBeGreaterThanOrEqual(950)
  })

  test('runs its preStop sleep before SIGTERM', async () => {
    const code =
      "process.on('SIGTERM', () => { console.log('SIGTERM at ' + Date.now()); process.exit(0) }); setInterval(() => 0, 1000)"
    world.pod('late', { command: ['node', '-e', code], lifecycle: { preStop: { sleep: { seconds: 0.3 } } } })
    await world.until('running', () => statusOf(world.thePod('late'))?.ready === true)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const pod = world.thePod('late')
    const log = world.cluster.kubelet.log(pod, undefined, false)
    const begun = Date.now()
    world.delete('Pod', 'late')
    await world.until('gone', () => world.list('Pod').length === 0)
    expect(Number(/at (\d+)/.exec(log?.text() ?? '')?.[1]) - begun).toBeGreaterThanOrEqual(290)
  })

  test("with the lab's own command, is not told before nobody sends it requests any more", async () => {
    await world[Symbol.asyncDispose]()
    world = await World.start({ endpointDelay: 400 })
    const { services, kubelet } = world.cluster
    world.service('shop')
    const lifecycle = { preStop: { exec: { command: [UNTIL_UNROUTED] } } }
    const template = shopTemplate('shop')
    const containers = template.spec.containers.map((each) => ({ ...each, lifecycle }))
    world.deploy('shop', {}, { template: { ...template, spec: { ...template.spec, containers } } })
    await world.rolledOut('shop')
    const [pod] = world.pods('shop')
    if (pod === undefined) throw new Error('no pod')
    const ip = pod.status?.podIP ?? ''
    await world.until('sent to', () => services.sendsTo(ip))
    const log = kubelet.log(pod, undefined, false)
    world.delete('Pod', pod.metadata.name)
    expect(services.sendsTo(ip)).toBe(true)
    await world.until('told', () => log?.text().includes('SIGTERM') === true)
    expect(services.sendsTo(ip)).toBe(false)
  })
})

describe('a pod that does not work says so', () => {
  test('crash loop: restarts, CrashLoopBackOff, the exit code and the previous log', async () => {
    world.pod('crash', { command: ['node', '-e', "console.log('about to crash'); throw new Error('boom')"] })
    await world.until(
      'backing off',
      () => statusOf(world.thePod('crash'))?.state.waiting?.reason === 'CrashLoopBackOff',
    )
    const pod = world.thePod('crash')
    const status = statusOf(pod)
    expect(status?.restartCount).toBeGreaterThanOrEqual(1)
    expect(status?.lastState.terminated).toMatchObject({ exitCode: 1, reason: 'Error' })
    expect(status?.state.waiting?.message).toBe(
      `back-off 10s restarting failed container=app pod=crash_${NAMESPACE}(${pod.metadata.uid})`,
    )
    expect(world.log(pod, true)).toContain('Error: boom')
    expect(world.log(pod, true)).toContain('about to crash')
    expect(pod.status?.phase).toBe('Running')
    expect(conditionOf(pod.status?.conditions, 'Ready')).toMatchObject({
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [app]',
    })
    expect(world.events('BackOff')).toEqual([
      `Back-off restarting failed container app in pod crash_${NAMESPACE}(${pod.metadata.uid})`,
    ])
  })

  test('an image that is not there: ErrImagePull, then ImagePullBackOff, and it starts once it is there', async () => {
    const image = 'ghcr.io/org/shop:1'
    world.pod('nopull', { image })
    await world.until(
      'failed',
      () => statusOf(world.thePod('nopull'))?.state.waiting?.reason === 'ErrImagePull',
    )
    await world.until(
      'backed off',
      () => statusOf(world.thePod('nopull'))?.state.waiting?.reason === 'ImagePullBackOff',
    )
    const pod = world.thePod('nopull')
    expect(statusOf(pod)?.state.waiting?.message).toContain(
      `Back-off pulling image "${image}": ErrImagePull: `,
    )
    expect(pod.status?.phase).toBe('Pending')
    expect(world.events('Failed')).toEqual(
      expect.arrayContaining(['Error: ErrImagePull', 'Error: ImagePullBackOff']),
    )
    const named = world.cluster.images.add(image, {
      files: { '/main.mjs': 'setInterval(() => 0, 1000)' },
      command: ['node', '/main.mjs'],
    })
    await world.until('running', () => phase('nopull') === 'Running')
    expect(statusOf(world.thePod('nopull'))?.imageID).toBe(named)
  })

  test('a name that is no image: InvalidImageName', async () => {
    world.pod('invalid', { image: 'NOT//valid' })
    await world.until(
      'refused',
      () => statusOf(world.thePod('invalid'))?.state.waiting?.reason === 'InvalidImageName',
    )
  })

  test('a missing ConfigMap: CreateContainerConfigError, or FailedMount', async () => {
    const env = [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'missing', key: 'x' } } }]
    world.pod('noenv', { env })
    world.pod('nomount', {}, { volumes: [{ name: 'v', configMap: { name: 'missing' } }] })
    await world.until(
      'refused',
      () => statusOf(world.thePod('noenv'))?.state.waiting?.reason === 'CreateContainerConfigError',
    )
    expect(statusOf(world.thePod('noenv'))?.state.waiting?.message).toBe('configmap "missing" not found')
    await world.until('event', () => world.events('FailedMount').length > 0)
    expect(world.events('FailedMount')).toEqual([
      'MountVolume.SetUp failed for volume "v" : configmap "missing" not found',
    ])
    expect(statusOf(world.thePod('nomount'))?.state.waiting?.reason).toBe('ContainerCreating')
  })

  test('a command that is not there: StartError, exit code 128', async () => {
    world.pod('nocommand', { command: ['nothere'] }, { restartPolicy: 'Never' })
    await world.until('ended', () => phase('nocommand') === 'Failed')
    expect(statusOf(world.thePod('nocommand'))?.state.terminated).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
    })
  })

  test('a node that is too small: Unschedulable; it starts when there is room', async () => {
    const half = { requests: { cpu: '9' } }
    world.pod(
      'first',
      { command: ['node', '-e', 'setInterval(() => 0, 1000)'], resources: half },
      { terminationGracePeriodSeconds: 0 },
    )
    await world.until('running', () => phase('first') === 'Running')
    world.pod('second', { command: ['node', '-e', 'setInterval(() => 0, 1000)'], resources: half })
    await world.until(
      'unschedulable',
      () =>
        conditionOf(world.thePod('second').status?.conditions, 'PodScheduled')?.reason === 'Unschedulable',
    )
    expect(world.events('FailedScheduling')[0]).toMatch(/^0\/1 nodes are available: 1 Insufficient cpu\. /)
    world.delete('Pod', 'first')
    await world.until('running', () => phase('second') === 'Running')
  })

  test('probes: readiness takes it out and puts it back, liveness restarts it', async () => {
    const code = `import http from 'node:http'; let live = 200, ready = 200
      http.createServer((q, s) => { if (q.url === '/sick') live = 500; if (q.url === '/busy') ready = 503; if (q.url === '/free') ready = 200
        s.writeHead(q.url === '/live' ? live : q.url === '/ready' ? ready : 200).end() }).listen(8080)
      process.on('SIGTERM', () => process.exit(0))`
    const probe = (path: string): object => ({
      httpGet: { path, port: 8080 },
      periodSeconds: 1,
      failureThreshold: 1,
    })
    world.pod('probed', {
      command: ['node', '-e', code],
      readinessProbe: probe('/ready'),
      livenessProbe: { ...probe('/live'), initialDelaySeconds: 5, failureThreshold: 2 },
    })
    const ready = (): boolean =>
      conditionOf(world.thePod('probed').status?.conditions, 'Ready')?.status === 'True'
    const order = (path: string): Promise<unknown> => {
      const port = world.cluster.network.resolve(world.thePod('probed').status?.podIP ?? '', 8080)
      return world.ask(path, { url: `http://127.0.0.1:${port}`, agent: false })
    }
    await world.until('ready', ready)
    await order('/busy')
    await world.until('not ready', () => !ready())
    expect(world.events('Unhealthy')).toContain(
      'Readiness probe failed: HTTP probe failed with statuscode: 503',
    )
    await order('/free')
    await world.until('ready again', ready)
    await order('/sick')
    await world.until('restarted', () => statusOf(world.thePod('probed'))?.restartCount === 1)
    expect(world.events('Killing')).toContain('Container app failed liveness probe, will be restarted')
    await world.until('ready after the restart', ready)
  })

  test('an init container that fails holds the others back', async () => {
    world.create('Pod', {
      metadata: { name: 'init' },
      spec: {
        restartPolicy: 'Never',
        initContainers: [
          { name: 'migrate', image: 'node:24-alpine', command: ['node', '-e', 'process.exit(2)'] },
        ],
        containers: [{ name: 'app', image: 'node:24-alpine', command: ['node', '-e', '0'] }],
      },
    })
    await world.until('failed', () => phase('init') === 'Failed')
    expect(world.thePod('init').status?.initContainerStatuses?.[0]?.state.terminated?.exitCode).toBe(2)
    expect(statusOf(world.thePod('init'))?.state.waiting?.reason).toBe('PodInitializing')
  })

  test('a sidecar starts before the others, and ends when a Job has', async () => {
    const idle = ['node', '-e', "process.on('SIGTERM', () => process.exit(0)); setInterval(() => 0, 1000)"]
    world.create('Pod', {
      metadata: { name: 'side' },
      spec: {
        restartPolicy: 'Never',
        initContainers: [
          { name: 'proxy', image: 'node:24-alpine', restartPolicy: 'Always', command: idle },
          { name: 'slow', image: 'node:24-alpine', command: ['node', '-e', 'setTimeout(() => 0, 200)'] },
        ],
        containers: [{ name: 'app', image: 'node:24-alpine', command: ['node', '-e', '0'] }],
      },
    })
    const initialized = (): string | undefined =>
      conditionOf(world.thePod('side').status?.conditions, 'Initialized')?.status
    await world.until('waiting for the second', () => statusOf(world.thePod('side')) !== undefined)
    expect(initialized()).toBe('False')
    await world.until('ended', () => phase('side') === 'Succeeded')
    expect(initialized()).toBe('True')
    expect(
      world.thePod('side').status?.initContainerStatuses?.map(({ state }) => state.terminated?.exitCode),
    ).toEqual([0, 0])
  })

  test('a sidecar that is not ready keeps the pod from being ready', async () => {
    const idle = ['node', '-e', 'setInterval(() => 0, 1000)']
    const probe = { tcpSocket: { port: 9999 }, periodSeconds: 1 }
    world.create('Pod', {
      metadata: { name: 'held' },
      spec: {
        initContainers: [
          {
            name: 'proxy',
            image: 'node:24-alpine',
            restartPolicy: 'Always',
            command: idle,
            readinessProbe: probe,
          },
        ],
        containers: [{ name: 'app', image: 'node:24-alpine', command: idle }],
      },
    })
    const started = (): boolean => statusOf(world.thePod('held'))?.state.running !== undefined
    await world.until('the app runs', started)
    const { conditions } = world.thePod('held').status ?? {}
    expect(conditionOf(conditions, 'ContainersReady')).toMatchObject({
      status: 'False',
      message: 'containers with unready status: [proxy]',
    })
  })

  test('a readiness gate keeps it not ready until its condition is there', async () => {
    const idle = { command: ['node', '-e', 'setInterval(() => 0, 1000)'] }
    world.pod('gated', idle, { readinessGates: [{ conditionType: 'example.com/open' }] })
    const ready = (): Condition | undefined => conditionOf(world.thePod('gated').status?.conditions, 'Ready')
    await world.until('held', () => ready()?.reason === 'ReadinessGatesNotReady')
    world.cluster.store.updateStatus(KINDS.Pod, NAMESPACE, 'gated', (object) => {
      const { status } = object as Pod
      status?.conditions?.push({ type: 'example.com/open', status: 'True' })
    })
    await world.until('ready', () => ready()?.status === 'True')
  })

  test('several containers: ready when all are', async () => {
    const idle = ['node', '-e', 'setInterval(() => 0, 1000)']
    const probe = { tcpSocket: { port: 9999 }, periodSeconds: 1 }
    world.create('Pod', {
      metadata: { name: 'two' },
      spec: {
        initContainers: [{ name: 'first', image: 'node:24-alpine', command: ['node', '-e', '0'] }],
        containers: [
          { name: 'a', image: 'node:24-alpine', command: idle },
          { name: 'b', image: 'node:24-alpine', command: idle, readinessProbe: probe },
        ],
      },
    })
    await world.until('unhealthy', () => world.events('Unhealthy').length > 0)
    const ready = () => conditionOf(world.thePod('two').status?.conditions, 'Ready')
    // Until both containers run, neither is ready.
    await world.until('a ready', () => ready()?.message === 'containers with unready status: [b]')
    const ip = world.thePod('two').status?.podIP
    expect(world.events('Unhealthy')[0]).toBe(
      `Readiness probe failed: dial tcp ${ip}:9999: connect: connection refused`,
    )
    expect(ready()?.status).toBe('False')
  })
})
