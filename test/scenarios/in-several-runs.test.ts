import { describe, expect } from '@jest/globals'
import { errorless, errorOf, failuresOf, movesOf } from '../support/evidence.ts'
import { scenario } from '../support/scene.ts'

const FAST = { soak: '300ms' }

describe('a release in several runs', () => {
  scenario(
    'stops at 25 % and is promoted by a later job of the same run, in one record',
    { rate: 40 },
    async (scene) => {
      const { stage, github, load } = scene
      const run = { id: 7100 }
      const first = await scene.release({
        version: '2',
        run,
        inputs: { ...FAST, plan: '25, 100', weight: '25' },
      })
      expect(errorless(first)).toEqual([])
      expect(first.outputs).toMatchObject({ decision: 'advanced', weight: '25' })
      expect((await stage.get('Deployment', 'shop-canary'))?.metadata.name).toBe('shop-canary')

      const second = await scene.release({
        version: '2',
        run: { id: 7100, attempt: 1 },
        inputs: { ...FAST, plan: '25, 100' },
      })
      expect(errorless(second)).toEqual([])
      expect(second.outputs).toMatchObject({ decision: 'promoted', weight: '100', version: '2.0.0' })
      // 25 % had passed: it is not walked again.
      expect(second.log).not.toContain('judge at 25 %')
      expect(github.deployments).toHaveLength(1)
      expect(second.outputs['deployment-id']).toBe(first.outputs['deployment-id'])
      const said = github.deployments[0]?.statuses.map(({ state, description }) => `${state}: ${description}`)
      expect(said).toContain('in_progress: canary 25 %: passed')
      expect(said?.at(-1)).toBe('success: 2.0.0 serves all traffic, verified')
      expect(failuresOf(load)).toEqual([])
    },
  )

  scenario('is promoted by a later workflow run too', { rate: 40 }, async (scene) => {
    const first = await scene.release({ version: '2', inputs: { ...FAST, plan: '25, 100', weight: '25' } })
    const second = await scene.release({ version: '2', inputs: { ...FAST, plan: '25, 100' } })
    expect([first, second].map(({ outputs }) => outputs['decision'])).toEqual(['advanced', 'promoted'])
    // One release: its record goes on.
    expect(scene.github.deployments).toHaveLength(1)
    expect(failuresOf(scene.load)).toEqual([])
  })

  scenario(
    'is refused a weight that skips ahead in the plan, and keeps what it has',
    { rate: 40 },
    async (scene) => {
      const plan = '10, 25, 50, 100'
      const first = await scene.release({ version: '2', inputs: { ...FAST, plan, weight: '10' } })
      const skip = await scene.release({ version: '2', inputs: { ...FAST, plan: '', weight: '50' } })

      expect(first.outputs['decision']).toBe('advanced')
      expect(skip.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'conflict', weight: '10' })
      expect(errorOf(skip)).toContain('weight 50 % skips ahead in the plan: 25 % has not passed')
      expect(movesOf(skip)).toEqual(['failed'])
      const still = (await scene.stage.get('Deployment', 'shop-canary'))?.['spec'] as { replicas: number }
      expect(still.replicas).toBe(1)
      expect(failuresOf(scene.load)).toEqual([])
    },
  )

  scenario(
    'whose next step cannot begin: it says what keeps how much of the traffic',
    { rate: 0 },
    async ({ stage, release }) => {
      const first = await release({ version: '2', inputs: { ...FAST, plan: '25, 100', weight: '25' } })
      await stage.patch('Deployment', 'shop', { spec: { paused: true } })
      const second = await release({ version: '2', inputs: { ...FAST, plan: '25, 100' } })

      expect(first.outputs['decision']).toBe('advanced')
      expect(second.outputs).toMatchObject({
        decision: 'failed',
        'reason-code': 'invalid-input',
        weight: '25',
      })
      const error = errorOf(second)
      expect(error).toContain('is paused')
      expect(error).toContain('2.0.0, which is in flight, keeps 25 % of the traffic')
      expect(error).toContain('rollback action with abort: true')
    },
  )
})
