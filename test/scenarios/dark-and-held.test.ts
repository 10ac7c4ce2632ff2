import { describe, expect } from '@jest/globals'
import { errorless, errorOf, failuresOf, movesOf, servedNow } from '../support/evidence.ts'
import { scenario } from '../support/scene.ts'

const GATES = `
- name: up
  http: {path: /, port: 8080, status: 200}
`

describe('a canary that is left where it is', () => {
  scenario('weight 0 runs it without traffic, judged all the same', { rate: 60 }, async (scene) => {
    const { stage, load } = scene
    const done = await scene.release({
      version: '2',
      inputs: { plan: '', weight: '0', soak: '300ms', interval: '3s', gates: GATES },
    })

    expect(errorless(done)).toEqual([])
    expect(done.outputs).toMatchObject({ decision: 'advanced', weight: '0' })
    expect((await stage.get('Deployment', 'shop-canary'))?.['spec']).toMatchObject({ replicas: 1 })
    expect(Object.keys(load?.counts() ?? {})).toEqual(['1'])
    expect(scene.github.checkRuns.map(({ name, conclusion }) => [name, conclusion])).toEqual([
      ['gate / shop / pods ready', 'success'],
      ['gate / shop / up', 'success'],
    ])
    expect(failuresOf(load)).toEqual([])
  })

  scenario(
    'a bad one that gets no traffic is found out in the dark, and taken back',
    { rate: 60 },
    async (scene) => {
      const { load } = scene
      const inputs = { plan: '0, 100', soak: '300ms', interval: '3s', gates: GATES }
      const done = await scene.release({ version: '2', env: { ERROR_RATE: '1' }, inputs })

      expect(errorOf(done)).toContain('up')
      expect(done.outputs).toMatchObject({ decision: 'retreated', 'reason-code': 'unhealthy', weight: '0' })
      expect(Object.keys(load?.counts() ?? {})).toEqual(['1'])
      expect(failuresOf(load)).toEqual([])
    },
  )

  scenario(
    'on-failure: hold keeps the weight, fails the step, and a better version takes over',
    { rate: 60 },
    async (scene) => {
      const { stage, load } = scene
      const inputs = { plan: '50, 100', soak: '300ms', interval: '3s', gates: GATES, 'on-failure': 'hold' }
      const done = await scene.release({ version: '2', env: { ERROR_RATE: '1' }, inputs })

      expect(errorOf(done)).toContain('held at 50 %')
      expect(done.outputs).toMatchObject({ decision: 'held', 'reason-code': 'unhealthy', weight: '50' })
      expect(movesOf(done)).not.toContain('retreat-route')
      expect(done.post?.log ?? '').not.toContain('ROUTE BACK')
      expect((await stage.get('Deployment', 'shop-canary'))?.metadata.name).toBe('shop-canary')
      expect(done.summary).toContain('version')

      const better = await scene.release({ version: '3', inputs: { plan: '100', soak: '300ms' } })
      expect(errorless(better)).toEqual([])
      expect(better.outputs).toMatchObject({
        decision: 'promoted',
        version: '3.0.0',
        'previous-version': expect.any(String),
      })
      const [held, promoted] = scene.github.deployments.map(({ statuses }) =>
        statuses.map(({ state }) => state),
      )
      expect(held).toContain('failure')
      expect(promoted?.at(-1)).toBe('success')
      expect(await servedNow(load)).not.toContain('2')
    },
  )
})
