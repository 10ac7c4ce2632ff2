import { describe, expect } from '@jest/globals'
import type { Manifest } from '@release-actions/lab'
import { errorless, failuresOf } from '../support/evidence.ts'
import { scenario, type Scene } from '../support/scene.ts'
import { APPLIED, NEVER, standingOf, switchTo } from '../support/switching.ts'

const autoscaler: Manifest = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'shop' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' },
    minReplicas: 2,
    maxReplicas: 4,
  },
}

const budget: Manifest = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'shop' },
  spec: { minAvailable: 1, selector: { matchLabels: { app: 'shop' } } },
}

async function following({ stage }: Scene): Promise<{ autoscaler: string; budget: string | undefined }> {
  const [hpa, pdb] = await Promise.all([
    stage.get('HorizontalPodAutoscaler', 'shop'),
    stage.get('PodDisruptionBudget', 'shop'),
  ])
  const { scaleTargetRef } = hpa?.['spec'] as { scaleTargetRef: { name: string } }
  const { selector } = pdb?.['spec'] as { selector: { matchLabels: Readonly<Record<string, string>> } }
  return { autoscaler: scaleTargetRef.name, budget: selector.matchLabels['release-actions.dev/color'] }
}

describe('HPA and PDB', () => {
  scenario('follow the colour that serves, and go back with it', APPLIED, async (scene) => {
    const { stage } = scene
    await stage.applyAs('client', autoscaler)
    await stage.applyAs('client', budget)
    const first = await switchTo(scene, { version: '2', run: { id: 7100 } })
    expect(errorless(first)).toEqual([])
    expect(await following(scene)).toEqual({ autoscaler: 'shop-green', budget: 'green' })

    const failed = await switchTo(scene, {
      version: '3',
      run: { id: 7101 },
      inputs: { 'post-switch-gates': NEVER },
    })
    expect(failed.outputs['decision']).toBe('retreated')
    expect(await following(scene)).toEqual({ autoscaler: 'shop-green', budget: 'green' })

    const second = await switchTo(scene, { version: '4', run: { id: 7102 } })
    expect(errorless(second)).toEqual([])
    expect(await following(scene)).toEqual({ autoscaler: 'shop-blue', budget: 'blue' })
    expect((await standingOf(scene)).pods).toMatchObject({ own: 0, blue: 2, green: 2 })
    expect(failuresOf(scene.load)).toEqual([])
  })

  scenario(
    'a colour gets as many pods as serve, when the HPA has grown them',
    { ...APPLIED, rate: 0 },
    async (scene) => {
      const { stage } = scene
      await switchTo(scene, { version: '2', run: { id: 7100 } })
      await stage.patch('Deployment', 'shop-green', { spec: { replicas: 3 } })
      await stage.rolledOut('shop-green')
      const done = await switchTo(scene, { version: '3', run: { id: 7101 } })

      expect(errorless(done)).toEqual([])
      expect((await standingOf(scene)).pods).toMatchObject({ blue: 3, green: 3 })
    },
  )
})
