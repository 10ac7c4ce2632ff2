import { expect, test } from '@jest/globals'
import { appDeployment } from '../../lab/src/stage/objects.ts'
import { shop, World } from './world.ts'

test('pods of a track are listed, and asked through the proxy by port number or name', async () => {
  await using it = await World.start()
  const canary = await it.open()
  await it.until(canary, (now) => now.stable.ready === 2)
  const pods = await canary.pods.list('stable')
  expect(pods).toHaveLength(2)
  expect(pods[0]).toMatchObject({
    ready: true,
    deleting: false,
    restarts: 0,
    ports: { http: 8080 },
    limits: { cpu: undefined },
  })
  expect(await canary.pods.list('canary')).toEqual([])
  const [pod] = pods
  if (pod === undefined) throw new Error('no pod')
  for (const port of ['http', 8080, '8080']) {
    expect(await canary.pods.get(pod, port, '/healthz?x=1', 2000)).toMatchObject({
      status: 200,
      latency: expect.any(Number),
    })
  }
})

test('a sidecar may hold the port that is served: its readiness and its restarts are the pod’s', async () => {
  const serving = appDeployment({ version: 'v1', labels: { app: 'shop', tier: 'web' }, preStop: 0 })
  const { template, ...spec } = serving['spec'] as { template: { spec: { containers: [object] } } }
  const [proxy] = template.spec.containers
  const podSpec = {
    ...template.spec,
    initContainers: [{ ...proxy, name: 'proxy', restartPolicy: 'Always' }],
    containers: [
      { name: 'app', image: 'node:24-alpine', command: ['node', '-e', 'setInterval(() => 0, 1e6)'] },
    ],
  }
  const deployment = { ...serving, spec: { ...spec, template: { ...template, spec: podSpec } } }
  await using it = await World.start([...shop().filter(({ kind }) => kind !== 'Deployment'), deployment])
  const canary = await it.open()
  const { stable } = await it.until(canary, (now) => now.stable.endpoints === 2)
  expect(stable.ready).toBe(2)
  const [pod] = await canary.pods.list('stable')
  if (pod === undefined) throw new Error('no pod')
  expect(pod).toMatchObject({ restarts: 0, ports: { http: 8080 } })
  expect(await canary.pods.get(pod, 'http', '/healthz', 2000)).toMatchObject({ status: 200 })
})

test('what keeps a pod from being asked is told apart from what the pod answers', async () => {
  await using it = await World.start()
  const canary = await it.open()
  await it.until(canary, (now) => now.stable.ready === 2)
  const [pod] = await canary.pods.list('stable')
  if (pod === undefined) throw new Error('no pod')
  await expect(canary.pods.get(pod, 'metrics', '/', 1000)).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('its named ports: http'),
  })
  await expect(canary.pods.get(pod, 9999, '/', 1000)).rejects.toMatchObject({ code: 'unreachable' })
  await expect(canary.pods.get({ ...pod, name: 'gone' }, 8080, '/', 1000)).rejects.toMatchObject({
    code: 'not-found',
  })
  it.kubernetes.faults.order({ resource: 'pods/proxy' }, { kind: 'status', code: 403 })
  await expect(canary.pods.get(pod, 8080, '/', 1000)).rejects.toMatchObject({
    code: 'forbidden',
    fix: ['add to the Role:', '- {apiGroups: [""], resources: [pods/proxy], verbs: [get]}'],
  })
  it.kubernetes.faults.order({ resource: 'pods/proxy' }, { kind: 'freeze' })
  await expect(canary.pods.get(pod, 8080, '/', 100)).rejects.toMatchObject({ code: 'timeout' })
  it.kubernetes.faults.thaw()
})

test('a cluster without a metrics server knows no usage', async () => {
  await using it = await World.start()
  expect(await (await it.open()).pods.usage('stable')).toBeUndefined()
})
