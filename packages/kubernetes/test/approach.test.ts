import { describe, expect, test } from '@jest/globals'
import { type Approach, approach, connect } from '../src/index.ts'
import { canaryName } from '../src/names.ts'
import { mayBeLinked } from '../src/traffic/linked.ts'
import { appRoute, type Manifest } from '../../lab/src/stage/objects.ts'
import { IMAGE, NAMESPACE, World } from './world.ts'

/** The approach of one process, and how many requests it made since. */
async function near(
  world: World,
  image: string | undefined,
): Promise<{ found: Approach; requests: () => readonly string[] }> {
  const connection = await connect({ kubeconfig: world.kubernetes.kubeconfig(), env: {}, clock: world.clock })
  const from = world.kubernetes.requests.length
  const found = await approach({
    http: world.http,
    clock: world.clock,
    connection,
    namespace: NAMESPACE,
    workload: 'shop',
    traffic: { kind: 'httproute', name: 'shop' },
    image,
    nonce: 'n',
    cancelled: undefined,
    cwd: process.cwd(),
  })
  const requests = (): readonly string[] =>
    world.kubernetes.requests
      .since(from)
      .filter(({ verb }) => verb !== 'watch')
      .map(({ verb, resource }) => `${verb} ${resource}`)
  return { found, requests }
}

describe('a glance at a workload', () => {
  test('asks four questions, and says what stands', async () => {
    await using world = await World.start()
    await world.until(await world.open(), (seen) => seen.stable.settled)
    const { found, requests } = await near(world, IMAGE)
    const seen = await found.glance()
    expect(seen).toMatchObject({
      claim: { kind: 'free' },
      stable: { settled: true },
      canary: undefined,
      traffic: { kind: 'route', linked: false },
    })
    expect(seen.stable.template).not.toBe('')
    expect(
      [...requests()]
        .filter((each) => !each.startsWith('watch'))
        .slice(-4)
        .sort(),
    ).toEqual(['get deployments', 'get deployments', 'get httproutes', 'get leases'])
  })

  test('sees the canary in the route, and its Deployment', async () => {
    await using world = await World.start()
    const canary = await world.open()
    await world.until(canary, (seen) => seen.stable.settled)
    const fence = await world.claim(canary)
    await canary.cluster.applyCanary(1, fence)
    await canary.traffic.link(fence)
    const { found } = await near(world, IMAGE)
    const seen = await found.glance()
    expect(seen.claim.kind).toBe('held')
    expect(seen.canary).toBeDefined()
    expect(seen.traffic.linked).toBe(true)
  })
})

describe('a route', () => {
  const route = (name: string): Parameters<typeof mayBeLinked>[0] => {
    const made: Manifest = appRoute('shop', 'shop.test')
    const rules = [{ backendRefs: [{ name: 'shop' }, { name }] }]
    return { ...made, spec: { rules } }
  }
  test.each([
    ['the Service that a canary has by default', canaryName('shop'), undefined, true],
    ['the Service that the user named', 'mine', 'mine', true],
    ['another Service', 'other', undefined, false],
    ['the default name, where the user gave another', canaryName('shop'), 'mine', false],
  ])('that names %s', (_, name, chosen, linked) => {
    expect(mayBeLinked(route(name), 'shop', chosen)).toBe(linked)
  })
})
