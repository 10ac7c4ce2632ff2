import { describe, expect, test } from '@jest/globals'
import { COLOR } from '../../src/names.ts'
import { ROLE_RULES } from '../../src/index.ts'
import { appService } from '../../../lab/src/stage/objects.ts'
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
    expect(await it.switch.ask(10, NEVER)).toEqual({ blue: 0, green: 10, through: 'service' })
  })

  test('does not say who answered where it may not ask, or cannot tell', async () => {
    await using world = await World.start()
    const rules = ROLE_RULES.filter(({ resources }) => !resources.includes('pods/proxy'))
    const it = await world.openColors({ connection: await world.roled('blind', rules) })
    const fence = await world.claimColors(it)
    await it.colors.apply('blue', 'base', 2, fence)
    await it.colors.apply('green', 'base', 2, fence)
    await world.untilColors(it, (seen) => seen.colors.blue?.ready === 2 && seen.colors.green?.ready === 2)
    await it.switch.read()
    await it.switch.set('green', fence)
    expect(await it.switch.ask(4, NEVER)).toBeUndefined()
    const seeing = await world.openColors()
    expect(await seeing.switch.ask(4, NEVER)).toBeUndefined()
  })

  test('that somebody changed is told, and never taken for a colour', async () => {
    await using world = await World.start()
    const it = await world.openColors()
    await world.claimColors(it)
    const seen = async (selector: object): Promise<unknown> => {
      await world.admin.patch('Service', 'shop', [{ op: 'replace', path: '/spec/selector', value: selector }])
      return it.switch.read()
    }
    expect(await seen({ app: 'shop', [COLOR]: 'red' })).toMatchObject({
      to: 'own',
      tampered: expect.stringContaining('is no colour of ours'),
    })
    expect(await seen({ app: 'cart', [COLOR]: 'blue' })).toMatchObject({
      to: 'blue',
      tampered: expect.stringContaining('selects no pods of shop any more'),
    })
    expect(await seen({ app: 'shop' })).toMatchObject({ to: 'own', tampered: undefined })
    await world.admin.delete('Service', 'shop')
    expect((await it.switch.read()).tampered).toMatch(/does not exist any more/)
  })

  test('changes hands only under the fence, and only as it was read; the way back needs the fence alone', async () => {
    await using world = await World.start()
    const it = await world.openColors()
    const fence = await world.claimColors(it)
    await it.switch.read()
    const edit = [{ op: 'add', path: '/metadata/labels', value: { edited: 'yes' } }] as const
    await world.admin.patch('Service', 'shop', edit)
    await expect(it.switch.set('blue', fence)).rejects.toMatchObject({ code: 'conflict' })
    await it.switch.back('blue', fence)
    expect((await it.switch.read()).to).toBe('blue')

    const next = await world.openColors()
    const later = await world.claimColors(next, 8)
    await it.switch.read()
    await expect(it.switch.set('green', fence)).rejects.toMatchObject({ code: 'superseded' })
    await expect(it.switch.back('green', fence)).rejects.toMatchObject({ code: 'superseded' })

    // Made anew by somebody, it carries no stamp: that is found out at once.
    await world.admin.delete('Service', 'shop')
    await world.apply(appService())
    await expect(next.switch.back('blue', later)).rejects.toMatchObject({ code: 'conflict' })
    expect((await next.switch.read()).unstamped).toEqual(['Service/shop'])
  })
})
