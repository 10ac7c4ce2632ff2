import { describe, expect } from '@jest/globals'
import { errorless, expectSharesHeld, failuresOf, movesOf, resultOf, servedNow } from '../support/evidence.ts'
import { scenario, WORLD } from '../support/scene.ts'

/** Twice the throttle of the router, and the look at the Lease before it. */
const SETTLE_MS = WORLD === 'cluster' ? 5_000 : 250

describe('a good version', () => {
  scenario(
    'walks the plan behind an HTTPRoute, and no request fails',
    { replicas: 2, rate: 80 },
    async (scene) => {
      const { stage, load } = scene
      const client = await stage.inClusterClient('shop')
      const route = await stage.get('HTTPRoute', 'shop')
      let early: Readonly<Record<string, number>> = {}
      const running = scene.start({ version: '2', inputs: { plan: '10, 50, 100', soak: '1s' } })
      await running.logged(/roll the new version out/)
      early = await client.counts()
      const done = await running.done
      client.stop()

      expect(errorless(done)).toEqual([])
      expect(done.conclusion).toBe('success')
      expect(done.outputs).toMatchObject({
        decision: 'promoted',
        'reason-code': '',
        version: '2.0.0',
        weight: '100',
        message: 'shop 2.0.0 serves all traffic',
      })
      expect(failuresOf(load)).toEqual([])
      if (load !== undefined) expectSharesHeld(done, load, '2', SETTLE_MS)
      // Nothing in the cluster that talks to the stable's Service met the canary before it was promoted.
      expect(Object.keys(early)).toEqual(['1'])
      expect(resultOf(done).evidence.shifts.map(({ weight }) => weight)).toEqual([10, 50, 100, 0])
      const moves = movesOf(done)
      const inOrder = [
        'claim',
        'stamp',
        'begin',
        'apply-canary',
        'link',
        'promote-stable',
        'unlink',
        'delete-canary',
        'land',
      ]
      expect(moves.filter((move, at) => inOrder.includes(move) && moves.indexOf(move) === at)).toEqual(
        inOrder,
      )

      // Everything of ours has gone, and everything of the user's is as it was, but for the version.
      expect((await stage.get('HTTPRoute', 'shop'))?.['spec']).toEqual(route?.['spec'])
      expect((await stage.list('Service')).map(({ metadata }) => metadata.name)).not.toContain('shop-canary')
      expect(await client.counts()).toHaveProperty('2')
      expect(await servedNow(load)).not.toContain('1')
      expect(done.summary).toContain('## ✅ shop 2.0.0 is live in production')
    },
  )

  scenario(
    'is promoted although the stable is scaled up in the middle, and its new pods take their time',
    { rate: 40 },
    async (scene) => {
      const { stage, load } = scene
      const running = scene.start({
        version: '2',
        env: { READY_AFTER_MS: '2000' },
        inputs: { plan: '50, 100', soak: '1500ms' },
      })
      await running.logged(/judge at 50 %/)
      await stage.patch('Deployment', 'shop', { spec: { replicas: 4 } })
      const done = await running.done

      expect(errorless(done)).toEqual([])
      expect(done.log).toContain('scale the canary to 2 pods')
      expect(done.outputs).toMatchObject({ decision: 'promoted', weight: '100' })
      expect(failuresOf(load)).toEqual([])
    },
  )
})
