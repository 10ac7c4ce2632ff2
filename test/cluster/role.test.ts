import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { appDeployment, type Manifest } from '@release-actions/lab'
import { expectDecision, GOLDEN_SIGNALS, MINUTES, openOnCluster, whatIsLeft } from '../support/cluster.ts'
import { failuresOf } from '../support/evidence.ts'
import { DESIGNED_ROLE } from '../support/role.ts'

/** Holds the stable's minimum while the canary serves. */
const AUTOSCALER: Manifest = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'shop' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' },
    minReplicas: 1,
    maxReplicas: 4,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
      },
    ],
  },
}

test(
  'exactly the designed Role is enough: a ConfigMap, an HPA, gates through the pods, promoted and taken back',
  async () => {
    await using scene = await openOnCluster({ replicas: 2, rate: 40 })
    const { stage } = scene
    // The real API server is the judge: not what this repository renders, but what the design says.
    await stage.patch('Role', 'release-actions', { rules: DESIGNED_ROLE })
    await stage.apply(AUTOSCALER)
    const folder = mkdtempSync(join(tmpdir(), 'manifests-'))
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'shop-v2' },
      data: { greeting: 'hello' },
    }
    const envFrom = [{ configMapRef: { name: 'shop-v2' } }]
    const deployment = withEnvFrom(appDeployment({ name: 'shop', version: '2' }), envFrom)
    writeFileSync(
      join(folder, 'all.json'),
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [configMap, deployment] }),
    )
    const inputs = { plan: '50, 100', soak: '2s', interval: '500ms', gates: GOLDEN_SIGNALS }

    const running = scene.start({ version: '2', inputs: { ...inputs, manifests: folder } })
    await running.logged(/judge at 50 %/)
    const held = await stage.get('HorizontalPodAutoscaler', 'shop')
    const good = await running.done
    rmSync(folder, { recursive: true })
    expectDecision(good, 'promoted')
    expect(held?.['spec']).toMatchObject({ minReplicas: 2 })
    expect(await stage.get('HorizontalPodAutoscaler', 'shop')).toMatchObject({ spec: { minReplicas: 1 } })
    expect(failuresOf(scene.load)).toEqual([])

    const before = await whatIsLeft(scene)
    const bad = await scene.release({ version: '3', env: { ERROR_RATE: '0.5' }, inputs })
    expectDecision(bad, 'retreated')
    expect(await whatIsLeft(scene)).toEqual({ ...before, outcome: 'retreated' })
    expect(scene.github.violations).toEqual([])
  },
  5 * MINUTES,
)

/** The Deployment, with variables from a ConfigMap for its only container. */
function withEnvFrom(deployment: Manifest, envFrom: readonly object[]): Manifest {
  const text = JSON.stringify(deployment)
  return JSON.parse(
    text.replace('"name":"app","image"', `"name":"app","envFrom":${JSON.stringify(envFrom)},"image"`),
  ) as Manifest
}
