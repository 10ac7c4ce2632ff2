/** A repository of several services as examples/services.yml releases it: through act, on the tree of a release. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { inRepo } from '../../scripts/lib/repo.ts'
import { appFiles, containersOf } from '../support/app.ts'
import { embeddedScenario, type Scene } from '../support/scene.ts'
import { APPLIED } from '../support/switching.ts'
import { act, expectJobs, success } from './support/act.ts'
import { publish, type Published } from './support/published.ts'
import { deployBeside, oneLine } from './support/shop.ts'

const state: { published?: Published; refs: Readonly<Record<string, string>> } = { refs: {} }
beforeAll(async () => {
  state.published = await publish('1.0.0')
  // The example names the major version.
  state.refs = { v1: state.published.unpack('v1-ghes'), 'v1.0.0': state.published.unpack('v1.0.0-ghes') }
})
afterAll(() => state.published?.[Symbol.dispose]())

embeddedScenario(
  'each service that has changed goes its own way, and is recorded under its own name',
  APPLIED,
  async (scene, { images }) => {
    await deployBeside(scene, 'admin')
    for (const name of ['shop', 'admin']) images.add(`registry.example.test/${name}:2.0.0`, appFiles('2'))
    const done = await act({
      files: {
        '.github/workflows/services.yml': example(),
        '.github/release-actions.yml': configOf(scene),
      },
      secrets: { KUBECONFIG: oneLine(await scene.stage.roleKubeconfig()) },
      github: scene.github,
      refs: state.refs,
    })
    expectJobs(done, success('select', 'settings', 'release', 'switch'))
    for (const [workload, image] of [
      ['shop', 'shop'],
      ['admin-green', 'admin'],
    ] as const) {
      const [container] = containersOf(await scene.stage.get('Deployment', workload))
      expect([workload, container?.image]).toEqual([
        workload,
        expect.stringContaining(`registry.example.test/${image}`),
      ])
    }
    const records = scene.github.deployments.map(({ task, statuses }) => [task, statuses.at(-1)?.state])
    expect(records.sort()).toEqual([
      ['release-actions:admin', 'success'],
      ['release-actions:shop', 'success'],
    ])
    expect(scene.load?.failed()).toEqual([])
  },
)

function configOf({ stage }: Scene): string {
  const service = (traffic: string, image: string) => ({ traffic, image: `registry.example.test/${image}` })
  return stringify({
    schema: 1,
    services: {
      shop: { workload: 'shop', plan: [100], ...service('httproute/shop', 'shop') },
      admin: { workload: 'admin', strategy: 'bluegreen', ...service('service/admin', 'admin') },
    },
    environments: {
      production: {
        namespace: stage.namespace,
        soak: '300ms',
        'warm-up': '0s',
        interval: '200ms',
        settle: stage.settle,
        drain: stage.drain,
      },
    },
  })
}

/** As it stands, but for the secret, which is the environment's on GitHub, and the tag, which is a commit there. */
function example(): string {
  const text = readFileSync(inRepo('examples/services.yml'), 'utf8').replaceAll('${{ github.sha }}', '2.0.0')
  const workflow = parse(text) as { readonly jobs: Readonly<Record<string, { readonly uses?: string }>> }
  const secrets = { KUBECONFIG: '${{ secrets.KUBECONFIG }}' }
  const jobs = Object.entries(workflow.jobs).map(([name, job]) => [
    name,
    job.uses === undefined ? job : { ...job, secrets },
  ])
  return stringify({ ...workflow, jobs: Object.fromEntries(jobs) as unknown })
}
