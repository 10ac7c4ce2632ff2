/** Which way into the cluster the workflows take, of several that there are: through act, with an `aws` of the test's own. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from '@jest/globals'
import { stringify } from 'yaml'
import { appFiles } from '../support/app.ts'
import { embeddedScenario, type Scene } from '../support/scene.ts'
import { act, expectJobs, success, type ActOrder, type ActResult } from './support/act.ts'
import { publish, REPOSITORY, type Published } from './support/published.ts'
import { GRANTED, oneLine } from './support/shop.ts'

const state: { published?: Published; refs: Readonly<Record<string, string>> } = { refs: {} }
beforeAll(async () => {
  state.published = await publish('1.0.0')
  state.refs = { 'v1.0.0': state.published.unpack('v1.0.0-ghes') }
})
afterAll(() => state.published?.[Symbol.dispose]())

const login = (cluster: string) => ({
  provider: 'eks',
  cluster,
  region: 'eu-central-1',
  role: 'arn:aws:iam::123456789012:role/release',
})

/** Writes the kubeconfig of the scene, as `aws eks update-kubeconfig` does, and remembers for which cluster. */
const AWS = `#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in
    --name) echo "$2" >>"$AWS_ASKED" ;;
    --kubeconfig) cp "$AWS_KUBECONFIG" "$2" ;;
  esac
  shift
done
`

interface Order {
  readonly workflow: string
  readonly with: Readonly<Record<string, string | boolean>>
  /** Whether the configuration file says how to log in; or it is none, for a mistake. */
  readonly inFile: boolean | 'broken'
  readonly variables?: ActOrder['variables']
}

/** Calls a workflow of ours for the scene's shop with a secret that leads nowhere. @returns also which clusters were logged in to */
async function call(
  scene: Scene,
  { workflow, with: inputs, inFile, variables = {} }: Order,
): Promise<ActResult & { readonly asked: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'login-'))
  try {
    const [bin, asked, kubeconfig] = ['bin', 'asked', 'kubeconfig'].map((name) => join(folder, name))
    if (bin === undefined || asked === undefined || kubeconfig === undefined) throw new Error('never')
    mkdirSync(bin)
    writeFileSync(join(bin, 'aws'), AWS)
    chmodSync(join(bin, 'aws'), 0o755)
    writeFileSync(asked, '')
    writeFileSync(kubeconfig, await scene.stage.roleKubeconfig())
    const nowhere = oneLine(
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'nowhere',
        contexts: [{ name: 'nowhere', context: { cluster: 'nowhere', user: 'nobody' } }],
        clusters: [{ name: 'nowhere', cluster: { server: 'https://127.0.0.1:1' } }],
        users: [{ name: 'nobody', user: { token: 'a-secret-that-leads-nowhere' } }],
      }),
    )
    const caller = {
      name: 'release',
      on: 'push',
      permissions: {},
      jobs: {
        production: {
          permissions: GRANTED,
          uses: `${REPOSITORY}/.github/workflows/${workflow}@v1.0.0`,
          with: { environment: 'production', service: 'shop', ...inputs },
          secrets: { KUBECONFIG: '${{ secrets.KUBECONFIG }}' },
        },
      },
    }
    const done = await act({
      files: {
        '.github/workflows/release.yml': stringify(caller),
        '.github/release-actions.yml': inFile === 'broken' ? 'services: {' : configOf(scene, inFile),
      },
      secrets: { KUBECONFIG: nowhere },
      variables,
      github: scene.github,
      refs: state.refs,
      path: [bin],
      env: { AWS_ASKED: asked, AWS_KUBECONFIG: kubeconfig },
    })
    const lines = readFileSync(asked, 'utf8').split('\n')
    return { ...done, asked: lines.filter((line) => line !== '') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function configOf({ stage, name }: Scene, inFile: boolean): string {
  return stringify({
    schema: 1,
    services: {
      // Another service of the file comes first, and has no say in it.
      another: { workload: 'another', traffic: 'replicas' },
      shop: { workload: name, traffic: `httproute/${name}`, image: 'registry.example.test/shop' },
    },
    environments: {
      production: {
        namespace: stage.namespace,
        plan: [100],
        soak: '300ms',
        'warm-up': '0s',
        interval: '200ms',
        settle: stage.settle,
        drain: stage.drain,
        ...(inFile ? { login: login('of-the-file') } : {}),
      },
    },
  })
}

embeddedScenario(
  'a release and its way back log in as the file says, else as the variable, and a login wins over the secret',
  { rate: 0 },
  async (scene, { images }) => {
    const variables = { RELEASE_LOGIN: JSON.stringify(login('of-the-variable')) }
    const image = images.add('registry.example.test/shop:2.0.0', appFiles('2'))
    const canary = { workflow: 'canary.yml', with: { image }, variables }
    const released = await call(scene, { ...canary, inFile: true })
    expectJobs(released, success('settings', 'release'))
    expect(released.asked).toEqual(['of-the-file'])

    const back = { workflow: 'rollback.yml', with: { service: 'shop', abort: true }, variables }
    const byFile = await call(scene, { ...back, inFile: true })
    expectJobs(byFile, success('rollback'))
    expect(byFile.asked).toEqual(['of-the-file'])
    const byVariable = await call(scene, { ...back, inFile: false })
    expectJobs(byVariable, success('rollback'))
    expect(byVariable.asked).toEqual(['of-the-variable'])

    const broken = await call(scene, { ...back, inFile: 'broken' })
    expectJobs(broken, success('rollback'))
    expect(broken.asked).toEqual(['of-the-variable'])

    const typed = { ...back.with, login: JSON.stringify(login('of-the-input')) }
    const byInput = await call(scene, { ...back, with: typed, inFile: true })
    expectJobs(byInput, success('rollback'))
    expect(byInput.asked).toEqual(['of-the-input'])
  },
)
