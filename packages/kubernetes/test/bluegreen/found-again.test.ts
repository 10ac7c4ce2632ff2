import { describe, expect, test } from '@jest/globals'
import { connect, openRollback, type RollbackSurvey } from '../../src/index.ts'
import { COLOR } from '../../src/names.ts'
import { IMAGE, NAMESPACE, World } from '../world.ts'

async function surveyOf(world: World): Promise<RollbackSurvey> {
  const connection = await connect({ kubeconfig: world.kubernetes.kubeconfig(), env: {}, clock: world.clock })
  const it = await openRollback({
    http: world.http,
    clock: world.clock,
    connection,
    namespace: NAMESPACE,
    workload: 'shop',
    traffic: 'service/shop',
    nonce: 'rollback',
    cancelled: undefined,
    cwd: process.cwd(),
    uses: [],
  })
  try {
    return await it.survey()
  } finally {
    it.close()
  }
}

describe('what a rollback finds of two colours', () => {
  test('is what the Service says where the Lease does not, or not any more', async () => {
    await using world = await World.start()
    expect((await surveyOf(world)).state.colors).toBeUndefined()
    const it = await world.openColors()
    const fence = await world.claimColors(it)
    await it.colors.apply('blue', 'base', 1, fence)
    await it.colors.apply('green', 'release', 1, fence)
    await it.switch.read()
    await it.switch.set('green', fence)
    // As if its Lease had been deleted: it says nothing of colours.
    const forgotten = await surveyOf(world)
    expect(forgotten.state.colors).toEqual({ live: 'green', warm: undefined })
    expect(forgotten.colors.green?.template).toBe(it.target.goal?.hash)

    const colors = { live: 'green', warm: undefined } as const
    await it.claims.write((state) => ({ ...state, colors }))
    expect((await surveyOf(world)).state.colors).toEqual(colors)
    // Somebody switches by hand: what serves is what is to be taken back.
    const path = `/spec/selector/${COLOR.replace('/', '~1')}`
    await world.admin.patch('Service', 'shop', [{ op: 'replace', path, value: 'blue' }])
    expect((await surveyOf(world)).state.colors).toEqual({ live: 'blue', warm: undefined })
  })

  test('is the whole pod template of a release that no colour has any more', async () => {
    await using world = await World.start()
    const first = await world.openColors()
    const fence = await world.claimColors(first)
    await first.colors.apply('blue', 'base', 1, fence)
    await first.colors.apply('green', 'release', 0, fence)
    await world.untilColors(first, ({ colors }) => colors.green?.replicaSet !== undefined)
    await first.switch.read()
    await first.switch.set('blue', fence)
    // The same image, and nothing else the same.
    const edited = [
      { op: 'add', path: '/spec/template/spec/terminationGracePeriodSeconds', value: 3 },
    ] as const
    await world.admin.patch('Deployment', 'shop-green', edited)

    const wanted = { template: first.target.goal?.hash, image: IMAGE, digest: undefined }
    const { restoring, goal } = (await world.openColors({ image: undefined, restore: wanted })).target
    expect(restoring?.from).toMatch(/^ReplicaSet shop-green-/)
    expect(goal?.hash).toBe(wanted.template)
    expect(goal?.template.metadata?.labels).toEqual({ app: 'shop', tier: 'web' })

    const lost = { ...wanted, template: 'f'.repeat(64) }
    const image = first.target.deployment.spec?.template.spec?.containers[0]?.image ?? ''
    await expect(world.openColors({ image: undefined, restore: { ...lost, image } })).rejects.toMatchObject({
      code: 'not-found',
    })
  })
})
