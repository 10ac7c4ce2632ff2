import { describe, expect } from '@jest/globals'
import { appService, type Applying } from '@release-actions/lab'
import { sample } from '../faults/support/sample.ts'
import { errorless, failuresOf } from '../support/evidence.ts'
import { scenario, type Scene } from '../support/scene.ts'
import {
  APPLIED,
  expectNoneFailed,
  expectServedBy,
  settled,
  standingOf,
  startSwitch,
  switchTo,
} from '../support/switching.ts'

// The user's own manifests know nothing of colours. Whenever they are applied again, nobody is refused, and it is said.
// FAULTS=few plays one way of applying at each moment.

/** When, by what the step says it is doing; `between`: no step runs. */
const MOMENTS = [
  { when: 'while the pods are adopted', line: /adopt/i },
  { when: 'while the idle colour is judged', line: /before the switch/ },
  { when: 'after the switch', line: /after the switch/ },
  { when: 'between two releases', line: undefined },
] as const

const WAYS: readonly Applying[] = ['client', 'server', 'forced']
const CASES = MOMENTS.flatMap((moment) => WAYS.map((how) => ({ ...moment, how })))

/** What an API server answers to a server-side apply that would take fields from others: nothing has changed then. */
const CONFLICT = /conflict/i

async function reapply(scene: Scene, how: Applying): Promise<readonly string[]> {
  const { stage, name } = scene
  const refused = await Promise.all([
    stage.applyAs(how, appService(name)),
    stage.applyAs(how, scene.deployment({ version: '1' })),
  ])
  return refused.filter((each) => each !== undefined)
}

describe("the user's manifests, applied again", () => {
  for (const { when, line, how } of sample(CASES, 16)) {
    scenario(`${how}-side ${when}: no outage`, APPLIED, async (scene) => {
      const fresh = await scene.stage.inClusterClient('shop')
      const inputs = {
        'pre-switch-gates': '- name: up\n  http: {path: /, port: 8080}\n',
        'post-switch-gates': '- name: up\n  http: {path: /, port: 8080}\n',
        'pre-switch-soak': '1s',
        soak: '1500ms',
      }
      const running = startSwitch(scene, { version: '2', run: { id: 7100 }, inputs })
      if (line === undefined) await running.done
      else await running.logged(line)
      const refused = await reapply(scene, how)
      for (const each of refused) expect(each).toMatch(CONFLICT)
      const done = await running.done
      // However the step took it, it says how it ended, and one colour serves.
      expect(['switched', 'retreated']).toContain(done.outputs['decision'])
      await settled()
      const next = await switchTo(scene, { version: '3', run: { id: 7101 }, inputs })

      expect(errorless(next)).toEqual([])
      expect(next.outputs).toMatchObject({ decision: 'switched', version: '3.0.0' })
      const { serves, pods } = await standingOf(scene)
      expect(serves).toBe(next.outputs['color'])
      expect(pods.own).toBe(0)
      await expectServedBy(scene, '3')
      expect(failuresOf(scene.load)).toEqual([])
      fresh.stop()
      await expectNoneFailed(fresh)
      if (refused.length === 0) expect(`${done.summary}\n${next.summary}`).toMatch(/apply|somebody/i)
    })
  }
})
