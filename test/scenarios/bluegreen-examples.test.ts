import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { expect } from '@jest/globals'
import type { Manifest } from '@release-actions/lab'
import { parse } from 'yaml'
import { inRepo } from '../../scripts/lib/repo.ts'
import { appFiles } from '../support/app.ts'
import { examplesOf, inputsOf, readWorkflow } from '../support/example.ts'
import { errorless } from '../support/evidence.ts'
import { embeddedScenario } from '../support/scene.ts'
import { APPLIED, switchTo } from '../support/switching.ts'

/** What is not as in the example: times, so that a release takes seconds; and where it plays. */
const BRIEF = {
  'warm-up': '0s',
  soak: '2s',
  interval: '250ms',
  settle: '300ms',
  drain: '400ms',
  timeout: '60s',
}

/** What the scene gives without being asked, and an example does not have. */
const NOT_GIVEN = { manifests: '', version: '', environment: '' }

const EXPECTED: Readonly<Record<string, string>> = { 'dry-run-pull-request': 'planned' }

for (const path of examplesOf('bluegreen-switch')) {
  const name = basename(path, '.yml')
  embeddedScenario(
    `the example ${name} of bluegreen-switch does what it says`,
    { ...APPLIED, replicas: 1, rate: 100 },
    async (scene, { images }) => {
      await scene.stage.apply(printedRole())
      const kubeconfig = await scene.stage.roleKubeconfig()
      const [inputs] = inputsOf(readWorkflow(path), 'bluegreen-switch', {
        'inputs.image': images.add('registry.example.test/shop/web:2.0.0', appFiles('2')),
        'secrets.KUBECONFIG': kubeconfig,
        'secrets.STAGING_KUBECONFIG': kubeconfig,
        'github.ref_name': 'v2.0.0',
      })
      const { namespace } = scene.stage
      const done = await switchTo(scene, {
        version: '2',
        inputs: { ...NOT_GIVEN, ...inputs, ...BRIEF, namespace, ...lenient(inputs) },
      })

      expect(errorless(done)).toEqual([])
      expect(done.outputs['decision']).toBe(EXPECTED[name] ?? 'switched')
      expect(scene.github.deployments).toHaveLength(inputs?.['record'] === 'false' ? 0 : 1)
    },
  )
}

/** The Role as users copy it from the page. */
function printedRole(): Manifest {
  const page = readFileSync(inRepo('action-docs/bluegreen-switch.md'), 'utf8')
  const [, yaml = ''] = /```yaml\n(apiVersion: rbac[^]*?)```/.exec(page) ?? []
  return parse(yaml) as Manifest
}

/** How long requests take on a machine that runs all tests at once says nothing about an example. */
function lenient(inputs: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const gates = inputs['post-switch-gates']
  if (gates?.includes('golden-signals') !== true) return {}
  return {
    'post-switch-gates': gates.replace(
      /- preset: golden-signals.*/,
      '- preset: golden-signals\n  limits: { p99 latency: false }',
    ),
  }
}
