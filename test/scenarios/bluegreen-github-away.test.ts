import { describe, expect } from '@jest/globals'
import { errorOf, failuresOf } from '../support/evidence.ts'
import { recordOf } from '../support/rollback.ts'
import { scenario } from '../support/scene.ts'
import {
  APPLIED,
  expectServedBy,
  leaseOf,
  NEVER,
  standingOf,
  startSwitch,
  switchTo,
} from '../support/switching.ts'

describe('a switch that must be taken back', () => {
  for (const [what, status] of [
    ['GitHub is down', 503],
    ['the token has expired', 401],
  ] as const) {
    scenario(
      `while ${what} is taken back all the same, and the record says so later`,
      APPLIED,
      async (scene) => {
        const { github } = scene
        const first = await switchTo(scene, { version: '2', run: { id: 7100 } })
        expect(first.outputs['decision']).toBe('switched')
        const running = startSwitch(scene, {
          version: '3',
          run: { id: 7200 },
          inputs: { 'post-switch-gates': NEVER, soak: '2s' },
        })
        await running.logged(/SWITCH to blue/)
        const away = github.fault({ times: Infinity, fault: { kind: 'status', status } })
        const done = await running.done

        expect(done.outputs).toMatchObject({ decision: 'retreated', 'reason-code': 'unhealthy', weight: '0' })
        expect(errorOf(done)).toContain('never')
        const said = done.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)
        expect(said.join('\n')).toMatch(/record/)
        expect((await standingOf(scene)).serves).toBe('green')
        expect(await leaseOf(scene)).not.toHaveProperty('switching')
        await expectServedBy(scene, '2')
        expect(failuresOf(scene.load)).toEqual([])

        // What was live is live, also for the record: a release that failed has replaced nothing.
        away.withdraw()
        expect(recordOf(scene)[0]).toBe('release shop 2.0.0: success')
        const again = await switchTo(scene, { version: '4', run: { id: 7300 } })
        expect(again.outputs['decision']).toBe('switched')
        expect(recordOf(scene)).toEqual([
          'release shop 2.0.0: inactive',
          'release shop 3.0.0: failure',
          'release shop 4.0.0: success',
        ])
      },
    )
  }

  scenario('leaves the release before it active in the record', { ...APPLIED, rate: 0 }, async (scene) => {
    await switchTo(scene, { version: '2', run: { id: 7100 } })
    await switchTo(scene, { version: '3', run: { id: 7200 }, inputs: { 'post-switch-gates': NEVER } })
    expect(recordOf(scene)).toEqual(['release shop 2.0.0: success', 'release shop 3.0.0: failure'])
  })
})
