import { describe, expect, test } from '@jest/globals'
import { COLOR } from '../../src/names.ts'
import { appRoute } from '../../../lab/src/stage/objects.ts'
import { World } from '../world.ts'

const traffic = { kind: 'httproute', name: 'shop' } as const

describe('an HTTPRoute that switches', () => {
  test('names the colours’ Services, gives one all the weight, and takes the user’s Service along', async () => {
    await using world = await World.start()
    const it = await world.openColors({ traffic })
    await it.colors.preflight()
    expect((await it.switch.preflight()).changes.join()).toContain('shop-blue and shop-green')
    const fence = await world.claimColors(it)
    await it.colors.apply('blue', 'base', 2, fence)
    await world.untilColors(it, (seen) => seen.colors.blue?.endpoints === 2 && seen.colors.own.settled)
    expect(await it.switch.read()).toMatchObject({ kind: 'route', to: 'own', linked: false })
    await it.switch.set('blue', fence)
    await world.untilColors(it, (seen) => seen.switch.accepted && seen.switch.endpoints.blue === 2)
    expect(await it.switch.read()).toMatchObject({
      to: 'blue',
      linked: true,
      endpoints: { own: 0, blue: 2, green: 0 },
    })
    expect(await weights(world)).toEqual({ shop: 0, 'shop-blue': 100, 'shop-green': 0 })
    expect((await it.colors.observe()).followers).toEqual([{ object: 'Service/shop', to: 'own' }])
    await it.colors.follow('Service/shop', 'blue', fence)
    expect((await world.admin.get('Service', 'shop')).spec?.selector).toEqual({
      app: 'shop',
      [COLOR]: 'blue',
    })

    await it.colors.apply('green', 'release', 2, fence)
    await it.switch.link('green', fence)
    await world.untilColors(it, (seen) => seen.colors.green?.endpoints === 2)
    await it.switch.set('green', fence)
    expect((await it.switch.read()).to).toBe('green')

    await it.switch.back('blue', fence)
    expect((await it.switch.read()).to).toBe('blue')
    expect(await weights(world)).toEqual({ shop: 0, 'shop-blue': 100, 'shop-green': 0 })
  })

  test('names a Service only once the router can know its endpoints', async () => {
    await using world = await World.start()
    const it = await world.openColors({ traffic })
    const fence = await world.claimColors(it)
    await it.colors.apply('blue', 'base', 1, fence)
    await it.switch.read()
    const asked: string[] = []
    const when = ({ verb, target }: { verb: string; target: { resource: string } | undefined }): boolean => {
      asked.push(`${verb} ${target?.resource}`)
      return false
    }
    world.kubernetes.faults.order({ when }, { kind: 'delay', ms: 0 })
    await it.switch.set('blue', fence)
    const [made, named] = [asked.lastIndexOf('create services'), asked.lastIndexOf('patch httproutes')]
    expect(made).toBeGreaterThanOrEqual(0)
    expect(asked.slice(made, named)).toContain('list endpointslices')
  })

  test('that the user applies again reaches the colour that serves, and a way back finds it so', async () => {
    await using world = await World.start()
    const it = await world.openColors({ traffic })
    const fence = await world.claimColors(it)
    await it.colors.apply('blue', 'base', 1, fence)
    await it.switch.read()
    await it.switch.set('blue', fence)
    await it.colors.follow('Service/shop', 'blue', fence)
    await world.apply(appRoute('shop', 'shop.test'))
    expect(await weights(world)).toEqual({ shop: 1 })
    expect(await it.switch.read()).toMatchObject({ to: 'blue', linked: false, tampered: undefined })
    await it.switch.back('green', fence)
    expect(await weights(world)).toEqual({ shop: 0, 'shop-green': 100 })
  })
})

async function weights(world: World): Promise<Readonly<Record<string, number>>> {
  const route = await world.admin.get('HTTPRoute', 'shop')
  const refs = (route.spec?.rules ?? []).flatMap((rule) => rule.backendRefs ?? [])
  return Object.fromEntries(refs.map(({ name, weight = 1 }) => [name, weight]))
}
