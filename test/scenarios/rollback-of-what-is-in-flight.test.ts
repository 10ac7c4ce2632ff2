import { describe, expect } from '@jest/globals'
import { footprintOf } from '../support/app.ts'
import { errorless, errorOf, failuresOf, servedNow } from '../support/evidence.ts'
import { recordOf, releaseAtOnce, rollBack, startRollback } from '../support/rollback.ts'
import { scenario } from '../support/scene.ts'

describe('a rollback while a canary is in flight', () => {
  scenario(
    'puts the route back, and the step that soaks stops as superseded within seconds',
    { rate: 60 },
    async (scene) => {
      const { stage, load, github } = scene
      await releaseAtOnce(scene, '2', { id: 7100 })
      const before = await footprintOf(stage)
      const soaking = scene.start({
        version: '3',
        run: { id: 7200 },
        inputs: { plan: '50, 100', soak: '120s' },
      })
      await soaking.logged(/judge at 50 %/)
      const done = await rollBack(scene, { run: { id: 7300 } })
      const stopped = await soaking.done

      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({
        decision: 'rolled-back',
        version: '2.0.0',
        'previous-version': '3.0.0',
      })
      expect(stopped.outputs).toMatchObject({ decision: 'superseded', 'reason-code': 'superseded' })
      expect(errorOf(stopped)).toContain('run 7300')
      expect(recordOf(scene)).toEqual([
        'release shop 2.0.0: inactive',
        'release shop 3.0.0: failure',
        'rollback shop 2.0.0: success',
      ])
      expect(await footprintOf(stage)).toEqual(before)
      expect(await servedNow(load)).not.toContain('3')
      expect(failuresOf(load)).toEqual([])
      expect(github.issues).toHaveLength(1)
    },
  )

  scenario(
    'with abort leaves alone what a newer run has in flight, unless told otherwise',
    { rate: 0 },
    async (scene) => {
      const inputs = { plan: '50, 100', weight: '50', soak: '200ms' }
      const newer = await scene.release({ version: '2', run: { id: 7200 }, inputs })
      expect(newer.outputs['decision']).toBe('advanced')
      const before = await footprintOf(scene.stage)
      // The job after an approval of run 7100, that was rejected only now.
      const late = await rollBack(scene, { run: { id: 7100 }, inputs: { abort: 'true' } })
      expect(late.outputs).toMatchObject({ decision: 'superseded' })
      expect(errorOf(late)).toContain('the newer run 7200')
      expect(await footprintOf(scene.stage)).toEqual(before)
      const told = await rollBack(scene, {
        run: { id: 7100 },
        inputs: { abort: 'true', 'allow-older': 'true' },
      })
      expect(told.outputs).toMatchObject({ decision: 'rolled-back' })
    },
  )

  scenario(
    'with abort only ends it, opens no incident, and is done at once where nothing is in flight',
    { rate: 40 },
    async (scene) => {
      const { stage, load, github } = scene
      const before = await footprintOf(stage)
      const nothing = await rollBack(scene, {
        inputs: { abort: 'true', workload: 'shop', namespace: stage.namespace },
      })
      expect(nothing.outputs).toMatchObject({ decision: 'unchanged' })

      const advanced = await scene.release({
        version: '2',
        inputs: { plan: '50, 100', weight: '50', soak: '200ms' },
      })
      expect(advanced.outputs['decision']).toBe('advanced')
      const done = await rollBack(scene, { inputs: { abort: 'true', reason: 'the approval was rejected' } })

      expect(errorless(done)).toEqual([])
      // Version 1 was never released by us: it needs no record in order to go on serving.
      expect(done.outputs).toMatchObject({ decision: 'rolled-back', failed: '' })
      expect(await footprintOf(stage)).toEqual(before)
      expect(recordOf(scene)).toEqual(['release shop 2.0.0: failure'])
      expect(github.issues).toEqual([])
      expect(await servedNow(load)).not.toContain('2')
      expect(failuresOf(load)).toEqual([])
    },
  )

  scenario(
    'with abort and only-own ends what its own run has in flight, and leaves alone what any other has',
    { rate: 0 },
    async (scene) => {
      const inputs = { plan: '50, 100', weight: '50', soak: '200ms' }
      const own = { abort: 'true', 'only-own': 'true' }
      const advanced = await scene.release({ version: '2', run: { id: 7200, attempt: 2 }, inputs })
      expect(advanced.outputs['decision']).toBe('advanced')
      const before = await footprintOf(scene.stage)
      // A newer run, an older one, and an earlier attempt that a later one has overtaken.
      for (const run of [{ id: 7300 }, { id: 7100 }, { id: 7200, attempt: 1 }]) {
        const left = await rollBack(scene, { run, inputs: own })
        expect(errorless(left)).toEqual([])
        expect(left.exitCode).toBe(0)
        expect(left.outputs).toMatchObject({ decision: 'unchanged', failed: '' })
        expect(left.outputs['message']).toContain('2.0.0 is in flight, and is of run 7200 (attempt 2)')
        expect(left.summary).toContain('Nothing of this run is in flight')
        expect(await footprintOf(scene.stage)).toEqual(before)
      }
      expect(recordOf(scene)).toEqual(['release shop 2.0.0: in_progress'])
      const ended = await rollBack(scene, { run: { id: 7200, attempt: 3 }, inputs: own })
      expect(errorless(ended)).toEqual([])
      expect(ended.outputs).toMatchObject({ decision: 'rolled-back' })
      expect(recordOf(scene)).toEqual(['release shop 2.0.0: failure'])
    },
  )

  scenario(
    'with abort leaves nothing of a canary whose Service had a name of its own',
    { rate: 0 },
    async (scene) => {
      const before = await footprintOf(scene.stage)
      const inputs = { plan: '50, 100', weight: '50', soak: '200ms', 'canary-service': 'next' }
      const advanced = await scene.release({ version: '2', inputs })
      expect(advanced.outputs['decision']).toBe('advanced')
      const done = await rollBack(scene, { inputs: { abort: 'true' } })
      expect(done.outputs).toMatchObject({ decision: 'rolled-back' })
      expect(await footprintOf(scene.stage)).toEqual(before)
    },
  )

  scenario('with only-own, but not abort, is refused', { rate: 0 }, async (scene) => {
    const done = await rollBack(scene, { inputs: { 'only-own': 'true' } })
    expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'invalid-input' })
    expect(errorOf(done)).toMatch(/only-own.*abort: true/)
  })

  scenario('with abort needs no record that it can understand', { rate: 0 }, async (scene) => {
    const inputs = { plan: '50, 100', weight: '50', soak: '200ms' }
    const advanced = await scene.release({ version: '2', run: { id: 7200 }, inputs })
    expect(advanced.outputs['decision']).toBe('advanced')
    const [first] = scene.github.deployments
    Object.assign(first?.payload ?? {}, { schema: 99 })
    const refused = await rollBack(scene, { run: { id: 7300 } })
    expect(refused.outputs).toMatchObject({ decision: 'failed', failed: 'shop', 'reason-code': 'conflict' })
    const ended = await rollBack(scene, {
      run: { id: 7300 },
      inputs: { abort: 'true', namespace: scene.stage.namespace },
    })
    expect(ended.outputs).toMatchObject({ decision: 'rolled-back' })
  })

  scenario('cancelled in its middle is completed by post', { rate: 40 }, async (scene) => {
    const { stage, load } = scene
    await releaseAtOnce(scene, '2', { id: 7100 })
    const before = await footprintOf(stage)
    const advanced = await scene.release({
      version: '3',
      run: { id: 7200 },
      inputs: { plan: '50, 100', weight: '50', soak: '200ms' },
    })
    expect(advanced.outputs['decision']).toBe('advanced')
    const running = await startRollback(scene, { run: { id: 7300 }, inputs: { drain: '12s' } })
    await running.logged(/let requests end/)
    running.cancel()
    const done = await running.done

    expect(done.outputs['decision']).toBe('cancelled')
    expect(done.post?.exitCode).toBe(0)
    expect(await footprintOf(stage)).toEqual(before)
    expect(await servedNow(load)).not.toContain('3')
    expect(failuresOf(load)).toEqual([])
  })
})
