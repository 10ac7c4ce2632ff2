import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect } from '@jest/globals'
import { startAction, type ActionResult } from '@release-actions/lab'
import { appFiles } from '../support/app.ts'
import { errorless, errorOf, failuresOf, resultOf } from '../support/evidence.ts'
import { DIST, embeddedScenario, type Scene } from '../support/scene.ts'
import { APPLIED } from '../support/switching.ts'

const FILE = '.github/release-actions.yml'

/** What a workflow would otherwise say in every step. */
const configFor = ({ stage }: Scene): string => `schema: 1
gates:
  up:
    http: {path: /, port: 8080}
  restarts:
    kubernetes: restarts
    max: 0
plans:
  brief: {weights: [50, 100], soak: [500ms, 600ms], warm-up: 0s}
services:
  shop:
    workload: shop
    traffic: httproute/shop
    image: registry.example/shop/web
    plan: brief
    gates: [up, restarts]
environments:
  production:
    namespace: ${stage.namespace}
    interval: 200ms
    settle: ${stage.settle}
    drain: ${stage.drain}
    timeout: 30s
`

const workspaces: string[] = []
afterEach(() => workspaces.splice(0).forEach((path) => rmSync(path, { recursive: true, force: true })))

/** The action with these inputs and no others, in a workspace with this file. */
async function release(
  scene: Scene,
  inputs: Readonly<Record<string, string>>,
  text = configFor(scene),
  action = 'canary-step',
): Promise<ActionResult> {
  const workspace = mkdtempSync(join(tmpdir(), 'config-file-'))
  workspaces.push(workspace)
  mkdirSync(join(workspace, '.github'))
  writeFileSync(join(workspace, FILE), text)
  return startAction({
    dir: join(DIST, action),
    github: scene.github.run(),
    kubeconfig: await scene.stage.roleKubeconfig(),
    workspace,
    inputs,
  }).done
}

describe('with a configuration file', () => {
  embeddedScenario(
    'service, environment and image are all that a step needs',
    { rate: 40 },
    async (scene, { images }) => {
      const image = images.add('registry.example/shop/web:2', appFiles('2'))
      const digest = image.slice(image.indexOf('@') + 1)
      // Of the image even the digest is enough: the file has its repository.
      const done = await release(scene, { service: 'shop', environment: 'production', image: digest })

      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({ decision: 'promoted', digest, weight: '100' })
      expect(resultOf(done).evidence.shifts.map(({ weight }) => weight)).toEqual([50, 100, 0])
      const gates = new Set(resultOf(done).evidence.gates.map(({ name }) => name.replace(/ \(.*/, '')))
      expect([...gates]).toEqual(expect.arrayContaining(['up', 'restarts']))
      expect(done.log).toContain(`plan: 50, 100  (plans.brief (${FILE}:9:3))`)
      expect(scene.github.deployments[0]?.payload).toMatchObject({
        service: 'shop',
        digest,
        plan: [50, 100],
        target: { workload: 'shop', traffic: 'httproute/shop' },
      })
      expect(failuresOf(scene.load)).toEqual([])
    },
  )

  embeddedScenario('what a step says itself wins', { rate: 0 }, async (scene, { images }) => {
    const image = images.add('registry.example/shop/web:2', appFiles('2'))
    const inputs = { service: 'shop', environment: 'production', image, plan: '100', soak: '300ms' }
    const done = await release(scene, inputs)

    expect(errorless(done)).toEqual([])
    expect(resultOf(done).evidence.shifts.map(({ weight }) => weight)).toEqual([100, 0])
  })

  embeddedScenario(
    'a mistake in it is said by line, before anything is asked',
    { rate: 0 },
    async (scene, kubernetes) => {
      const from = kubernetes.requests.length
      const text = configFor(scene).replace('plan: brief', 'plan: breif')
      const done = await release(scene, { service: 'shop', environment: 'production', image: ':2' }, text)

      expect(errorOf(done)).toContain(
        `services.shop.plan: "breif" is not valid; use a plan of the file: brief`,
      )
      expect(errorOf(done)).toContain(`${FILE}:15:5`)
      expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'invalid-input' })
      expect(kubernetes.requests.since(from)).toEqual([])
      expect(done.post?.exitCode).toBe(0)
    },
  )

  embeddedScenario(
    'a service of another strategy is released by the action of that, and by no other',
    { ...APPLIED, rate: 0 },
    async (scene, { images }) => {
      const text = configFor(scene)
        .replace('traffic: httproute/shop', 'strategy: bluegreen')
        .replace('plan: brief', 'warm-up: 0s\n    soak: 500ms')
      const image = images.add('registry.example/shop/web:2', appFiles('2'))
      const inputs = { service: 'shop', environment: 'production', image }

      const refused = await release(scene, inputs, text)
      expect(errorOf(refused)).toContain(
        'the action bluegreen-switch for it: services.shop.strategy is bluegreen',
      )

      const done = await release(scene, inputs, text, 'bluegreen-switch')
      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({ decision: 'switched' })
      expect(done.log).toContain('post-switch-gates: ')
    },
  )
})
