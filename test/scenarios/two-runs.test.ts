import { describe, expect } from '@jest/globals'
import { footprintOf } from '../support/app.ts'
import { errorless, errorOf, failuresOf, movesOf, servedNow } from '../support/evidence.ts'
import { scenario } from '../support/scene.ts'

const OLDER = { id: 7200 }
const NEWER = { id: 7300 }

describe('two runs on one target', () => {
  scenario(
    'the newer takes over, and the older stops as superseded while it soaks',
    { rate: 60 },
    async (scene) => {
      const { stage, github, load } = scene
      const older = scene.start({ version: '2', run: OLDER, inputs: { plan: '50, 100', soak: '60s' } })
      await older.logged(/judge at 50 %/)
      const newer = scene.start({ version: '3', run: NEWER, inputs: { plan: '50, 100', soak: '500ms' } })
      const stopped = await older.done
      // It has gone long before its soak would have ended, and long before the newer one has.
      expect(newer.log).not.toContain('promoted')
      const done = await newer.done

      expect(stopped.outputs).toMatchObject({ decision: 'superseded', 'reason-code': 'superseded' })
      expect(errorOf(stopped)).toContain('run 7300')
      expect(movesOf(stopped)).not.toContain('retreat-route')
      expect(stopped.post?.log ?? '').not.toContain('ROUTE BACK')
      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({ decision: 'promoted', version: '3.0.0' })
      expect(failuresOf(load)).toEqual([])
      expect(await servedNow(load)).not.toContain('2')
      expect((await stage.list('Deployment')).map(({ metadata }) => metadata.name)).toEqual(['shop'])
      const ends = github.deployments.map(({ statuses }) => statuses.at(-1)?.state)
      expect(ends.sort()).toEqual([expect.stringMatching(/error|failure/), 'success'])
    },
  )

  scenario(
    'the older one, approved last, does nothing to a newer that is in flight or live',
    { rate: 40 },
    async (scene) => {
      const { stage, load } = scene
      const newer = scene.start({ version: '3', run: NEWER, inputs: { plan: '50, 100', soak: '4s' } })
      await newer.logged(/judge at 50 %/)
      const during = await scene.release({ version: '2', run: OLDER, inputs: { plan: '100' } })
      const done = await newer.done
      const before = await footprintOf(stage)
      const late = await scene.release({ version: '2', run: OLDER, inputs: { plan: '100' } })

      expect(done.outputs['decision']).toBe('promoted')
      for (const each of [during, late]) {
        expect(each.outputs).toMatchObject({ decision: 'superseded', 'reason-code': 'superseded' })
        expect(errorOf(each)).toContain('newer run 7300')
        expect(movesOf(each)).toEqual(['stopped'])
      }
      expect(await footprintOf(stage)).toEqual(before)
      expect(Object.keys(load?.counts() ?? {}).sort()).toEqual(['1', '3'])
      expect(failuresOf(load)).toEqual([])

      // Unless a person says so.
      const asked = await scene.release({
        version: '2',
        run: OLDER,
        inputs: { plan: '100', soak: '300ms', 'allow-older': 'true' },
      })
      expect(asked.outputs).toMatchObject({ decision: 'promoted', version: '2.0.0' })
    },
  )
})
