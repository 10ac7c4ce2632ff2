import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect } from '@jest/globals'
import { errorOf, failuresOf, movesOf } from '../support/evidence.ts'
import { embeddedScenario, scenario } from '../support/scene.ts'
import {
  APPLIED,
  expectServedBy,
  leaseOf,
  NEVER,
  standingOf,
  startSwitch,
  switchTo,
} from '../support/switching.ts'

describe('a version that is not healthy', () => {
  scenario(
    'before the switch is never switched to: no user meets it, and the pods are gone',
    APPLIED,
    async (scene) => {
      const done = await switchTo(scene, { version: '2', inputs: { 'pre-switch-gates': NEVER } })

      expect(errorOf(done)).toContain('never')
      expect(done.outputs).toMatchObject({
        decision: 'retreated',
        'reason-code': 'unhealthy',
        weight: '0',
        color: 'blue',
      })
      expect(movesOf(done)).not.toContain('switch-back')
      expect(await standingOf(scene)).toMatchObject({
        serves: 'blue',
        pods: { own: 0, blue: 2, green: 0 },
      })
      expect(Object.keys(scene.load?.counts() ?? {})).toEqual(['1'])
      expect(failuresOf(scene.load)).toEqual([])
      expect(scene.github.deployments[0]?.statuses.at(-1)?.state).toBe('failure')
      expect(scene.github.checkRuns.map(({ name, conclusion }) => [name, conclusion])).toContainEqual([
        'gate / shop / never',
        'failure',
      ])
    },
  )

  embeddedScenario(
    'goes back within seconds although a pod of the old colour is missing, and cannot come',
    APPLIED,
    async (scene) => {
      const bad = join(tmpdir(), `turned-bad-${randomUUID()}`)
      const running = startSwitch(scene, {
        version: '2',
        inputs: {
          'post-switch-gates': `- name: told\n  run: test ! -e ${bad}\n`,
          soak: '30s',
          timeout: '5m',
        },
      })
      await running.logged(/after the switch/)
      const { stage } = scene
      await stage.apply({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'full' },
        spec: { hard: { pods: '3' } },
      })
      const pod = (await stage.list('Pod')).find(({ metadata }) => metadata.name.startsWith('shop-blue-'))
      await stage.remove('Pod', pod?.metadata.name ?? '')
      writeFileSync(bad, '')
      const done = await running.done
      rmSync(bad, { force: true })

      expect(done.outputs).toMatchObject({ decision: 'retreated', 'reason-code': 'unhealthy', color: 'blue' })
      expect(done.log).toMatch(/BACK TO blue with 1 of 2 pods, the others are coming/)
      await expectServedBy(scene, '1')
      expect(failuresOf(scene.load)).toEqual([])
    },
  )

  scenario(
    'after the switch is switched back: the old colour serves, no request fails',
    APPLIED,
    async (scene) => {
      const first = await switchTo(scene, { version: '2', run: { id: 7100 } })
      expect(first.outputs['decision']).toBe('switched')
      const done = await switchTo(scene, {
        version: '3',
        run: { id: 7101 },
        inputs: { 'post-switch-gates': NEVER },
      })

      expect(errorOf(done)).toContain('never')
      expect(done.outputs).toMatchObject({
        decision: 'retreated',
        'reason-code': 'unhealthy',
        version: '2.0.0',
        weight: '0',
        color: 'green',
      })
      expect(movesOf(done)).toEqual(expect.arrayContaining(['switch', 'switch-back']))
      expect(await standingOf(scene)).toMatchObject({
        serves: 'green',
        pods: { own: 0, blue: 0, green: 2 },
      })
      expect((await leaseOf(scene))['colors']).toMatchObject({ live: 'green' })
      await expectServedBy(scene, '2')
      expect(failuresOf(scene.load)).toEqual([])
      expect(done.summary).toContain('3.0.0 was taken back')
      expect(done.summary).toContain('Users are on')
    },
  )

  scenario('after the very first switch: the version that was adopted serves', APPLIED, async (scene) => {
    const done = await switchTo(scene, { version: '2', inputs: { 'post-switch-gates': NEVER } })

    expect(done.outputs).toMatchObject({ decision: 'retreated', color: 'blue' })
    expect(await standingOf(scene)).toMatchObject({ serves: 'blue', pods: { own: 0, blue: 2, green: 0 } })
    await expectServedBy(scene, '1')
    expect(failuresOf(scene.load)).toEqual([])
  })
})

describe('on-failure: hold', () => {
  scenario(
    'before the switch leaves the idle colour up for inspection, and nobody meets it',
    APPLIED,
    async (scene) => {
      const done = await switchTo(scene, {
        version: '2',
        inputs: { 'pre-switch-gates': NEVER, 'on-failure': 'hold' },
      })

      errorOf(done)
      expect(done.outputs).toMatchObject({ decision: 'held', weight: '0', color: 'blue' })
      expect(await standingOf(scene)).toMatchObject({
        serves: 'blue',
        pods: { blue: 2, green: 2 },
      })
      expect(Object.keys(scene.load?.counts() ?? {})).toEqual(['1'])

      // Another version replaces it.
      const next = await switchTo(scene, { version: '3', run: { id: 7200 } })
      expect(next.outputs).toMatchObject({ decision: 'switched', version: '3.0.0', color: 'green' })
      expect(failuresOf(scene.load)).toEqual([])
    },
  )

  scenario(
    'after the switch keeps the new version serving, and the summary has the way back',
    APPLIED,
    async (scene) => {
      const done = await switchTo(scene, {
        version: '2',
        inputs: { 'post-switch-gates': NEVER, 'on-failure': 'hold' },
      })

      errorOf(done)
      expect(done.outputs).toMatchObject({ decision: 'held', weight: '100', color: 'green' })
      expect(await standingOf(scene)).toMatchObject({ serves: 'green', pods: { blue: 2, green: 2 } })
      expect(done.summary).toMatch(/kubectl -n \S+ .*patch service shop/)
      await expectServedBy(scene, '2')

      // The step, run again without the gate, takes it up.
      const again = await switchTo(scene, { version: '2', run: { id: 7200 } })
      expect(again.outputs).toMatchObject({ decision: 'switched', version: '2.0.0', color: 'green' })
      expect(failuresOf(scene.load)).toEqual([])
    },
  )
})
