import { describe, expect } from '@jest/globals'
import { errorless, failuresOf, servedNow } from '../support/evidence.ts'
import { recordOf, releaseAtOnce, rollBack, startRollback } from '../support/rollback.ts'
import { scenario, type Scene } from '../support/scene.ts'

/** Versions 2 and 3 were released, and 3 serves. */
async function released(scene: Scene): Promise<void> {
  await releaseAtOnce(scene, '2', { id: 7100 })
  await releaseAtOnce(scene, '3', { id: 7200 })
}

describe('two rollbacks of one service', () => {
  scenario(
    'want the same: the second takes over what the first began, and goes no further back',
    { rate: 40 },
    async (scene) => {
      const { github, load } = scene
      await released(scene)
      const first = await startRollback(scene, { run: { id: 7300 }, inputs: { verify: '2', soak: '20s' } })
      await first.logged(/verify 2.0.0, the first time/)
      const second = await rollBack(scene, { run: { id: 7400 } })
      const stopped = await first.done

      expect(errorless(second)).toEqual([])
      expect(second.outputs).toMatchObject({ decision: 'rolled-back', version: '2.0.0' })
      expect(stopped.outputs).toMatchObject({ decision: 'superseded', 'reason-code': 'superseded' })
      expect(await servedNow(load)).not.toContain('3')
      expect(failuresOf(load)).toEqual([])
      expect(recordOf(scene)).toEqual([
        'release shop 2.0.0: inactive',
        'release shop 3.0.0: failure',
        'rollback shop 2.0.0: failure',
        'rollback shop 2.0.0: success',
      ])
      // The one that gave way leaves it to the other to tell.
      expect(github.issues.map(({ title, comments }) => [title, comments.length])).toEqual([
        ['shop in production was rolled back from 3.0.0 to 2.0.0', 0],
      ])
    },
  )

  scenario(
    'that begin in the same moment leave one version, one incident and no open record',
    { rate: 0 },
    async (scene) => {
      await released(scene)
      const reason = 'it\'s "bad", says $(whoami) `id` | <!-- ann -->\n- not: a list'
      const both = await Promise.all(
        [7300, 7400].map((id) => rollBack(scene, { run: { id }, inputs: { reason } })),
      )
      for (const { outputs } of both) {
        expect(['rolled-back', 'superseded', 'unchanged']).toContain(outputs['decision'])
        if (outputs['decision'] !== 'superseded') expect(outputs['version']).toBe('2.0.0')
      }
      expect(both.map(({ outputs }) => outputs['decision'])).toContain('rolled-back')
      const again = await rollBack(scene, { run: { id: 7500 }, inputs: { to: 'version:2.0.0' } })
      expect(again.outputs['decision']).toBe('unchanged')
      const states = recordOf(scene).map((line) => line.split(': ').at(-1))
      expect(states).not.toContain('in_progress')
      expect(states).not.toContain('queued')
      expect(states.filter((state) => state === 'success')).toHaveLength(1)
      const { issues } = scene.github
      expect(issues.filter(({ state }) => state === 'open')).toHaveLength(1)
      expect(issues[0]?.body).toContain('it\'s "bad", says ')
      expect(issues[0]?.body).not.toContain('<!-- ann -->')
    },
  )
})
