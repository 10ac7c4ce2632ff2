import { describe, expect } from '@jest/globals'
import { killAt, type Moment } from '../faults/support/killing.ts'
import { errorless, failuresOf, servedNow } from '../support/evidence.ts'
import { recordOf, releaseAtOnce, rollBack, startRollback } from '../support/rollback.ts'
import { embeddedScenario } from '../support/scene.ts'

// Of all the moments at which test/faults kills a rollback, the two that are worst: when the pods have just been set
// back, and when only the incident was left to be written.

const MOMENTS: readonly Moment[] = [
  { api: 'kubernetes', when: 'after', what: 'patch deployments shop', nth: 1 },
  { api: 'github', when: 'before', what: 'issues/create service: shop', nth: 0 },
]

describe('a rollback that is killed', () => {
  embeddedScenario(
    'and killed again, is seen through by the third attempt: one version, one record, one incident',
    { rate: 40 },
    async (scene, kubernetes) => {
      await releaseAtOnce(scene, '2', { id: 7100 })
      await releaseAtOnce(scene, '3', { id: 7200 })
      for (const [at, moment] of MOMENTS.entries()) {
        const running = await startRollback(scene, { run: { id: 7300, attempt: at + 1 } })
        const kill = killAt({ scene, kubernetes }, running, moment, 'kill')
        expect((await running.done).post?.exitCode).toBe(0)
        expect(kill.struck).toBe(true)
      }
      const last = await rollBack(scene, { run: { id: 7300, attempt: 3 } })

      expect(errorless(last)).toEqual([])
      expect(last.outputs).toMatchObject({
        decision: 'rolled-back',
        version: '2.0.0',
        'previous-version': '3.0.0',
      })
      expect(recordOf(scene)).toEqual([
        'release shop 2.0.0: inactive',
        'release shop 3.0.0: failure',
        'rollback shop 2.0.0: success',
      ])
      expect(
        scene.github.issues.map(({ title, state, comments }) => [title, state, comments.length]),
      ).toEqual([['shop in production was rolled back from 3.0.0 to 2.0.0', 'open', 0]])
      expect(await servedNow(scene.load)).not.toContain('3')
      expect(failuresOf(scene.load)).toEqual([])
    },
  )
})
