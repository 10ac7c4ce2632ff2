import { describe, expect } from '@jest/globals'
import { errorless, errorOf, failuresOf, movesOf } from '../support/evidence.ts'
import { embeddedScenario, scenario } from '../support/scene.ts'

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

  embeddedScenario(
    'is `unchanged` when a finished step runs again, in a few requests',
    { rate: 0 },
    async (scene, kubernetes) => {
      const inputs = { ...FAST, plan: '100', image: 'node:24-alpine@' + DIGEST, manifests: '' }
      kubernetes.images.add(`node:24-alpine@${DIGEST}`, {})
      const first = await scene.release({ version: '2', run: { id: 7100 }, inputs })
      expect(first.outputs['decision']).toBe('promoted')
      const [requests, events] = [kubernetes.requests.length, scene.github.events.length]
      const again = await scene.release({ version: '2', run: { id: 7100, attempt: 2 }, inputs })

      expect(again.conclusion).toBe('success')
      expect(again.outputs).toMatchObject({ decision: 'unchanged', weight: '100', version: '2.0.0' })
      const asked = kubernetes.requests
        .since(requests)
        .map(({ method, path, query }) => `${method} ${path}?${query}`)
      expect(asked.filter((request) => !request.startsWith('GET'))).toEqual([])
      expect(asked.length).toBeLessThanOrEqual(8)
      expect(
        scene.github.events
          .slice(events)
          .filter(({ method, operation }) => method !== 'GET' && operation !== 'graphql'),
      ).toEqual([])
    },
  )

  embeddedScenario('writes nothing anywhere in a dry run', { rate: 0 }, async (scene, kubernetes) => {
    const from = kubernetes.requests.length
    const done = await scene.release({ version: '2', inputs: { 'dry-run': 'true' } })

    expect(errorless(done)).toEqual([])
    expect(done.outputs).toMatchObject({ decision: 'planned', weight: '0' })
    const written = kubernetes.requests.since(from).filter(({ isWrite }) => isWrite)
    expect(written.map(({ method, path }) => `${method} ${path}`)).toEqual([])
    expect(
      scene.github.events.filter(({ method, operation }) => method !== 'GET' && operation !== 'graphql'),
    ).toEqual([])
    for (const move of ['give the canary 5 %', 'give the canary 100 %', 'roll the new version out']) {
      expect(done.log).toContain(move)
    }
  })
})

const DIGEST = `sha256:${'d'.repeat(64)}`
