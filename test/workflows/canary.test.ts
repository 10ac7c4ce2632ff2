/** canary.yml as a user calls it from a repository of their own: through act, on the tree of a release. */
import { afterAll, beforeAll, expect } from '@jest/globals'
import { scenario } from '../support/scene.ts'
import { serve } from '../support/gate.ts'
import { publish, type Published } from './support/published.ts'
import { givenBy, release } from './support/shop.ts'

const state: { published?: Published; refs: Readonly<Record<string, string>> } = { refs: {} }
beforeAll(async () => {
  state.published = await publish('1.0.0')
  state.refs = { 'v1.0.0': state.published.unpack('v1.0.0-ghes') }
})
afterAll(() => state.published?.[Symbol.dispose]())

const GATES = `
- name: errors
  scrape: { port: http, signal: error-rate, counter: http_requests_total }
  max: 20%
`

scenario('without approvals one job walks the whole plan and promotes', {}, async (scene) => {
  const done = await release(scene, {
    workflow: 'canary.yml',
    refs: state.refs,
    with: { plan: '[25, 100]', gates: GATES },
  })
  expect(done).toMatchObject({ exitCode: 0, jobs: { release: 'success', after: 'success' } })
  expect(Object.keys(done.jobs)).toEqual(expect.not.arrayContaining(['approve', 'stage-1', 'retreat']))
  expect(givenBy(done)).toMatchObject({ decision: 'promoted', version: '2.0.0', weight: '100' })
  expect(scene.github.deployments.map(({ statuses }) => statuses.at(-1)?.state)).toEqual(['success'])
  expect(scene.load?.failed()).toEqual([])
})

scenario(
  'with an approval for each weight, each is a job, and the order is that of the plan',
  {},
  async (scene) => {
    const done = await release(scene, {
      workflow: 'canary.yml',
      refs: state.refs,
      with: { plan: '[25, 50, 100]', approval: 'each' },
    })
    expect(done.exitCode).toBe(0)
    expect(Object.keys(done.jobs)).toEqual(['settings', 'stage-1', 'stage-2', 'stage-3', 'after'])
    expect(givenBy(done)).toMatchObject({ decision: 'promoted', weight: '100' })
    expect(scene.github.deployments).toHaveLength(1)
  },
)

scenario('what fails at 25 % is taken back by the step itself, and the workflow fails', {}, async (scene) => {
  // Healthy until the record says that the canary stands at 25 %.
  const soaking = (): boolean =>
    scene.github.deployments.some(({ statuses }) =>
      statuses.some(({ description }) => /25 %/.test(description)),
    )
  await using paging = await serve((_, response) => response.writeHead(soaking() ? 500 : 200).end())
  const done = await release(scene, {
    workflow: 'canary.yml',
    refs: state.refs,
    with: {
      plan: '[5, 25, 100]',
      gates: JSON.stringify([{ name: 'alarm', http: { url: paging.url }, max: 1 }]).replace(
        '"max":1',
        '"min":1',
      ),
    },
  })
  expect(done.exitCode).toBe(1)
  // The job `retreat` has nothing to do: nothing is in flight. (act ends a run once a called workflow has failed.)
  expect(done.jobs).toEqual({ settings: 'success', release: 'failure' })
  expect(done.log).toMatch(/give the canary 25 %/)
  expect(done.log).not.toMatch(/give the canary 100 %/)
  expect(scene.github.deployments.map(({ statuses }) => statuses.at(-1)?.state)).toEqual(['failure'])
  const route = await scene.stage.get('HTTPRoute', scene.name)
  expect(JSON.stringify(route?.['spec'])).not.toContain('canary')
  expect(scene.load?.failed()).toEqual([])
})

scenario('released by the button up to 25 %, and promoted by a later one', {}, async (scene) => {
  const on = { workflow_dispatch: { inputs: { until: { type: 'string' } } } }
  const order = {
    workflow: 'canary.yml',
    refs: state.refs,
    on,
    with: { plan: '[25, 50, 100]', until: '${{ inputs.until }}' },
  }
  const first = await release(scene, {
    ...order,
    act: { event: 'workflow_dispatch', inputs: { until: '25' } },
  })
  expect(givenBy(first)).toMatchObject({ result: 'success', decision: 'advanced', weight: '25' })
  const second = await release(scene, { ...order, act: { event: 'workflow_dispatch' } })
  expect(givenBy(second)).toMatchObject({ result: 'success', decision: 'promoted', weight: '100' })
  expect(scene.load?.failed()).toEqual([])
})

scenario('bad inputs are refused before anything is touched', { rate: 0 }, async (scene) => {
  const wrong = [
    [{ approval: 'eahc' }, /approval is "eahc"; legal are none, first and each/],
    [{ approval: 'each' }, /plan is required with approval: each/],
    [{ approval: 'each', plan: '[1,2,3,4,5,6,7,8,9]' }, /more than eight weights/],
    [{ approval: 'each', plan: '[25, 100]', until: '30' }, /until is 30, which is no weight of the plan/],
  ] as const
  for (const [inputs, message] of wrong) {
    const done = await release(scene, { workflow: 'canary.yml', refs: state.refs, with: inputs })
    expect(done.log).toMatch(message)
    expect(done.exitCode).toBe(1)
  }
  expect(scene.github.writes()).toEqual([])
})
