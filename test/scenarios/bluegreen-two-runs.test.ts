import { describe, expect } from '@jest/globals'
import { errorless, errorOf, failuresOf, movesOf } from '../support/evidence.ts'
import { scenario } from '../support/scene.ts'
import { APPLIED, expectServedBy, standingOf, startSwitch, switchTo, UP } from '../support/switching.ts'

const OLDER = { id: 7200 }
const NEWER = { id: 7300 }

describe('two blue/green runs on one workload', () => {
  scenario(
    'the newer takes over, and the older stops as superseded while it soaks',
    APPLIED,
    async (scene) => {
      const inputs = { 'post-switch-gates': UP }
      const older = startSwitch(scene, { version: '2', run: OLDER, inputs: { ...inputs, soak: '60s' } })
      await older.logged(/after the switch/)
      const newer = startSwitch(scene, { version: '3', run: NEWER, inputs: { ...inputs, soak: '500ms' } })
      const stopped = await older.done
      const done = await newer.done

      expect(stopped.outputs).toMatchObject({ decision: 'superseded', 'reason-code': 'superseded' })
      expect(errorOf(stopped)).toContain('run 7300')
      expect(movesOf(stopped)).not.toContain('switch-back')
      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({ decision: 'switched', version: '3.0.0' })
      expect(await standingOf(scene)).toMatchObject({ serves: done.outputs['color'] })
      await expectServedBy(scene, '3')
      expect(failuresOf(scene.load)).toEqual([])
      const ends = scene.github.deployments.map(({ statuses }) => statuses.at(-1)?.state)
      expect(ends.sort()).toEqual([expect.stringMatching(/error|failure/), 'success'])
    },
  )

  scenario(
    'the older one, approved last, does nothing to a newer that is live, unless a person says so',
    { ...APPLIED, rate: 0 },
    async (scene) => {
      const newer = await switchTo(scene, { version: '3', run: NEWER })
      expect(newer.outputs['decision']).toBe('switched')
      const before = await standingOf(scene)
      const late = await switchTo(scene, { version: '2', run: OLDER })

      expect(late.outputs).toMatchObject({ decision: 'superseded', 'reason-code': 'superseded' })
      expect(errorOf(late)).toContain('newer run 7300')
      expect(movesOf(late)).toEqual(['stopped'])
      expect(await standingOf(scene)).toEqual(before)

      const asked = await switchTo(scene, {
        version: '2',
        run: OLDER,
        inputs: { 'allow-older': 'true' },
      })
      expect(asked.outputs).toMatchObject({ decision: 'switched', version: '2.0.0' })
    },
  )

  scenario(
    'a canary on an adopted workload is refused, and a switch beside a canary as well',
    { ...APPLIED, rate: 0 },
    async (scene) => {
      const canary = scene.start({ version: '2', run: OLDER, inputs: { plan: '50, 100', soak: '20s' } })
      await canary.logged(/judge at 50 %/)
      const beside = await switchTo(scene, { version: '3', run: NEWER })
      expect(beside.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'conflict' })
      canary.cancel()
      await canary.done

      const switched = await switchTo(scene, { version: '3', run: { id: 7400 } })
      expect(switched.outputs['decision']).toBe('switched')
      const before = await standingOf(scene)
      const after = await scene.release({ version: '4', run: { id: 7500 }, inputs: { plan: '100' } })
      expect(after.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'conflict' })
      expect(errorOf(after)).toContain('bluegreen-switch has adopted this workload')
      expect(await standingOf(scene)).toEqual(before)
    },
  )
})
