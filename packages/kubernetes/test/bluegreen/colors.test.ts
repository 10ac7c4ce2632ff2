import { describe, expect, test } from '@jest/globals'
import { COLOR, OWNER } from '../../src/names.ts'
import { appDeployment, type Manifest } from '../../../lab/src/stage/objects.ts'
import { shop, World } from '../world.ts'

describe('a colour’s Deployment', () => {
  test('is the user’s own with our label, owned by nobody, so that it outlives that', async () => {
    await using world = await World.start()
    const it = await world.openColors()
    const fence = await world.claimColors(it)
    await it.colors.apply('blue', 'base', 1, fence)
    const made = await world.admin.get('Deployment', 'shop-blue')
    expect(made.metadata?.ownerReferences).toBeUndefined()
    expect(made.metadata?.annotations).toMatchObject({ [OWNER]: 'shop' })
    expect(made.spec?.selector).toEqual({ matchLabels: { app: 'shop', tier: 'web', [COLOR]: 'blue' } })
    await it.switch.read()
    await it.switch.set('blue', fence)

    await world.admin.delete('Deployment', 'shop')
    await world.untilColors(it, ({ colors }) => colors.blue?.ready === 1 && colors.own.total === 0)
    expect((await it.colors.observe()).own).toMatchObject({ desired: 0, total: 0, settled: true })
    const next = await world.openColors()
    const later = await world.claimColors(next, 8)
    await next.colors.preflight()
    await next.colors.apply('green', 'release', 1, later)
    await world.untilColors(next, ({ colors }) => colors.green?.ready === 1)
    await next.switch.back('blue', later)
    expect((await next.colors.observe()).green?.template).toBe(next.target.goal?.hash)
  })

  test('is made once where the answer was lost, and another’s is left alone', async () => {
    await using world = await World.start([
      ...shop(),
      { ...appDeployment({ name: 'shop-green', version: 'x' }) },
    ])
    const it = await world.openColors()
    const [own, green] = [expect.objectContaining({ code: 'conflict' }), /shop-green exists, and is not ours/]
    await expect(it.colors.preflight()).rejects.toEqual(own)
    await expect(it.colors.preflight()).rejects.toThrow(green)
    await world.admin.delete('Deployment', 'shop-green')
    const fence = await world.claimColors(it)
    world.kubernetes.faults.order({ verb: 'create', resource: 'deployments' }, { kind: 'drop-after' })
    await it.colors.apply('blue', 'base', 1, fence)
    expect((await it.colors.observe()).blue).toMatchObject({ desired: 1 })
  })

  test('gets another template under the fence, and tells one that somebody else gave it', async () => {
    await using world = await World.start()
    const it = await world.openColors()
    const fence = await world.claimColors(it)
    await it.colors.apply('green', 'release', 0, fence)
    const seen = await it.colors.observe()
    expect(seen.green).toMatchObject({ template: it.target.goal?.hash, desired: 0 })
    const next = await world.openColors({ image: 'node:24-alpine' })
    const later = await world.claimColors(next, 8)
    await next.colors.apply('green', 'release', 0, later)
    expect((await next.colors.observe()).green?.template).toBe(next.target.goal?.hash)
    await expect(it.colors.apply('green', 'release', 0, fence)).rejects.toMatchObject({ code: 'superseded' })
    await expect(it.colors.scale('green', 1, fence)).rejects.toMatchObject({ code: 'superseded' })
    await world.admin.patch('Deployment', 'shop-green', [
      { op: 'replace', path: '/spec/template/spec/terminationGracePeriodSeconds', value: 3 },
    ])
    const { green } = await next.colors.observe()
    expect(green?.template).not.toBe(next.target.goal?.hash)
  })

  test('is made anew where the user’s own Deployment has another selector now', async () => {
    await using world = await World.start()
    const it = await world.openColors()
    const fence = await world.claimColors(it)
    await it.colors.apply('green', 'release', 0, fence)
    await world.admin.delete('Deployment', 'shop')
    const labels = { app: 'shop', team: 'web' }
    await world.apply(appDeployment({ version: 'v1', labels }) as Manifest)
    const next = await world.openColors()
    const later = await world.claimColors(next, 8)
    await next.colors.apply('green', 'release', 0, later)
    const made = await world.admin.get('Deployment', 'shop-green')
    expect(made.spec?.selector.matchLabels).toEqual({ ...labels, [COLOR]: 'green' })
  })

  test('copies what serves for the next release, not what lies in the user’s own Deployment', async () => {
    await using world = await World.start()
    const it = await world.openColors()
    const fence = await world.claimColors(it)
    await it.colors.apply('blue', 'base', 1, fence)
    await it.switch.read()
    await it.switch.set('blue', fence)
    await world.apply(appDeployment({ version: 'v9', labels: { app: 'shop', tier: 'web' } }))
    const next = await world.openColors()
    const environment = JSON.stringify(next.target.goal?.template.spec?.containers[0]?.env)
    expect(environment).toContain('v1')
    expect((await next.colors.preflight()).join('\n')).toMatch(
      /your apply changes no traffic: Deployment shop has another pod template than shop-blue, which serves/,
    )
  })
})
