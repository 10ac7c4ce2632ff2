import { describe, expect } from '@jest/globals'
import { errorless, failuresOf } from '../support/evidence.ts'
import { recordOf, rollBack } from '../support/rollback.ts'
import { scenario } from '../support/scene.ts'
import {
  APPLIED,
  expectServedBy,
  leaseOf,
  standingOf,
  startSwitch,
  switchedTwice,
  switchTo,
} from '../support/switching.ts'

describe('a rollback of blue/green', () => {
  scenario(
    'is one patch where the other colour is warm; the next one does not go back to the bad version',
    APPLIED,
    async (scene) => {
      await switchedTwice(scene)
      expect((await standingOf(scene)).serves).toBe('blue')
      const done = await rollBack(scene, { run: { id: 7300 } })

      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({
        decision: 'rolled-back',
        version: '2.0.0',
        'previous-version': '3.0.0',
      })
      const { evidence } = JSON.parse(done.outputs['result'] ?? '{}') as {
        evidence: { services: { moves: { kind: string }[] }[] }
      }
      const kinds = evidence.services[0]?.moves.map(({ kind }) => kind)
      expect(kinds).toContain('switch')
      expect(kinds).not.toContain('apply-color')
      expect((await standingOf(scene)).serves).toBe('green')
      await expectServedBy(scene, '2')
      expect(failuresOf(scene.load)).toEqual([])
      expect(recordOf(scene)).toEqual([
        'release shop 2.0.0: inactive',
        'release shop 3.0.0: failure',
        'rollback shop 2.0.0: success',
      ])

      // Blue is warm, with the version that was taken back: without GitHub too, nothing goes back to it.
      const further = await rollBack(scene, { run: { id: 7400 } })
      expect(further.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'not-found' })
      const blind = await rollBack(scene, {
        run: { id: 7500 },
        inputs: {
          record: 'false',
          environment: '',
          namespace: scene.stage.namespace,
          traffic: 'service/shop',
        },
      })
      expect(blind.outputs['version']).not.toBe('3.0.0')
      await expectServedBy(scene, blind.outputs['decision'] === 'rolled-back' ? '1' : '2')
    },
  )

  scenario(
    'to what no colour has any more: with the whole pod template that a ReplicaSet has kept, else not at all',
    APPLIED,
    async (scene) => {
      // All versions have one image: what tells them apart is the environment.
      for (const [version, id] of [
        ['2', 7100],
        ['3', 7200],
        ['4', 7250],
      ] as const)
        expect((await switchTo(scene, { version, run: { id } })).outputs['decision']).toBe('switched')
      const done = await rollBack(scene, { run: { id: 7300 }, inputs: { to: 'version:2.0.0' } })
      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({ decision: 'rolled-back', version: '2.0.0' })
      await expectServedBy(scene, '2')
      expect(failuresOf(scene.load)).toEqual([])
      const templates = scene.github.deployments.map(
        ({ payload }) => (payload as { template?: string }).template,
      )
      expect(templates.slice(0, 3)).not.toContain(undefined)
      expect(templates[3]).toBe(templates[0])

      // Version 3 is nowhere any more, and its image is what serves: nothing could be restored.
      const { stage } = scene
      for (const { metadata, spec } of await stage.list('ReplicaSet')) {
        const gone = (spec as { replicas?: number } | undefined)?.replicas === 0
        if (gone && metadata.name.startsWith('shop-blue')) await stage.remove('ReplicaSet', metadata.name)
      }
      const lost = await rollBack(scene, { run: { id: 7400 }, inputs: { to: 'version:3.0.0' } })
      expect(lost.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'not-found' })
      expect(lost.outputs['message']).toMatch(/has the image that serves now, and nothing has kept/)
      await expectServedBy(scene, '2')
    },
  )

  scenario('ends a switch that is under way, and its step stops as superseded', APPLIED, async (scene) => {
    expect((await switchTo(scene, { version: '2', run: { id: 7100 } })).outputs['decision']).toBe('switched')
    const soaking = startSwitch(scene, { version: '3', run: { id: 7200 }, inputs: { soak: '120s' } })
    await soaking.logged(/after the switch/)
    const done = await rollBack(scene, { run: { id: 7300 } })
    const stopped = await soaking.done

    expect(errorless(done)).toEqual([])
    expect(done.outputs).toMatchObject({ decision: 'rolled-back', version: '2.0.0' })
    expect(stopped.outputs).toMatchObject({ decision: 'superseded' })
    expect((await standingOf(scene)).serves).toBe('green')
    expect(await leaseOf(scene)).not.toHaveProperty('switching')
    await expectServedBy(scene, '2')
    expect(failuresOf(scene.load)).toEqual([])
    expect(recordOf(scene)).toEqual([
      'release shop 2.0.0: inactive',
      'release shop 3.0.0: failure',
      'rollback shop 2.0.0: success',
    ])
  })
})
