import { describe, expect } from '@jest/globals'
import type { Manifest } from '@release-actions/lab'
import { errorless, errorOf, failuresOf } from '../support/evidence.ts'
import { footprintOf } from '../support/app.ts'
import { scenario } from '../support/scene.ts'

const autoscaler: Manifest = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'shop' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' },
    minReplicas: 1,
    maxReplicas: 5,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
      },
    ],
  },
}

const budget: Manifest = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'shop' },
  spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'shop' } } },
}

describe("the workload's neighbours", () => {
  scenario(
    'a NetworkPolicy that would treat the canary otherwise is an error that names it',
    { rate: 0 },
    async (scene) => {
      const policy = {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'only-the-gateway' },
        spec: { podSelector: { matchLabels: { app: 'shop' } }, policyTypes: ['Ingress'], ingress: [{}] },
      }
      await scene.stage.apply(policy)
      const before = await footprintOf(scene.stage)
      const done = await scene.release({ version: '2' })

      expect(errorOf(done)).toContain("NetworkPolicy only-the-gateway applies to the stable's pods only")
      expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'invalid-input' })
      expect(await footprintOf(scene.stage)).toEqual(before)
      expect(scene.github.deployments).toEqual([])
    },
  )

  scenario(
    'an HPA keeps its minimum at what it had while the canary serves, and gets it back',
    { replicas: 2, rate: 40 },
    async (scene) => {
      const { stage } = scene
      await stage.apply(autoscaler, budget)
      const running = scene.start({ version: '2', inputs: { plan: '50, 100', soak: '500ms' } })
      await running.logged(/judge at 100 %/)
      const minimum = async (): Promise<unknown> =>
        ((await stage.get('HorizontalPodAutoscaler', 'shop'))?.['spec'] as { minReplicas?: number })
          .minReplicas
      const held = await minimum()
      const hpas = (await stage.list('HorizontalPodAutoscaler')).length
      const done = await running.done

      expect(errorless(done)).toEqual([])
      expect(done.outputs['decision']).toBe('promoted')
      expect([held, hpas]).toEqual([2, 1])
      expect(await minimum()).toBe(1)
      expect(failuresOf(scene.load)).toEqual([])
    },
  )

  scenario('an HPA gets its minimum back after a retreat too', { replicas: 2, rate: 40 }, async (scene) => {
    const { stage } = scene
    await stage.apply(autoscaler)
    const before = await footprintOf(stage)
    const gates = '- name: up\n  http: {path: /nowhere, port: 8080, status: 418}\n'
    const done = await scene.release({ version: '2', inputs: { plan: '50, 100', gates } })

    expect(done.outputs['decision']).toBe('retreated')
    expect(await footprintOf(stage)).toEqual(before)
    expect(failuresOf(scene.load)).toEqual([])
  })
})
