import { describe, expect } from '@jest/globals'
import { containersOf, footprintOf } from '../support/app.ts'
import { errorOf, failuresOf, servedNow } from '../support/evidence.ts'
import { scenario, type Scene } from '../support/scene.ts'

interface Case {
  readonly what: string
  readonly does: (scene: Scene) => Promise<void>
  readonly says: string
}

/** While the canary has half of the traffic. */
const CASES: readonly Case[] = [
  {
    what: 'edits the weights by hand',
    does: ({ stage }) =>
      stage.patch('HTTPRoute', 'shop', {
        spec: { rules: [{ backendRefs: [ref('shop', 20), ref('shop-canary', 80)] }] },
      }),
    says: 'the route gives the canary 80 %, but this release had set 50 %',
  },
  {
    what: 'applies the old route again',
    does: ({ stage }) =>
      stage.patch('HTTPRoute', 'shop', { spec: { rules: [{ backendRefs: [ref('shop', 1)] }] } }),
    says: 'names shop without shop-canary in rule 0',
  },
  {
    what: 'deletes the canary',
    does: ({ stage }) => stage.remove('Deployment', 'shop-canary'),
    says: 'canary',
  },
  {
    // Its backend is unresolved then, as long as the route names it.
    what: 'deletes the Service of the canary',
    does: ({ stage }) => stage.remove('Service', 'shop-canary'),
    says: 'Service shop-canary is gone',
  },
]

describe('somebody else, in the middle of a release,', () => {
  for (const { what, does, says } of CASES) {
    scenario(`${what}: a conflict, and everything goes back`, { rate: 40 }, async (scene) => {
      const { stage, load } = scene
      const before = await footprintOf(stage)
      const running = scene.start({ version: '2', inputs: { plan: '50, 100', soak: '20s' } })
      await running.logged(/judge at 50 %/)
      await does(scene)
      const done = await running.done

      expect(errorOf(done)).toContain(says)
      expect(done.outputs).toMatchObject({ decision: 'retreated', weight: '0' })
      expect(['conflict', 'not-ready']).toContain(done.outputs['reason-code'])
      expect(Object.keys((await footprintOf(stage)).deployments)).toEqual(Object.keys(before.deployments))
      expect((await stage.list('Service')).map(({ metadata }) => metadata.name)).not.toContain('shop-canary')
      expect(await servedNow(load)).not.toContain('2')
    })
  }

  scenario(
    'scales the stable to 0: nobody is sent to pods that are not there, and all goes back once they are',
    { rate: 40 },
    async (scene) => {
      const { stage, load } = scene
      const running = scene.start({ version: '2', inputs: { plan: '100', soak: '20s', timeout: '60s' } })
      await running.logged(/judge at 100 %/)
      await stage.patch('Deployment', 'shop', { spec: { replicas: 0 } })
      await running.logged(/wait: somebody scales shop, which has 0 replicas, up again/)
      await stage.patch('Deployment', 'shop', { spec: { replicas: 2 } })
      const done = await running.done

      expect(errorOf(done)).toContain('somebody else scaled shop to 0')
      expect(done.outputs).toMatchObject({ decision: 'retreated', 'reason-code': 'conflict', weight: '0' })
      expect(failuresOf(load)).toEqual([])
      expect(await servedNow(load)).not.toContain('2')
    },
  )

  scenario(
    'rolls the stable to a version of their own: ours goes, theirs stays',
    { rate: 40 },
    async (scene) => {
      const { stage, load } = scene
      const running = scene.start({ version: '2', inputs: { plan: '50, 100', soak: '20s' } })
      await running.logged(/judge at 50 %/)
      await stage.patch('Deployment', 'shop', {
        spec: { template: { metadata: { annotations: { theirs: 'yes' } } } },
      })
      const done = await running.done

      expect(errorOf(done)).toContain('somebody else changed the template of shop')
      expect(done.outputs).toMatchObject({ decision: 'retreated', 'reason-code': 'conflict' })
      const spec = (await stage.get('Deployment', 'shop'))?.['spec'] as {
        template: { metadata: { annotations?: object } }
      }
      expect(spec.template.metadata.annotations).toMatchObject({ theirs: 'yes' })
      expect(failuresOf(load)).toEqual([])
    },
  )

  scenario(
    'puts the old template back again and again (GitOps): a conflict, not a fight',
    { rate: 40 },
    async (scene) => {
      const { stage, load } = scene
      const before = await footprintOf(stage)
      const containers = containersOf(await stage.get('Deployment', 'shop'))
      let healing = true
      const healed = (async () => {
        while (healing) {
          if (
            JSON.stringify(containersOf(await stage.get('Deployment', 'shop'))) !== JSON.stringify(containers)
          )
            await stage.patch('Deployment', 'shop', { spec: { template: { spec: { containers } } } })
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
      })()
      const done = await scene.release({ version: '2', inputs: { plan: '100', soak: '300ms' } })
      healing = false
      await healed

      expect(errorOf(done)).toContain('GitOps')
      expect(done.outputs).toMatchObject({ decision: 'retreated', 'reason-code': 'conflict' })
      expect(await footprintOf(stage)).toEqual(before)
      expect(failuresOf(load)).toEqual([])
    },
  )
})

function ref(name: string, weight: number): object {
  return { name, port: 80, weight }
}
