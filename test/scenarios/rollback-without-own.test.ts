import { describe, expect } from '@jest/globals'
import { errorless, errorOf, failuresOf } from '../support/evidence.ts'
import { recordOf, releaseAtOnce, rollBack } from '../support/rollback.ts'
import { scenario } from '../support/scene.ts'
import { APPLIED, expectServedBy, standingOf, switchTo } from '../support/switching.ts'

describe('a rollback of a workload whose own Deployment was deleted', () => {
  scenario('switches between the colours that serve it', APPLIED, async (scene) => {
    const { stage, load } = scene
    for (const [version, id] of [
      ['2', 7100],
      ['3', 7200],
    ] as const)
      expect((await switchTo(scene, { version, run: { id } })).outputs['decision']).toBe('switched')
    await stage.remove('Deployment', 'shop')
    const nothing = await rollBack(scene, { run: { id: 7300 }, inputs: { abort: 'true' } })
    expect(errorless(nothing)).toEqual([])
    expect(nothing.outputs).toMatchObject({ decision: 'unchanged', version: '3.0.0' })

    const done = await rollBack(scene, { run: { id: 7400 } })
    expect(errorless(done)).toEqual([])
    expect(done.outputs).toMatchObject({
      decision: 'rolled-back',
      version: '2.0.0',
      'previous-version': '3.0.0',
    })
    expect((await standingOf(scene)).serves).toBe('green')
    await expectServedBy(scene, '2')
    expect(failuresOf(load)).toEqual([])
    expect(recordOf(scene).at(-1)).toBe('rollback shop 2.0.0: success')
  })

  scenario('and that has no colours is refused, saying what is missing', { rate: 0 }, async (scene) => {
    for (const [version, id] of [
      ['2', 7100],
      ['3', 7200],
    ] as const)
      await releaseAtOnce(scene, version, { id })
    await scene.stage.remove('Deployment', 'shop')
    const done = await rollBack(scene, { run: { id: 7300 } })
    expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'not-found' })
    const error = errorOf(done)
    expect(error).toMatch(/Deployment \S+\/shop does not exist: there is nothing to set back/)
    expect(error).toContain('apply its manifest again')
    expect(scene.github.issues).toEqual([])
  })
})
