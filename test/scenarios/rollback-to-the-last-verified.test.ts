import { describe, expect } from '@jest/globals'
import { errorless, failuresOf, movesOf, servedNow } from '../support/evidence.ts'
import { recordOf, releaseAtOnce, rollBack } from '../support/rollback.ts'
import { scenario } from '../support/scene.ts'

describe('a rollback after a release', () => {
  scenario(
    'restores the last verified release from the record alone, and never the one that was taken back',
    { rate: 40 },
    async (scene) => {
      const { github, load } = scene
      for (const [version, id] of [
        ['2', 7100],
        ['3', 7200],
      ] as const)
        await releaseAtOnce(scene, version, { id })
      const done = await rollBack(scene, { run: { id: 7300 } })

      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({
        decision: 'rolled-back',
        'reason-code': '',
        version: '2.0.0',
        'previous-version': '3.0.0',
        failed: '',
        incident: '1',
      })
      expect(recordOf(scene)).toEqual([
        'release shop 2.0.0: inactive',
        'release shop 3.0.0: failure',
        'rollback shop 2.0.0: success',
      ])
      expect(github.deployments[2]?.sha).toBe(github.deployments[0]?.sha)
      expect(done.outputs['deployment-id']).toBe(String(github.deployments[2]?.id))
      expect(await servedNow(load)).not.toContain('3')
      expect(failuresOf(load)).toEqual([])
      expect(done.summary).toContain('shop is back on 2.0.0')

      // The same run again: it has rolled back, and says so; nothing is told a second time.
      const [before, comments] = [recordOf(scene), github.issues[0]?.comments]
      const again = await rollBack(scene, { run: { id: 7300, attempt: 2 } })
      expect(again.outputs).toMatchObject({ decision: 'rolled-back', version: '2.0.0' })
      expect(recordOf(scene)).toEqual(before)
      expect(github.issues[0]?.comments).toEqual(comments)

      // Another one: not back to 3, which was taken back; and before 2 nothing was ever verified.
      const further = await rollBack(scene, { run: { id: 7400 } })
      expect(further.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'not-found' })
      expect(github.issues).toHaveLength(1)
      expect(github.issues[0]).toMatchObject({
        state: 'open',
        title: 'shop in production was rolled back from 3.0.0 to 2.0.0',
      })
      void movesOf
    },
  )
})
