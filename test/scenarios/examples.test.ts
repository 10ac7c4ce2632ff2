import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { expect } from '@jest/globals'
import type { Manifest } from '@release-actions/lab'
import { parse } from 'yaml'
import { inRepo } from '../../scripts/lib/repo.ts'
import { appFiles } from '../support/app.ts'
import { examplesOf, inputsOf, readWorkflow } from '../support/example.ts'
import { errorless } from '../support/evidence.ts'
import { startPrometheus } from '../support/gate.ts'
import { embeddedScenario, type Scene } from '../support/scene.ts'

/**
 * What is not as in the example: its own inputs are used for everything else. Times, so that a walk takes seconds; and
 * where it plays.
 */
const BRIEF = { 'warm-up': '0s', interval: '250ms', settle: '300ms', drain: '400ms', timeout: '60s' }
const SOAK = '300ms'

/** What the scene gives without being asked, and an example does not have. */
const NOT_GIVEN = { manifests: '', version: '', plan: '', environment: '' }

interface Expected {
  readonly decisions: readonly string[]
  readonly soak?: string
  /** Requests a second. */
  readonly rate?: number
  readonly replicas?: number
  readonly traffic?: 'replicas'
  /** The expressions of its own. */
  readonly values?: Readonly<Record<string, string>>
}

/** A golden signal needs ten requests to the canary: at 5 % of 250 a second they take 0.8 s. */
const EXPECTED: Readonly<Record<string, Expected>> = {
  'first-workflow': { decisions: ['promoted'], soak: '2s', rate: 250 },
  'stages-with-approval': { decisions: ['advanced', 'advanced', 'promoted'] },
  'no-router': { decisions: ['promoted'], replicas: 4, traffic: 'replicas' },
  manifests: { decisions: ['promoted'], values: { 'github.ref_name': 'v2.0.0' } },
  'prometheus-gates': { decisions: ['promoted'], soak: '2s' },
  'hold-on-failure': { decisions: ['promoted'] },
  'dry-run-pull-request': { decisions: ['planned'] },
  'without-a-record': { decisions: ['promoted'] },
  'github-enterprise-server': { decisions: ['promoted'] },
}

for (const path of examplesOf('canary-step')) {
  const name = basename(path, '.yml')
  const {
    decisions,
    soak = SOAK,
    rate = 0,
    replicas = 1,
    traffic,
    values = {},
  } = EXPECTED[name] ?? {
    decisions: ['an entry in EXPECTED'],
  }
  const options = { rate, replicas, ...(traffic === undefined ? {} : { traffic }) }
  embeddedScenario(`the example ${name} does what it says`, options, async (scene, { images }) => {
    await using prometheus = await startPrometheus(() => ({ vector: [[{}, '0.001']] }), {
      rules: ['ShopDown'],
      firing: [],
    })
    await scene.stage.apply(printedRole())
    const kubeconfig = await scene.stage.roleKubeconfig()
    const steps = inputsOf(readWorkflow(path), 'canary-step', {
      'inputs.image': images.add('registry.example.test/shop/web:2.0.0', appFiles('2')),
      'secrets.KUBECONFIG': kubeconfig,
      'secrets.STAGING_KUBECONFIG': kubeconfig,
      'vars.PROMETHEUS_URL': prometheus.url,
      ...values,
    })
    const made: (string | undefined)[] = []
    for (const inputs of steps) {
      // A list of soaks has one for each weight, and so has its brief form.
      const soaks = (inputs['soak'] ?? '').split(',').map(() => soak)
      const done = await scene.release({
        version: '2',
        // The stages of one workflow are of one run.
        run: { id: 7100 },
        inputs: {
          ...NOT_GIVEN,
          ...inputs,
          ...BRIEF,
          soak: soaks.join(', '),
          namespace: scene.stage.namespace,
          ...lenient(inputs),
        },
      })
      expect(errorless(done)).toEqual([])
      made.push(done.outputs['decision'])
    }
    expect(made).toEqual(decisions)
    expectRecord(scene, steps, decisions)
  })
}

/** The Role as users copy it from the page. */
function printedRole(): Manifest {
  const page = readFileSync(inRepo('action-docs/canary-step.md'), 'utf8')
  const [, yaml = ''] = /```yaml\n(apiVersion: rbac[^]*?)```/.exec(page) ?? []
  return parse(yaml) as Manifest
}

/** One release is one deployment, and without a record nothing is written at all. */
function expectRecord(
  scene: Scene,
  steps: readonly Readonly<Record<string, string>>[],
  decisions: readonly string[],
): void {
  const recorded = steps.some(({ record }) => record !== 'false')
  expect(scene.github.deployments).toHaveLength(recorded ? 1 : 0)
  const ended = recorded && decisions.includes('promoted') ? ['success'] : []
  expect(scene.github.deployments.map(({ statuses }) => statuses.at(-1)?.state)).toEqual(ended)
}

/** How long requests take on a machine that runs all tests at once says nothing about an example. */
function lenient({ gates }: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (gates?.includes('golden-signals') !== true) return {}
  return {
    gates: gates.replace(
      '- preset: golden-signals',
      '- preset: golden-signals\n  limits: { p99 latency: false }',
    ),
  }
}
