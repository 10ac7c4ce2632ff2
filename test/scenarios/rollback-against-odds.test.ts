import { describe, expect } from '@jest/globals'
import { footprintOf } from '../support/app.ts'
import { errorless, errorOf, failuresOf, servedNow } from '../support/evidence.ts'
import { recordOf, releaseAtOnce, rollBack, startRollback } from '../support/rollback.ts'
import { scenario, type Scene } from '../support/scene.ts'

/** Versions 2 and 3 were released, and 3 serves. */
async function released(scene: Scene): Promise<void> {
  await releaseAtOnce(scene, '2', { id: 7100 })
  await releaseAtOnce(scene, '3', { id: 7200 })
}

const RECORD = ['release shop 2.0.0: inactive', 'release shop 3.0.0: failure', 'rollback shop 2.0.0: success']

describe('a rollback', () => {
  scenario(
    'uses what the cluster remembers when GitHub is down, and says so',
    { rate: 40 },
    async (scene) => {
      const { stage, github, load } = scene
      await released(scene)
      const down = github.fault({ times: Infinity, fault: { kind: 'status', status: 503 } })
      const done = await rollBack(scene, { run: { id: 7300 }, inputs: { namespace: stage.namespace } })

      expect(errorless(done)).toEqual([])
      expect(done.outputs['decision']).toBe('rolled-back')
      const warnings = done.annotations
        .filter(({ level }) => level === 'warning')
        .map(({ message }) => message)
      expect(warnings.join('\n')).toContain("the cluster's own state is used")
      expect(warnings.join('\n')).toMatch(/is taken from the cluster \(revision 2/)
      expect(done.summary).toContain('whether it was verified is not known')
      expect(await servedNow(load)).not.toContain('3')
      expect(await servedNow(load)).toContain('2')
      expect(failuresOf(load)).toEqual([])

      // Again, and still blind: 3 was taken back, so what was before 2 comes.
      const further = await rollBack(scene, { run: { id: 7400 }, inputs: { namespace: stage.namespace } })
      expect(further.outputs['decision']).toBe('rolled-back')
      expect(await servedNow(load)).not.toContain('3')
      down.withdraw()
    },
  )

  scenario('changes nothing where nothing verified is to return to', { rate: 0 }, async (scene) => {
    const { stage, github } = scene
    await releaseAtOnce(scene, '2', { id: 7100 })
    const before = await footprintOf(stage)
    for (const [to, words] of [
      ['previous', 'no verified release is left'],
      ['version:9.9.9', 'no release has the version 9.9.9'],
      ['deployment:4711', 'Deployment 4711 is none of its releases'],
    ] as const) {
      const done = await rollBack(scene, { inputs: { to } })
      expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'not-found' })
      expect(errorOf(done)).toContain(words)
      expect(errorOf(done)).toContain('nothing has been changed')
      expect(errorOf(done)).toContain('rollout undo deployment/shop')
    }
    const unknown = await rollBack(scene, { inputs: { services: 'nobody' } })
    expect(unknown.outputs).toMatchObject({ decision: 'failed', failed: 'nobody' })
    expect(await footprintOf(stage)).toEqual(before)
    expect(github.issues).toEqual([])
    expect(recordOf(scene)).toEqual(['release shop 2.0.0: success'])
  })

  scenario('goes to a named version or Deployment', { rate: 0 }, async (scene) => {
    const { github } = scene
    await released(scene)
    await releaseAtOnce(scene, '4', { id: 7250 })
    const named = await rollBack(scene, { run: { id: 7300 }, inputs: { to: 'version:2.0.0' } })
    expect(errorless(named)).toEqual([])
    expect(named.outputs).toMatchObject({
      decision: 'rolled-back',
      version: '2.0.0',
      'previous-version': '4.0.0',
    })
    const third = github.deployments[1]?.id
    const other = await rollBack(scene, { run: { id: 7400 }, inputs: { to: `deployment:${third}` } })
    expect(other.outputs).toMatchObject({
      decision: 'rolled-back',
      version: '3.0.0',
      'previous-version': '2.0.0',
    })
    const there = await rollBack(scene, { run: { id: 7500 }, inputs: { to: 'version:3.0.0' } })
    expect(there.outputs).toMatchObject({ decision: 'unchanged', version: '3.0.0' })
    const planned = await rollBack(scene, {
      run: { id: 7600 },
      inputs: { to: 'version:2.0.0', 'dry-run': 'true' },
    })
    expect(planned.outputs).toMatchObject({ decision: 'planned', message: 'shop would go back to 2.0.0' })
  })

  scenario(
    'that was killed while the pods came is completed by running it again',
    { rate: 40 },
    async (scene) => {
      const { load } = scene
      await released(scene)
      const running = await startRollback(scene, { run: { id: 7300 } })
      await running.logged(/SET BACK/)
      running.kill()
      const killed = await running.done
      expect(killed.post?.exitCode).toBe(0)
      const again = await rollBack(scene, { run: { id: 7300, attempt: 2 } })

      expect(errorless(again)).toEqual([])
      expect(again.outputs).toMatchObject({ version: '2.0.0' })
      expect(await servedNow(load)).not.toContain('3')
      expect(await servedNow(load)).not.toContain('1')
      expect(failuresOf(load)).toEqual([])
      expect(recordOf(scene)).toEqual(RECORD)
    },
  )

  scenario(
    'that was cancelled says what goes on, and is completed by the next run',
    { rate: 40 },
    async (scene) => {
      const { load } = scene
      await released(scene)
      const running = await startRollback(scene, { run: { id: 7300 } })
      await running.logged(/SET BACK/)
      running.cancel()
      const cancelled = await running.done
      expect(cancelled.killed).toBe(false)
      expect(cancelled.outputs).toMatchObject({ decision: 'cancelled', 'reason-code': 'cancelled' })
      errorOf(cancelled)
      const next = await rollBack(scene, { run: { id: 7400 } })

      expect(errorless(next)).toEqual([])
      // What was bad is what was bad: it does not go one further back.
      expect(next.outputs).toMatchObject({ decision: 'rolled-back', version: '2.0.0' })
      expect(await servedNow(load)).not.toContain('3')
      expect(failuresOf(load)).toEqual([])
    },
  )

  scenario('is tried again when its pods need longer than one wait', { rate: 0 }, async (scene) => {
    await scene.release({
      version: '2',
      run: { id: 7100 },
      env: { READY_AFTER_MS: '2500' },
      inputs: { plan: '100', soak: '200ms' },
    })
    await releaseAtOnce(scene, '3', { id: 7200 })
    const done = await rollBack(scene, { run: { id: 7300 }, inputs: { timeout: '1s', attempts: '4' } })
    expect(errorless(done)).toEqual([])
    expect(done.outputs).toMatchObject({ decision: 'rolled-back', version: '2.0.0' })
    expect(done.log).toContain('attempt 1 of 4 failed')
    expect(recordOf(scene)).toEqual(RECORD)
  })

  scenario('gives way to a newer release, unless a person says otherwise', { rate: 0 }, async (scene) => {
    await released(scene)
    const late = await rollBack(scene, { run: { id: 7150 } })
    expect(late.outputs).toMatchObject({ decision: 'superseded', 'reason-code': 'superseded' })
    expect(errorOf(late)).toContain('run 7200')
    expect(scene.github.issues).toEqual([])
    const asked = await rollBack(scene, { run: { id: 7150 }, inputs: { 'allow-older': 'true' } })
    expect(asked.outputs).toMatchObject({ decision: 'rolled-back', version: '2.0.0' })
  })
})
