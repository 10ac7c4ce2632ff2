import { describe, expect } from '@jest/globals'
import { errorOf, errorless, failuresOf } from '../support/evidence.ts'
import { recordOf, rollBack, startRollback } from '../support/rollback.ts'
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

const RECORD = ['release shop 2.0.0: inactive', 'release shop 3.0.0: failure', 'rollback shop 2.0.0: success']

describe('a rollback to a warm colour', () => {
  for (const [how, line] of [
    ['cancelled', /SWITCH to green/],
    ['cancelled', /prove that new connections reach green alone/],
    ['killed', /SWITCH to green/],
  ] as const) {
    scenario(
      `that is ${how} at "${line.source}" leaves all traffic on the good colour once it was switched, and the next attempt finds it there`,
      APPLIED,
      async (scene) => {
        await switchedTwice(scene)
        const running = await startRollback(scene, { run: { id: 7300 } })
        await running.logged(line)
        if (how === 'cancelled') running.cancel()
        else running.kill()
        const struck = await running.done
        expect(struck.killed).toBe(how === 'killed')
        expect(struck.post?.exitCode).toBe(0)
        const { serves, pods } = await standingOf(scene)
        // Struck at the move that is the patch, it may not have been written yet.
        const switched = line.source.startsWith('prove') || serves === 'green'
        expect(serves).toBe(switched ? 'green' : 'blue')
        expect(pods[switched ? 'green' : 'blue']).toBe(2)
        if (switched) {
          expect(await leaseOf(scene)).toMatchObject({
            last: { outcome: 'promoted', release: { version: '2.0.0' } },
          })
          await expectServedBy(scene, '2')
        }
        if (how === 'cancelled' && struck.outputs['decision'] !== 'rolled-back') {
          expect(struck.outputs).toMatchObject({ decision: 'cancelled', 'reason-code': 'cancelled' })
          if (switched) expect(struck.outputs).toMatchObject({ version: '2.0.0' })
          errorOf(struck)
        }
        expect(failuresOf(scene.load)).toEqual([])

        const again = await rollBack(scene, { run: { id: 7300, attempt: 2 } })
        expect(errorless(again)).toEqual([])
        expect(again.outputs).toMatchObject({ decision: 'rolled-back', version: '2.0.0' })
        expect((await standingOf(scene)).serves).toBe('green')
        expect(await leaseOf(scene)).not.toHaveProperty('switching')
        await expectServedBy(scene, '2')
        expect(failuresOf(scene.load)).toEqual([])
        expect(recordOf(scene)).toEqual(RECORD)
      },
    )
  }
})

describe('a rollback that ends a switch', () => {
  scenario('and is cancelled once the traffic is back is completed by post', APPLIED, async (scene) => {
    const first = await switchTo(scene, { version: '2', run: { id: 7100 } })
    expect(first.outputs['decision']).toBe('switched')
    const soaking = startSwitch(scene, { version: '3', run: { id: 7200 }, inputs: { soak: '120s' } })
    await soaking.logged(/after the switch/)
    const running = await startRollback(scene, { run: { id: 7300 }, inputs: { drain: '12s' } })
    await running.logged(/let requests end/)
    running.cancel()
    const [done] = await Promise.all([running.done, soaking.done])

    expect(done.killed).toBe(false)
    expect(done.outputs['decision']).toBe('cancelled')
    expect(done.post?.exitCode).toBe(0)
    expect(done.post?.log).toContain('completed')
    const { serves, pods } = await standingOf(scene)
    expect(serves).toBe('green')
    expect(pods).toMatchObject({ green: 2, blue: 0 })
    expect(await leaseOf(scene)).not.toHaveProperty('switching')
    await expectServedBy(scene, '2')
    expect(failuresOf(scene.load)).toEqual([])

    const again = await rollBack(scene, { run: { id: 7300, attempt: 2 } })
    expect(again.outputs).toMatchObject({ version: '2.0.0', failed: '' })
    expect(recordOf(scene).slice(0, 2)).toEqual([
      'release shop 2.0.0: inactive',
      'release shop 3.0.0: failure',
    ])
  })
})
