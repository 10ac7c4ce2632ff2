import { describe, expect } from '@jest/globals'
import { appService } from '@release-actions/lab'
import { errorless, failuresOf } from '../support/evidence.ts'
import { scenario } from '../support/scene.ts'

/** As long as the name of a Service may be. */
const LONGEST = 'release-of-a-chart-whose-name-somebody-has-made-of-three-others'
const LABELS = { 'app.kubernetes.io/name': 'checkout', tier: 'api' }

describe('odd names and labels', () => {
  scenario(
    'a second Service that selects by one of two labels sees no canary either',
    { name: 'checkout-api', labels: LABELS, rate: 60 },
    async (scene) => {
      const { stage, load } = scene
      await stage.apply(appService('all', { tier: 'api' }))
      const [direct, all] = [await stage.inClusterClient('checkout-api'), await stage.inClusterClient('all')]
      const running = scene.start({ version: '2', inputs: { plan: '0, 100', soak: '1s' } })
      await running.logged(/0 % has passed/)
      // Dark: its pods run, and nobody meets them; not through the gateway either.
      const dark = load?.counts() ?? {}
      await running.logged(/roll the new version out/)
      const seen = [await direct.counts(), await all.counts()]
      const done = await running.done
      direct.stop()
      all.stop()

      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({ decision: 'promoted' })
      expect(Object.keys(dark)).toEqual(['1'])
      expect(seen.map((counts) => Object.keys(counts))).toEqual([['1'], ['1']])
      expect(failuresOf(load)).toEqual([])
    },
  )

  scenario(
    'a label with 63 characters gets a canary value that is as long',
    { labels: { app: 'a'.repeat(63), part: 'web' }, rate: 40 },
    async (scene) => {
      const running = scene.start({ version: '2', inputs: { plan: '50, 100', soak: '300ms' } })
      await running.logged(/judge at 50 %/)
      const canary = (await scene.stage.get('Deployment', 'shop-canary'))?.['spec'] as Spec
      const done = await running.done

      expect(errorless(done)).toEqual([])
      const { labels } = canary.template.metadata
      expect(Object.values(labels).every((value) => value.length <= 63)).toBe(true)
      expect(labels).not.toEqual({ app: 'a'.repeat(63), part: 'web' })
      expect(failuresOf(scene.load)).toEqual([])
    },
  )

  scenario(
    'a workload, Service and route with names of 63 characters are released, and taken back',
    { name: LONGEST, rate: 40 },
    async (scene) => {
      const { stage, load } = scene
      const running = scene.start({ version: '2', inputs: { plan: '50, 100', soak: '300ms' } })
      await running.logged(/judge at 50 %/)
      const during = (await stage.list('Service')).map(({ metadata }) => metadata.name)
      const done = await running.done
      const retreated = await scene.release({
        version: '3',
        env: { NEVER_READY: '1' },
        inputs: { plan: '50, 100', timeout: '3s' },
      })

      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({ decision: 'promoted' })
      expect(during.map((name) => name.length)).toEqual([63, 63])
      expect(retreated.outputs).toMatchObject({ decision: 'retreated' })
      expect((await stage.list('Service')).map(({ metadata }) => metadata.name)).toEqual([LONGEST])
      expect(failuresOf(load)).toEqual([])
    },
  )
})

interface Spec {
  readonly template: { readonly metadata: { readonly labels: Readonly<Record<string, string>> } }
}
