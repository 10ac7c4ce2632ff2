import { describe, expect } from '@jest/globals'
import { errorOf, failuresOf } from '../support/evidence.ts'
import { scenario } from '../support/scene.ts'
import { APPLIED, expectServedBy, leaseOf, standingOf, startSwitch, switchTo } from '../support/switching.ts'

const UP = '- name: up\n  http: {path: /, port: 8080}\n'

/** What the step is doing, by what it says. Version 2 is live on green before, except where it is the first release. */
const MOMENTS = [
  {
    while: 'adopting, before the adopted colour serves',
    line: /adopt what serves as blue/,
    first: true,
    serves: [undefined, 'blue'],
  },
  {
    while: 'adopting, when the adopted colour serves',
    line: /scale shop to 0 pods/,
    first: true,
    serves: ['blue'],
  },
  { while: 'deploying to the idle colour', line: /deploy to blue/, first: false, serves: ['green'] },
  { while: 'judging the idle colour', line: /before the switch/, first: false, serves: ['green'] },
  { while: 'switching', line: /SWITCH to blue/, first: false, serves: ['green'] },
  { while: 'soaking after the switch', line: /after the switch/, first: false, serves: ['green'] },
] as const

describe('a switch that is cancelled', () => {
  for (const moment of MOMENTS) {
    scenario(
      `while ${moment.while}: main leaves the traffic with what served, and post completes it`,
      APPLIED,
      async (scene) => {
        if (!moment.first) {
          const first = await switchTo(scene, { version: '2', run: { id: 7100 } })
          expect(first.outputs['decision']).toBe('switched')
        }
        const running = startSwitch(scene, {
          version: '3',
          run: { id: 7101 },
          inputs: { 'pre-switch-gates': UP, 'pre-switch-soak': '2s', 'post-switch-gates': UP, soak: '5s' },
        })
        await running.logged(moment.line)
        running.cancel()
        const done = await running.done

        expect(done.killed).toBe(false)
        expect(done.conclusion).toBe('cancelled')
        errorOf(done)
        expect(done.outputs).toMatchObject({ decision: 'cancelled', 'reason-code': 'cancelled' })
        expect(done.post?.killed).toBe(false)
        const { serves, pods } = await standingOf(scene)
        expect(moment.serves).toContain(serves)
        if (!moment.first) expect(pods).toMatchObject({ own: 0, green: 2, blue: 0 })
        expect(await leaseOf(scene)).not.toHaveProperty('switching')
        await expectServedBy(scene, moment.first ? '1' : '2')
        expect(failuresOf(scene.load)).toEqual([])
        expect(scene.github.deployments.at(-1)?.statuses.at(-1)?.state).toBe('failure')
        expect(scene.github.deployments).toHaveLength(moment.first ? 1 : 2)

        // The world is whole: the next release finds nothing in its way.
        const next = await switchTo(scene, { version: '4', run: { id: 7102 } })
        expect(next.outputs).toMatchObject({ decision: 'switched', version: '4.0.0' })
        expect(failuresOf(scene.load)).toEqual([])
      },
    )
  }
})
