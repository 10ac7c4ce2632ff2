import { describe, expect } from '@jest/globals'
import { errorless, failuresOf, movesOf, resultOf } from '../support/evidence.ts'
import { scenario } from '../support/scene.ts'
import {
  APPLIED,
  expectNoneFailed,
  expectServedBy,
  leaseOf,
  standingOf,
  switchTo,
  UP,
} from '../support/switching.ts'

describe('a blue/green release', () => {
  scenario(
    'adopts a plain Deployment and Service at first, then goes from colour to colour; no request fails',
    APPLIED,
    async (scene) => {
      const { load, stage } = scene
      const fresh = await stage.inClusterClient('shop')
      const gates = { 'pre-switch-gates': UP, 'post-switch-gates': UP }
      const first = await switchTo(scene, { version: '2', run: { id: 7100 }, inputs: gates })

      expect(errorless(first)).toEqual([])
      expect(first.outputs).toMatchObject({
        decision: 'switched',
        version: '2.0.0',
        weight: '100',
        color: 'green',
        'kept-until': expect.stringMatching(/^\d{4}-.*Z$/),
      })
      expect(await standingOf(scene)).toEqual({
        serves: 'green',
        pods: { own: 0, blue: 2, green: 2 },
        versions: { own: '1', blue: '1', green: '2' },
      })
      expect(await leaseOf(scene)).toMatchObject({
        colors: { live: 'green', warm: { color: 'blue' } },
        live: { outcome: 'promoted', release: { version: '2.0.0' } },
      })
      await expectServedBy(scene, '2')
      // What it did to the user's objects, and what is kept, is said.
      for (const words of ['green serves 2.0.0', 'stays up until', 'going back is one patch'])
        expect(first.summary).toContain(words)
      expect(first.summary).toContain('What this first release changed of yours')
      expect(first.summary).toContain('release-actions.dev/color')

      const second = await switchTo(scene, { version: '3', run: { id: 7101 }, inputs: gates })
      expect(errorless(second)).toEqual([])
      expect(second.outputs).toMatchObject({
        decision: 'switched',
        version: '3.0.0',
        'previous-version': '2.0.0',
        color: 'blue',
      })
      expect(await standingOf(scene)).toEqual({
        serves: 'blue',
        pods: { own: 0, blue: 2, green: 2 },
        versions: { own: '1', blue: '3', green: '2' },
      })
      await expectServedBy(scene, '3')
      expect(second.summary).not.toContain('What this first release changed')
      const { switches } = resultOf(second).evidence as unknown as {
        readonly switches: readonly { readonly to: string; readonly verified: string }[]
      }
      expect(switches).toMatchObject([{ to: 'blue' }])

      const third = await switchTo(scene, { version: '3', run: { id: 7102 }, inputs: gates })
      expect(errorless(third)).toEqual([])
      expect(third.outputs).toMatchObject({
        decision: 'unchanged',
        version: '3.0.0',
        color: 'blue',
        weight: '100',
      })
      expect(movesOf(third)).toEqual([])

      expect(failuresOf(load)).toEqual([])
      fresh.stop()
      await expectNoneFailed(fresh)
    },
  )

  scenario('with keep: 0s leaves nothing of the old version, once it has drained', APPLIED, async (scene) => {
    const done = await switchTo(scene, { version: '2', inputs: { keep: '0s' } })

    expect(errorless(done)).toEqual([])
    expect(done.outputs).toMatchObject({ decision: 'switched', 'kept-until': '' })
    expect((await standingOf(scene)).pods).toEqual({ own: 0, blue: 0, green: 2 })
    expect((await leaseOf(scene))['colors']).toMatchObject({ live: 'green' })
    expect(failuresOf(scene.load)).toEqual([])
  })

  scenario(
    'scales down what was kept long enough, at the next run',
    { ...APPLIED, rate: 0 },
    async (scene) => {
      const first = await switchTo(scene, { version: '2', run: { id: 7100 }, inputs: { keep: '1s' } })
      expect(errorless(first)).toEqual([])
      expect((await standingOf(scene)).pods).toEqual({ own: 0, blue: 2, green: 2 })
      await new Promise((resolve) => setTimeout(resolve, 1100))
      const again = await switchTo(scene, { version: '2', run: { id: 7101 } })

      expect(errorless(again)).toEqual([])
      expect(again.outputs).toMatchObject({ decision: 'unchanged', 'kept-until': '' })
      expect((await standingOf(scene)).pods).toEqual({ own: 0, blue: 0, green: 2 })
      expect((await leaseOf(scene))['colors']).toEqual({ live: 'green' })
    },
  )

  scenario('that is only planned writes nothing, anywhere', { ...APPLIED, rate: 0 }, async (scene) => {
    const before = await standingOf(scene)
    const done = await switchTo(scene, { version: '2', inputs: { 'dry-run': 'true' } })

    expect(errorless(done)).toEqual([])
    expect(done.outputs).toMatchObject({ decision: 'planned' })
    expect(done.summary).toContain('What would be done')
    expect(await standingOf(scene)).toEqual(before)
    expect(await scene.stage.list('Lease')).toEqual([])
    expect(scene.github.events).toEqual([])
  })
})
