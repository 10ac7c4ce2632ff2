import { describe, expect, test } from '@jest/globals'
import { COLOR } from '../../src/names.ts'
import { World } from '../world.ts'

const NEVER = new AbortController().signal

describe('a Service that switches', () => {
  test('adopts, takes the new version beside it, switches and switches back', async () => {
    await using world = await World.start()
    const it = await world.openColors()
    await it.colors.preflight()
    const fence = await world.claimColors(it)
    await world.untilColors(it, ({ colors }) => colors.own.settled)

    await it.colors.apply('blue', 'base', 2, fence)
    await world.untilColors(it, (seen) => seen.colors.blue?.ready === 2 && seen.colors.blue.endpoints === 2)
    const adopted = await it.colors.observe()
    expect(adopted.blue?.template).toBe(adopted.own.template)
    expect(await it.switch.read()).toMatchObject({ to: 'own', endpoints: { own: 2, blue: 2, green: 0 } })
    await it.switch.set('blue', fence)
    await world.untilColors(it, (seen) => seen.switch.to === 'blue' && seen.switch.endpoints.own === 0)
    await it.colors.scale('own', 0, fence)

    await it.colors.apply('green', 'release', 2, fence)
    expect((await it.switch.read()).linked).toBe(false)
    await it.switch.link('green', fence)
    await world.untilColors(it, (seen) => seen.colors.green?.endpoints === 2)
    const before = await it.switch.read()
    expect(before).toMatchObject({ linked: true, endpoints: { own: 0, blue: 2, green: 0 }, unstamped: [] })
    expect((await it.colors.observe()).green?.template).toBe(it.target.goal?.hash)
    await it.switch.set('green', fence)
    await world.untilColors(
      it,
      (seen) => seen.switch.endpoints.blue === 0 && seen.switch.endpoints.green === 2,
    )

    await it.switch.back('blue', fence)
    await world.untilColors(
      it,
      (seen) => seen.switch.endpoints.blue === 2 && seen.switch.endpoints.green === 0,
    )
    const service = await world.admin.get('Service', 'shop')
    expect(service.spec?.selector).toEqual({ app: 'shop', [COLOR]: 'blue' })
    await expect(it.switch.wayBack('green')).resolves.toContain('patch service shop')
  })

  test('tells by the answers of new connections who serves', async () => {
    await using world = await World.start()
    const it = await world.openColors()
    const fence = await world.claimColors(it)
    await it.colors.apply('blue', 'base', 1, fence)
    await it.colors.apply('green', 'release', 1, fence)
    await world.untilColors(it, (seen) => seen.colors.blue?.ready === 1 && seen.colors.green?.ready === 1)
    await it.switch.set('green', fence)
    await world.untilColors(it, (seen) => seen.switch.endpoints.blue + seen.switch.endpoints.own === 0)
    expect(await it.switch.ask(10, NEVER)).toEqual({ blue: 0, green: 10 })
  })
})
