/** canary.yml as a user calls it from a repository of their own: through act, on the tree of a release. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from '@jest/globals'
import { startSigstore } from '@release-actions/lab'
import { appFiles, containersOf } from '../support/app.ts'
import { embeddedScenario, scenario, type Scene } from '../support/scene.ts'
import { serve } from '../support/gate.ts'
import { publish, type Published } from './support/published.ts'
import { act, expectJobs, success, type ActResult } from './support/act.ts'
import { killBelow } from './support/kill.ts'
import { givenBy, oneLine, release } from './support/shop.ts'

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
  expectJobs(done, success('settings', 'release', 'after'))
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
    expectJobs(done, success('settings', 'stage-1', 'stage-2', 'stage-3', 'after'))
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
  expectJobs(done, { settings: 'success', release: 'failure' })
  expect(done.log).toMatch(/give the canary 25 %/)
  expect(done.log).not.toMatch(/give the canary 100 %/)
  expect(scene.github.deployments.map(({ statuses }) => statuses.at(-1)?.state)).toEqual(['failure'])
  const route = await scene.stage.get('HTTPRoute', scene.name)
  expect(JSON.stringify(route?.['spec'])).not.toContain('canary')
  expect(scene.load?.failed()).toEqual([])
})

embeddedScenario('released by the button up to 25 %, and promoted by a later one', {}, async (scene) => {
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

embeddedScenario(
  'the button of canary.yml itself stops at the share that was typed, and goes on when nothing is',
  {},
  async (scene, { images }) => {
    const image = images.add('registry.example.test/shop:2.0.0', appFiles('2'))
    const tree = state.refs['v1.0.0'] ?? ''
    const press = async (inputs: Readonly<Record<string, string>>): Promise<ActResult> =>
      act({
        event: 'workflow_dispatch',
        inputs: { environment: 'production', service: 'shop', image, ...inputs },
        files: {
          '.github/workflows/canary.yml': readFileSync(join(tree, '.github/workflows/canary.yml'), 'utf8'),
          '.github/release-actions.yml': configOf(scene).replace('approval: each', 'approval: none'),
        },
        secrets: { KUBECONFIG: oneLine(await scene.stage.roleKubeconfig()) },
        github: scene.github,
        refs: state.refs,
      })
    expectJobs(await press({ until: '25' }), success('settings', 'release'))
    const [record] = scene.github.deployments
    expect(record?.statuses.at(-1)).toMatchObject({ state: 'in_progress' })
    expect(JSON.stringify(await scene.stage.get('HTTPRoute', scene.name))).toContain('canary')
    expectJobs(await press({}), success('settings', 'release'))
    const [container] = containersOf(await scene.stage.get('Deployment', scene.name))
    expect(container?.image).toBe(image)
    expect(scene.github.deployments.at(-1)?.statuses.at(-1)?.state).toBe('success')
    expect(scene.load?.failed()).toEqual([])
  },
)

embeddedScenario(
  'what an older run has in flight stays when a later one ends before it has claimed anything',
  {},
  async (scene) => {
    const order = { workflow: 'canary.yml', refs: state.refs }
    const older = await release(scene, { ...order, with: { plan: '[25, 100]', until: '25' } })
    expect(givenBy(older)).toMatchObject({ result: 'success', decision: 'advanced', weight: '25' })
    const later = await release(scene, { ...order, with: { plan: '[25, 100]', soak: 'long' }, version: '3' })
    expectJobs(later, { settings: 'success', release: 'failure', retreat: 'success' })
    expect(later.log).toMatch(/soak: "long" is not valid/)
    const canary = await scene.stage.get('Deployment', `${scene.name}-canary`)
    expect(JSON.stringify(canary)).toContain('"value":"2"')
    expect(JSON.stringify(await scene.stage.get('HTTPRoute', scene.name))).toContain('canary')
    expect(scene.load?.failed()).toEqual([])
  },
)

embeddedScenario(
  'manifests without the name of a service or a workload are refused by name',
  { rate: 0 },
  async (scene) => {
    const done = await release(scene, {
      workflow: 'canary.yml',
      refs: state.refs,
      configured: { environment: 'production', manifests: 'k8s', traffic: 'replicas' },
    })
    expect(done.log).toMatch(/service or workload is required/)
    expectJobs(done, { settings: 'failure' })
    expect(scene.github.writes()).toEqual([])
  },
)

embeddedScenario('bad inputs are refused before anything is touched', { rate: 0 }, async (scene) => {
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

embeddedScenario(
  'an approval first is a job of its own, before anything else',
  { rate: 0 },
  async (scene) => {
    const done = await release(scene, {
      workflow: 'canary.yml',
      refs: state.refs,
      with: { plan: '[100]', approval: 'first' },
    })
    expectJobs(done, success('settings', 'approve', 'release', 'after'))
    expect(Object.keys(done.jobs)).toEqual(['settings', 'approve', 'release', 'after'])
    expect(givenBy(done)).toMatchObject({ decision: 'promoted' })
  },
)

embeddedScenario(
  'service, environment and image are enough where there is a configuration file, which also says who is asked',
  { rate: 0 },
  async (scene, { images }) => {
    const image = images.add('registry.example.test/shop:2.0.0', appFiles('2'))
    const done = await release(scene, {
      workflow: 'canary.yml',
      refs: state.refs,
      configured: { service: 'shop', environment: 'production', image },
      act: { files: { '.github/release-actions.yml': configOf(scene) } },
    })
    expectJobs(done, success('settings', 'stage-1', 'stage-2', 'after'))
    expect(givenBy(done)).toMatchObject({ result: 'success', decision: 'promoted', weight: '100' })
  },
)

embeddedScenario(
  'where the attestation is asked for, an image that has none is refused, and one that has it is released',
  { rate: 0 },
  async (scene, { images }) => {
    const sigstore = await startSigstore()
    try {
      const image = images.add('registry.example.test/shop:2.0.0', appFiles('2'))
      const digest = image.slice(image.indexOf('@') + 1)
      const order = {
        workflow: 'canary.yml',
        refs: state.refs,
        configured: {
          service: 'shop',
          environment: 'production',
          image,
          plan: '[100]',
          approval: 'none',
          'require-attestation': 'true',
          'signer-workflow': 'octo/shop/.github/workflows/build.yml',
          'trusted-root': 'trusted-root.jsonl',
        },
        act: {
          files: {
            '.github/release-actions.yml': configOf(scene),
            'trusted-root.jsonl': sigstore.trustedRoot,
          },
          // The certificates of the lab's Sigstore name github.com, as those of every public repository.
          env: { GITHUB_SERVER_URL: 'https://github.com' },
        },
      }
      const refused = await release(scene, order)
      expectJobs(refused, { settings: 'success', release: 'failure', retreat: 'success' })
      expect(refused.log).toMatch(/sha256:[0-9a-f]{64} is not attested by octo\/shop/)
      expect(scene.github.deployments).toEqual([])

      const workflow = 'octo/shop/.github/workflows/build.yml@refs/heads/main'
      scene.github.attest(digest, await sigstore.sign({ digest, repository: 'octo/shop', workflow }))
      const released = await release(scene, order)
      expect(givenBy(released)).toMatchObject({ decision: 'promoted', digest })
    } finally {
      await sigstore.close()
    }
  },
)

function configOf({ stage, name }: Scene): string {
  return `schema: 1
services:
  shop:
    workload: ${name}
    traffic: httproute/${name}
    image: registry.example.test/shop
environments:
  production:
    approval: each
    namespace: ${stage.namespace}
    plan: [25, 100]
    soak: 500ms
    warm-up: 0s
    interval: 200ms
    settle: ${stage.settle}
    drain: ${stage.drain}
`
}

embeddedScenario('what a lost runner left in flight is taken back by the job after it', {}, async (scene) => {
  // A machine that is gone runs no post step; act would end everything where one fails.
  const tree = state.published?.unpack('v1.0.0-ghes') ?? ''
  writeFileSync(join(tree, 'canary-step', 'post.js'), '')
  const over = { yet: false }
  const done = await release(scene, {
    workflow: 'canary.yml',
    refs: { 'v1.0.0': tree },
    with: { plan: '[25, 100]', soak: '60s' },
    act: {
      onLine: (line, pid) => {
        over.yet ||= line.includes('Job failed')
        if (/judge at 25 %/.test(line)) void killBelow(pid, /canary-step\/index\.js/, () => over.yet)
      },
    },
  })
  expectJobs(done, { settings: 'success', release: 'failure', retreat: 'success' })
  const route = await scene.stage.get('HTTPRoute', scene.name)
  expect(JSON.stringify(route?.['spec'])).not.toContain('canary')
  expect(await scene.stage.get('Deployment', `${scene.name}-canary`)).toBeUndefined()
  expect(scene.load?.failed()).toEqual([])
})
