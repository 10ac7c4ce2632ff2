import { describe, expect } from '@jest/globals'
import type { Manifest } from '@release-actions/lab'
import { errorless } from '../support/evidence.ts'
import { footprintOf } from '../support/app.ts'
import { embeddedScenario } from '../support/scene.ts'

const INPUTS = { plan: '100', soak: '300ms' }
const settings = (greeting: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings' },
  data: { GREETING: greeting },
})

describe('manifests whose pod template is live already', () => {
  embeddedScenario('apply nothing, and what differs beside it is named', { rate: 0 }, async (scene) => {
    const { stage } = scene
    const first = await scene.release({ version: '2', inputs: INPUTS, objects: [settings('hello')] })
    expect(errorless(first)).toEqual([])

    const same = await scene.release({ version: '2', inputs: INPUTS, objects: [settings('hello')] })
    expect(same.outputs).toMatchObject({ decision: 'unchanged' })
    expect(same.log).not.toContain('nothing of the manifests is applied')

    const before = await footprintOf(stage)
    const spec = { replicas: 7, minReadySeconds: 3, strategy: { rollingUpdate: { maxSurge: 2 } } }
    const again = await scene.release({
      version: '2',
      inputs: INPUTS,
      app: { spec },
      objects: [settings('good morning'), { ...settings('new'), metadata: { name: 'more' } }],
    })
    expect(again.conclusion).toBe('success')
    expect(again.outputs).toMatchObject({ decision: 'unchanged' })
    const [warning = '', another] = again.annotations
      .filter(({ level }) => level === 'warning')
      .map(({ message }) => message)
    expect(another).toBeUndefined()
    expect(warning).toContain(`Deployment ${scene.name} differs in spec.minReadySeconds, spec.strategy;`)
    expect(warning).toContain('ConfigMap more is not there; ConfigMap settings differs;')
    // An HPA, or a person, may have changed them since.
    expect(warning).not.toContain('replicas')
    expect(again.summary).toContain('ConfigMap settings differs')
    expect(await footprintOf(stage)).toEqual(before)
  })
})
