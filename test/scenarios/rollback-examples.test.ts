import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { expect } from '@jest/globals'
import type { Manifest } from '@release-actions/lab'
import { parse } from 'yaml'
import { inRepo } from '../../scripts/lib/repo.ts'
import { appFiles } from '../support/app.ts'
import { errorless } from '../support/evidence.ts'
import { examplesOf, inputsOf, readWorkflow } from '../support/example.ts'
import { rollBack } from '../support/rollback.ts'
import { embeddedScenario } from '../support/scene.ts'

/** What each example leaves, after versions 2 and 3 were released; `in flight`: 3 is a canary at half of the traffic. */
const EXPECTED: Readonly<Record<string, { readonly decision: string; readonly inFlight?: true }>> = {
  button: { decision: 'rolled-back' },
  'all-services': { decision: 'rolled-back' },
  'verified-with-hooks': { decision: 'rolled-back' },
  'after-a-rejected-approval': { decision: 'rolled-back', inFlight: true },
}

/** Times, so that it takes seconds. */
const BRIEF = { interval: '250ms', soak: '0s', settle: '300ms', drain: '400ms', timeout: '60s' }

for (const path of examplesOf('rollback')) {
  const name = basename(path, '.yml')
  const expected = EXPECTED[name]
  embeddedScenario(
    `the example ${name} does what it says`,
    { rate: 0, replicas: 1 },
    async (scene, { images }) => {
      const image = (version: string): string =>
        images.add(`registry.example.test/shop/web:${version}.0.0`, appFiles(version))
      const half = expected?.inFlight === true ? { plan: '50, 100', weight: '50' } : { plan: '100' }
      for (const [version, id] of [
        ['2', 7100],
        ['3', 7200],
      ] as const) {
        const inputs = {
          manifests: '',
          image: image(version),
          version: `${version}.0.0`,
          soak: '200ms',
          ...(version === '3' ? half : { plan: '100' }),
        }
        const done = await scene.release({ version, run: { id }, inputs })
        expect(errorless(done)).toEqual([])
      }
      await scene.stage.apply(printedRole())
      const kubeconfig = await scene.stage.roleKubeconfig()
      const [inputs = {}] = inputsOf(readWorkflow(path), 'rollback', {
        'inputs.service': 'shop',
        'inputs.to': 'previous',
        'inputs.reason': 'checkout fails',
        'secrets.KUBECONFIG': kubeconfig,
      })
      const done = await rollBack(scene, { run: { id: 7300 }, inputs: { ...inputs, ...BRIEF } })
      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({
        decision: expected?.decision ?? 'an entry in EXPECTED',
        version: '2.0.0',
        failed: '',
      })
    },
  )
}

/** The Role as users copy it from the page. */
function printedRole(): Manifest {
  const page = readFileSync(inRepo('action-docs/rollback.md'), 'utf8')
  const [, yaml = ''] = /```yaml\n(apiVersion: rbac[^]*?)```/.exec(page) ?? []
  return parse(yaml) as Manifest
}
