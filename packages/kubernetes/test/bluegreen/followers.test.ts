import { describe, expect, test } from '@jest/globals'
import { Conflict } from '@release-actions/values'
import { COLOR } from '../../src/names.ts'
import { ROLE_RULES } from '../../src/index.ts'
import { appService, type Manifest } from '../../../lab/src/stage/objects.ts'
import { shop, World } from '../world.ts'

const HPA: Manifest = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'scaler' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' },
    minReplicas: 1,
    maxReplicas: 5,
  },
}
const PDB: Manifest = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'budget' },
  spec: { minAvailable: 1, selector: { matchLabels: { app: 'shop' } } },
}
/** Another way to the same pods. */
const INTERNAL = appService('internal', { app: 'shop', tier: 'web' })
const OTHER: Manifest = {
  ...PDB,
  metadata: { name: 'of-others' },
  spec: { minAvailable: 1, selector: { matchLabels: { app: 'cart' } } },
}

type Colors = Awaited<ReturnType<World['openColors']>>['colors']

/** As the loop does it: a PDB's status moves with its pods, and who meets that looks again. */
async function follow(colors: Colors, ...how: Parameters<Colors['follow']>): Promise<void> {
  for (;;) {
    try {
      return await colors.follow(...how)
    } catch (error) {
      if (!(error instanceof Conflict)) throw error
      await colors.observe()
    }
  }
}

const started = (): Promise<World> => World.start([...shop(), HPA, PDB, OTHER, INTERNAL])

describe('what follows the colour that serves', () => {
  test('an HPA by its target, a PDB and another Service by our key, there and back', async () => {
    await using world = await started()
    const it = await world.openColors()
    const fence = await world.claimColors(it)
    await it.colors.apply('blue', 'base', 1, fence)
    const followers = ['HorizontalPodAutoscaler/scaler', 'PodDisruptionBudget/budget', 'Service/internal']
    const all = (to: string): object[] => followers.map((object) => ({ object, to }))
    expect((await it.colors.observe()).followers).toEqual(all('own'))

    for (const object of followers) await follow(it.colors, object, 'blue', fence)
    expect((await it.colors.observe()).followers).toEqual(all('blue'))
    const scaler = await world.admin.list('HorizontalPodAutoscaler')
    expect(scaler.items[0]?.spec?.scaleTargetRef.name).toBe('shop-blue')
    expect((await world.admin.get('PodDisruptionBudget', 'budget')).spec?.selector).toEqual({
      matchLabels: { app: 'shop', [COLOR]: 'blue' },
    })
    expect((await world.admin.get('Service', 'internal')).spec?.selector).toEqual({
      app: 'shop',
      tier: 'web',
      [COLOR]: 'blue',
    })

    for (const object of followers) await follow(it.colors, object, 'own', fence)
    expect((await it.colors.observe()).followers).toEqual(all('own'))
    expect((await world.admin.get('PodDisruptionBudget', 'budget')).spec).toMatchObject(PDB['spec'] as object)
    expect((await world.admin.get('PodDisruptionBudget', 'of-others')).spec?.selector).toEqual({
      matchLabels: { app: 'cart' },
    })
  })

  test('is stamped like the rest, and refuses a claim that was overtaken', async () => {
    await using world = await started()
    const it = await world.openColors()
    const fence = await world.claimColors(it)
    const next = await world.openColors()
    await world.claimColors(next, 8)
    await expect(it.colors.follow('PodDisruptionBudget/budget', 'blue', fence)).rejects.toMatchObject({
      code: 'superseded',
    })
  })

  test('a PDB stays as it is where the Role does not allow to change it, and the consequence is said', async () => {
    await using world = await started()
    const rules = ROLE_RULES.map((rule) =>
      rule.resources.includes('poddisruptionbudgets') ? { ...rule, verbs: ['list'] } : rule,
    )
    const it = await world.openColors({ connection: await world.roled('modest', rules) })
    const warnings = await it.colors.preflight()
    expect(warnings.join('\n')).toMatch(
      /budget cannot be changed.*patch poddisruptionbudgets.*an eviction may take all those that serve/,
    )
    expect((await it.colors.observe()).followers.map(({ object }) => object)).toEqual([
      'HorizontalPodAutoscaler/scaler',
      'Service/internal',
    ])
  })

  test('a PDB that somebody applies server-side is left alone, and an HPA follows all the same: both are said', async () => {
    await using world = await started()
    await world.applyAs('flux', PDB)
    await world.applyAs('flux', HPA)
    const it = await world.openColors()
    const warnings = (await it.colors.preflight()).join('\n')
    expect(warnings).toMatch(
      /PodDisruptionBudget budget is applied server-side by flux, so its selector is left alone/,
    )
    expect(warnings).toMatch(/HorizontalPodAutoscaler scaler is applied server-side by flux/)
    expect((await it.colors.observe()).followers.map(({ object }) => object)).toEqual([
      'HorizontalPodAutoscaler/scaler',
      'Service/internal',
    ])
  })
})
