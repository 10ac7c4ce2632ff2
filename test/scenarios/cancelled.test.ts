import { describe, expect } from '@jest/globals'
import { footprintOf } from '../support/app.ts'
import { errorOf, failuresOf, servedNow } from '../support/evidence.ts'
import { scenario } from '../support/scene.ts'

const MOMENTS = [
  { while: 'adopting', line: /deploy the canary/ },
  { while: 'soaking', line: /judge at 50 %/ },
  { while: 'promoting', line: /roll the new version out/ },
] as const

describe('a run that is cancelled', () => {
  for (const moment of MOMENTS) {
    scenario(
      `while ${moment.while}: main puts the route back, and post completes it`,
      { rate: 60 },
      async (scene) => {
        const { stage, github, load } = scene
        const before = await footprintOf(stage)
        const running = scene.start({ version: '2', inputs: { plan: '50, 100', soak: '2s' } })
        await running.logged(moment.line)
        running.cancel()
        const done = await running.done

        expect(done.killed).toBe(false)
        expect(done.conclusion).toBe('cancelled')
        errorOf(done)
        expect(done.outputs).toMatchObject({ decision: 'cancelled', 'reason-code': 'cancelled' })
        expect(done.post?.killed).toBe(false)
        expect(await footprintOf(stage)).toEqual(before)
        expect(await servedNow(load)).not.toContain('2')
        expect(failuresOf(load)).toEqual([])
        expect(github.deployments).toHaveLength(1)
        expect(github.deployments[0]?.statuses.at(-1)?.state).toBe('failure')

        if (moment.while !== 'promoting') return
        // The world is whole: the next release finds nothing in its way.
        const next = await scene.release({ version: '3', inputs: { plan: '100', soak: '300ms' } })
        expect(next.outputs['decision']).toBe('promoted')
      },
    )
  }
})
