import { expect, test } from '@jest/globals'
import { approachBlueGreen, connect } from '../../src/index.ts'
import { IMAGE, NAMESPACE, World } from '../world.ts'

test('a glance asks seven questions at once, and says who serves what', async () => {
  await using world = await World.start()
  const it = await world.openColors()
  const fence = await world.claimColors(it)
  await it.colors.apply('blue', 'release', 1, fence)
  await it.switch.read()
  await it.switch.set('blue', fence)
  await world.untilColors(it, ({ colors }) => colors.blue?.settled === true)
  await it.claims.release()

  const connection = await connect({ kubeconfig: world.kubernetes.kubeconfig(), env: {}, clock: world.clock })
  const from = world.kubernetes.requests.length
  const found = await approachBlueGreen({
    http: world.http,
    clock: world.clock,
    connection,
    namespace: NAMESPACE,
    workload: 'shop',
    traffic: { kind: 'service', name: 'shop' },
    image: IMAGE,
    nonce: 'n',
    cancelled: undefined,
    cwd: process.cwd(),
  })
  const seen = await found.glance()
  expect(seen).toMatchObject({
    claim: { kind: 'free' },
    blue: { template: found.goal?.hash, settled: true },
    green: undefined,
    switch: { to: 'blue', endpoints: { own: 0, blue: 1, green: 0 } },
    followers: [],
  })
  const asked = world.kubernetes.requests
    .since(from)
    .filter(
      ({ verb, resource }) =>
        verb !== 'watch' && !['pods', 'replicasets', 'endpointslices'].includes(resource),
    )
    .map(({ verb, resource }) => `${verb} ${resource}`)
  expect([...asked].sort()).toEqual([
    'get deployments',
    'get deployments',
    'get deployments',
    'get leases',
    'list horizontalpodautoscalers',
    'list poddisruptionbudgets',
    'list services',
  ])
})
