import { describe, expect } from '@jest/globals'
import { errorless, failuresOf, resultOf, servedNow } from '../support/evidence.ts'
import { scenario } from '../support/scene.ts'

describe('a step that is killed, without a router', () => {
  scenario(
    'is taken back by its post step, which has a claim and a fence of its own',
    { replicas: 2, rate: 60, traffic: 'replicas' },
    async (scene) => {
      const { stage, load } = scene
      const running = scene.start({ version: '2', inputs: { plan: '50', soak: '60s' } })
      await running.logged(/judge at 50 %/)
      running.kill()
      const { post } = await running.done

      expect(post?.exitCode).toBe(0)
      expect(post?.log).toContain('taken back: the Lease says so')
      expect((await stage.list('Deployment')).map(({ metadata }) => metadata.name)).toEqual(['shop'])
      // Without a router nobody asks a real cluster from outside.
      if (load !== undefined) expect(await servedNow(load)).not.toContain('2')
      expect(failuresOf(load)).toEqual([])
    },
  )
})

describe('a good version, without a router', () => {
  scenario(
    'is spread by the number of pods, says what shares those are, and no request fails',
    { replicas: 3, rate: 60, traffic: 'replicas' },
    async (scene) => {
      const { stage, load } = scene
      const done = await scene.release({ version: '2', inputs: { plan: '25, 50', soak: '800ms' } })

      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({ decision: 'promoted', version: '2.0.0', weight: '100' })
      expect(done.log).toContain('with 3 stable pods the shares are')
      // 1 of 4 pods, then 3 of 6.
      expect(
        resultOf(done)
          .evidence.shifts.map(({ weight }) => weight)
          .slice(0, 2),
      ).toEqual([25, 50])
      expect(failuresOf(load)).toEqual([])
      const names = (await stage.list('Deployment')).map(({ metadata }) => metadata.name)
      expect(names).not.toContain('shop-canary')
      expect((await stage.list('Service')).map(({ metadata }) => metadata.name)).toEqual(['shop'])
      if (load !== undefined) expect(await servedNow(load)).not.toContain('1')
    },
  )

  scenario(
    'beside a single pod has half of the requests at any weight, and says so of each',
    { replicas: 1, rate: 0, traffic: 'replicas' },
    async (scene) => {
      const done = await scene.release({ version: '2', inputs: { plan: '5, 25', promote: 'false' } })

      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({ decision: 'advanced', weight: '50' })
      expect(done.log).toContain('give the canary 5 % (50 % in whole pods)')
      expect(done.log).toContain('judge at 25 % (50 % in whole pods)')
      expect(done.annotations.map(({ message }) => message)).toContain(
        'without a router one pod is the least: beside 1 of shop, 5 % is 50 %, 25 % is 50 %',
      )
      // The chart shows what there was, not what was asked for.
      expect(done.summary).toMatch(/bar \[50(, 50)*\]/)
      const said = scene.github.checkRuns.map(({ summary }) => summary)
      expect(said).toContainEqual(expect.stringContaining('Judged with 50 % of the traffic'))
      const phases = scene.github.deployments.flatMap(({ statuses }) =>
        statuses.map(({ description }) => description),
      )
      expect(phases.filter((text) => text.startsWith('canary'))).toEqual([
        'canary 50 %: soaking',
        'canary 50 %: passed',
      ])
    },
  )
})
