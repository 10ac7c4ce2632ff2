/** pipeline.yml from a commit to production: through act, on the tree of a release, with a docker and a registry of the lab. */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from '@jest/globals'
import { servedNow } from '../support/evidence.ts'
import { startRegistry, type EmbeddedKubernetes } from '@release-actions/lab'
import { stringify } from 'yaml'
import { inRepo } from '../../scripts/lib/repo.ts'
import { appFiles, containersOf } from '../support/app.ts'
import { serve } from '../support/gate.ts'
import { embeddedScenario, type Scene } from '../support/scene.ts'
import { APPLIED } from '../support/switching.ts'
import { act, expectJobs, success, type ActResult } from './support/act.ts'
import { publish, REPOSITORY, type Published } from './support/published.ts'
import { deployBeside, GRANTED, oneLine } from './support/shop.ts'

const state: { published?: Published; refs: Readonly<Record<string, string>> } = { refs: {} }
beforeAll(async () => {
  state.published = await publish('1.0.0')
  state.refs = { 'v1.0.0': state.published.unpack('v1.0.0-ghes') }
})
afterAll(() => state.published?.[Symbol.dispose]())

/** Staging and production are two namespaces of users; here they are two workloads of one. */
const configOf = ({ stage }: Scene, registry: string): string =>
  stringify({
    schema: 1,
    defaults: {
      namespace: stage.namespace,
      soak: '500ms',
      'warm-up': '0s',
      interval: '200ms',
      settle: stage.settle,
      drain: stage.drain,
      timeout: '60s',
    },
    services: { shop: { workload: 'shop', traffic: 'httproute/shop', image: `${registry}/org/shop` } },
    environments: {
      staging: {
        strategy: 'bluegreen',
        services: { shop: { workload: 'staging', traffic: 'service/staging' } },
      },
      production: { plan: [25, 100] },
    },
  })

async function run(
  scene: Scene,
  kubernetes: EmbeddedKubernetes,
  inputs: Readonly<Record<string, string>>,
  version = '2',
): Promise<ActResult & { readonly images: readonly string[] }> {
  const registry = await startRegistry()
  const folder = mkdtempSync(join(tmpdir(), 'pipeline-'))
  const [bin, docker] = [join(folder, 'bin'), join(folder, 'docker')]
  mkdirSync(bin)
  mkdirSync(docker)
  copyFileSync(inRepo('test/support/fake-docker.mjs'), join(bin, 'docker.mjs'))
  writeFileSync(join(bin, 'docker'), `#!/bin/sh\nexec node ${join(bin, 'docker.mjs')} "$@"\n`)
  chmodSync(join(bin, 'docker'), 0o755)
  const caller = {
    name: 'pipeline',
    on: 'push',
    permissions: {},
    jobs: {
      pipeline: {
        permissions: { ...GRANTED, packages: 'write', attestations: 'write' },
        uses: `${REPOSITORY}/.github/workflows/pipeline.yml@v1.0.0`,
        with: {
          service: 'shop',
          image: `${registry.host}/org/shop`,
          version: `${version}.0.0`,
          attest: 'false',
          ...inputs,
        },
        secrets: { KUBECONFIG: '${{ secrets.KUBECONFIG }}' },
      },
    },
  }
  const images: string[] = []
  try {
    const done = await act({
      files: {
        '.github/workflows/release.yml': stringify(caller),
        '.github/release-actions.yml': configOf(scene, registry.host),
        Dockerfile: 'FROM scratch\nCOPY . /\n',
      },
      secrets: { KUBECONFIG: oneLine(await scene.stage.roleKubeconfig()) },
      github: scene.github,
      refs: state.refs,
      path: [bin],
      env: { FAKE_DOCKER: docker, DOCKER_CONFIG: folder },
      onLine: (line) => {
        // The node of the lab pulls by digest what was pushed.
        const [, image] = /build\].*set-output:: image=(\S+@sha256:[0-9a-f]{64})/.exec(line) ?? []
        if (image !== undefined) images.push(kubernetes.images.add(image, appFiles(version)))
      },
    })
    return { ...done, images }
  } finally {
    await registry.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const REPORT = stringify([{ name: 'tests', run: 'true' }])
const UP = stringify([{ name: 'up', http: { path: '/healthz', port: 8080 } }])

embeddedScenario(
  'goes from a commit to production, and passes the digest only',
  APPLIED,
  async (scene, kubernetes) => {
    await deployBeside(scene, 'staging')
    const done = await run(scene, kubernetes, {
      'report-gates': REPORT,
      'verify-gates': UP,
      'verify-soak': '0s',
    })
    expectJobs(done, success('build', 'gate', 'settings', 'switch', 'approve', 'release', 'verify'))
    const [image, ...others] = done.images
    expect(others).toEqual([])
    for (const name of ['staging-green', 'shop']) {
      const [container] = containersOf(await scene.stage.get('Deployment', name))
      expect([name, container?.image]).toEqual([name, image])
    }
    expect(
      scene.github.deployments.map(({ environment, statuses }) => [environment, statuses.at(-1)?.state]),
    ).toEqual([
      ['staging', 'success'],
      ['production', 'success'],
    ])
    expect(scene.load?.failed()).toEqual([])
  },
)

embeddedScenario(
  'a report that fails starts no release',
  { ...APPLIED, rate: 0 },
  async (scene, kubernetes) => {
    const done = await run(scene, kubernetes, {
      'report-gates': stringify([{ name: 'tests', run: 'false' }]),
    })
    expect(done.exitCode).toBe(1)
    expect(Object.keys(done.jobs)).toEqual(expect.not.arrayContaining(['settings', 'switch', 'release']))
    expect(scene.github.deployments).toEqual([])
  },
)

embeddedScenario(
  'goes back by itself, and opens an incident, when what verifies the release in production fails',
  APPLIED,
  async (scene, kubernetes) => {
    await deployBeside(scene, 'staging')
    const before = await scene.release({ version: '2', inputs: { plan: '100', soak: '300ms' } })
    expect(before.outputs['decision']).toBe('promoted')
    await using alarm = await serve((_, response) => response.writeHead(500).end())
    const done = await run(
      scene,
      kubernetes,
      {
        'verify-gates': stringify([{ name: 'alarm', http: { url: alarm.url }, min: 1 }]),
        'verify-soak': '0s',
      },
      '3',
    )
    expect(done.exitCode).toBe(1)
    expectJobs(done, {
      ...success('build', 'settings', 'switch', 'approve', 'release', 'rollback'),
      verify: 'failure',
    })
    expect(
      scene.github.deployments.map(({ environment, payload, statuses }) => {
        const { kind, version } = payload as { readonly kind: string; readonly version: string }
        return [environment, kind, version, statuses.at(-1)?.state]
      }),
    ).toEqual([
      ['production', 'release', '2.0.0', 'inactive'],
      ['staging', 'release', '3.0.0', 'success'],
      ['production', 'release', '3.0.0', 'failure'],
      ['production', 'rollback', '2.0.0', 'success'],
    ])
    const [issue, ...others] = scene.github.issues
    expect(others).toEqual([])
    expect(issue?.state).toBe('open')
    expect(issue?.body).toContain('The gates that verify the release in production have failed.')
    expect(await servedNow(scene.load)).not.toContain('3')
    expect(scene.load?.failed()).toEqual([])
  },
)
