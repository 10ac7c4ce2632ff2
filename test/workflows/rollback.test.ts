/** The rollback button as examples/rollback.yml has it: through act, on the tree of a release. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect } from '@jest/globals'
import { servedNow } from '../support/evidence.ts'
import { parse, stringify } from 'yaml'
import { inRepo } from '../../scripts/lib/repo.ts'
import { scenario } from '../support/scene.ts'
import { act, expectJobs } from './support/act.ts'
import { publish, type Published } from './support/published.ts'
import { oneLine } from './support/shop.ts'

const state: { published?: Published; refs: Readonly<Record<string, string>> } = { refs: {} }
beforeAll(async () => {
  state.published = await publish('1.0.0')
  // The example names the major version.
  state.refs = { v1: state.published.unpack('v1-ghes'), 'v1.0.0': state.published.unpack('v1.0.0-ghes') }
})
afterAll(() => state.published?.[Symbol.dispose]())

scenario(
  'the button takes users back to the last verified version, and opens one incident',
  {},
  async (scene) => {
    for (const version of ['2', '3']) {
      const released = await scene.release({ version, inputs: { plan: '100', soak: '300ms' } })
      expect(released.outputs['decision']).toBe('promoted')
    }
    const done = await act({
      event: 'workflow_dispatch',
      inputs: { environment: 'production', service: scene.name, to: 'previous', reason: 'checkout fails' },
      files: { '.github/workflows/rollback.yml': example() },
      secrets: { KUBECONFIG: oneLine(await scene.stage.roleKubeconfig()) },
      github: scene.github,
      refs: state.refs,
    })
    expectJobs(done, { rollback: 'success' })
    const newest = scene.github.deployments.at(-1)
    expect(newest).toMatchObject({
      environment: 'production',
      payload: { kind: 'rollback', version: '2.0.0' },
    })
    expect(newest?.statuses.at(-1)?.state).toBe('success')
    expect(scene.github.issues.map(({ title, state: open }) => [open, title])).toEqual([
      ['open', expect.stringContaining(scene.name)],
    ])
    expect(await servedNow(scene.load)).not.toContain('3')
    expect(scene.load?.failed()).toEqual([])
  },
)

scenario('with abort the button ends what is in flight, and nothing else', {}, async (scene) => {
  const inputs = { plan: '25, 100', weight: '25', soak: '300ms' }
  const left = await scene.release({ version: '2', inputs })
  expect(left.outputs['decision']).toBe('advanced')
  const done = await act({
    event: 'workflow_dispatch',
    inputs: {
      environment: 'production',
      service: scene.name,
      to: 'previous',
      reason: 'its runner is gone',
      abort: 'true',
    },
    files: { '.github/workflows/rollback.yml': example() },
    secrets: { KUBECONFIG: oneLine(await scene.stage.roleKubeconfig()) },
    github: scene.github,
    refs: state.refs,
  })
  expectJobs(done, { rollback: 'success' })
  expect(await scene.stage.get('Deployment', `${scene.name}-canary`)).toBeUndefined()
  const route = await scene.stage.get('HTTPRoute', scene.name)
  expect(JSON.stringify(route?.['spec'])).not.toContain('canary')
  expect(scene.github.issues).toEqual([])
  expect(scene.load?.failed()).toEqual([])
})

/** As it stands, but for the secret: that of an environment is found on GitHub without being passed. */
function example(): string {
  const workflow = parse(readFileSync(inRepo('examples/rollback.yml'), 'utf8')) as {
    readonly jobs: { readonly rollback: object }
  }
  const secrets = { KUBECONFIG: '${{ secrets.KUBECONFIG }}' }
  return stringify({ ...workflow, jobs: { rollback: { ...workflow.jobs.rollback, secrets } } })
}
