import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect } from '@jest/globals'
import { errorOf, failuresOf } from '../support/evidence.ts'
import { embeddedScenario, scenario, type Scene } from '../support/scene.ts'
import {
  APPLIED,
  expectServedBy,
  leaseOf,
  standingOf,
  startSwitch,
  switchTo,
  UP,
} from '../support/switching.ts'

interface Case {
  readonly what: string
  readonly does: (scene: Scene) => Promise<void>
}

/** While the new version soaks on green, after the switch. */
const CASES: readonly Case[] = [
  {
    what: 'switches back by hand',
    does: ({ stage }) =>
      stage.patch('Service', 'shop', { spec: { selector: { 'release-actions.dev/color': 'blue' } } }),
  },
  {
    what: "changes the new colour's template",
    does: ({ stage }) =>
      stage.patch('Deployment', 'shop-green', {
        spec: { template: { metadata: { annotations: { theirs: 'yes' } } } },
      }),
  },
  {
    what: 'deletes the new colour',
    does: ({ stage }) => stage.remove('Deployment', 'shop-green'),
  },
]

describe('somebody else, in the middle of a switch,', () => {
  for (const { what, does } of CASES) {
    scenario(`${what}: the old colour serves, and it is said`, APPLIED, async (scene) => {
      const running = startSwitch(scene, {
        version: '2',
        inputs: { 'post-switch-gates': UP, soak: '30s', timeout: '20s' },
      })
      await running.logged(/after the switch/)
      await does(scene)
      const done = await running.done

      errorOf(done)
      expect(done.outputs).toMatchObject({ decision: 'retreated', color: 'blue' })
      expect(['conflict', 'not-ready', 'unhealthy', 'timeout']).toContain(done.outputs['reason-code'])
      expect(await standingOf(scene)).toMatchObject({ serves: 'blue', pods: { own: 0, blue: 2 } })
      await expectServedBy(scene, '1')
    })
  }

  for (const [turns, decision, version] of [
    ['stays good', 'switched', '2'],
    ['turns bad', 'retreated', '1'],
  ] as const) {
    scenario(
      `deletes the Lease while what serves ${turns}: ${decision}, not unchanged`,
      APPLIED,
      async (scene) => {
        const bad = join(tmpdir(), `turned-bad-${randomUUID()}`)
        const running = startSwitch(scene, {
          version: '2',
          inputs: { 'post-switch-gates': `${UP}- name: told\n  run: test ! -e ${bad}\n`, soak: '3s' },
        })
        await running.logged(/after the switch/)
        await scene.stage.remove('Lease', 'release-actions-shop')
        if (turns === 'turns bad') writeFileSync(bad, '')
        const done = await running.done
        rmSync(bad, { force: true })

        expect(done.outputs).toMatchObject({ decision })
        expect(await leaseOf(scene)).not.toHaveProperty('switching')
        await expectServedBy(scene, version)
        expect(failuresOf(scene.load)).toEqual([])
      },
    )
  }

  embeddedScenario(
    'edits the Service between the look and the patch: the patch is refused, and looked at again',
    APPLIED,
    async (scene, kubernetes) => {
      let edited = 0
      const stop = kubernetes.faults.onWrite(async (request, phase) => {
        const { resource, name } = request.target ?? {}
        const isSwitch = resource === 'services' && name === 'shop' && request.verb === 'patch'
        if (phase !== 'before' || !isSwitch || edited >= 2) return
        if (!request.user.name.startsWith('system:serviceaccount:')) return
        edited += 1
        await scene.stage.patch('Service', 'shop', { metadata: { labels: { edited: String(edited) } } })
      })
      const done = await switchTo(scene, { version: '2' })
      stop()

      expect(edited).toBe(2)
      expect(done.outputs).toMatchObject({ decision: 'switched', color: 'green' })
      const service = await scene.stage.get('Service', 'shop')
      expect(service?.metadata['labels']).toMatchObject({ edited: '2' })
      expect(failuresOf(scene.load)).toEqual([])
    },
  )
})
