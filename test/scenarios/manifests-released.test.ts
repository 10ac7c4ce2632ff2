import { describe, expect } from '@jest/globals'
import type { AppOptions, Manifest } from '@release-actions/lab'
import { errorless, errorOf, failuresOf } from '../support/evidence.ts'
import { footprintOf } from '../support/app.ts'
import { scenario } from '../support/scene.ts'

function settings(name: string, greeting: string): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { GREETING: greeting } }
}

/** A gate that no version passes. */
const NEVER = JSON.stringify([{ name: 'never', run: 'exit 1' }])

/** A template that reads its environment from a ConfigMap. */
function reading(name: string): Partial<AppOptions> {
  const volumes = [
    { name: 'app', configMap: { name: 'shop-app' } },
    { name: 'settings', configMap: { name } },
  ]
  return { podSpec: { volumes } }
}

describe('manifests', () => {
  scenario(
    'bring a new ConfigMap, which is there before the canary reads it',
    { rate: 40 },
    async (scene) => {
      const { stage } = scene
      await stage.apply(settings('settings-1', 'hello'))
      const done = await scene.release({
        version: '2',
        inputs: { plan: '50, 100', soak: '300ms' },
        app: reading('settings-2'),
        objects: [settings('settings-2', 'good morning')],
      })

      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({ decision: 'promoted' })
      expect((await stage.get('ConfigMap', 'settings-2'))?.['data']).toEqual({ GREETING: 'good morning' })
      expect((await stage.get('ConfigMap', 'settings-1'))?.['data']).toEqual({ GREETING: 'hello' })
      expect(failuresOf(scene.load)).toEqual([])
    },
  )

  scenario(
    'bring more than a template: applied once the new version serves, and not when it is taken back',
    { rate: 40, replicas: 2 },
    async (scene) => {
      const { stage } = scene
      const spec = {
        replicas: 3,
        revisionHistoryLimit: 4,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
      }
      const before = await stage.get('Deployment', scene.name)
      const bad = await scene.release({
        version: '2',
        app: { spec },
        inputs: { plan: '50, 100', soak: '300ms', gates: NEVER },
      })
      expect(bad.outputs).toMatchObject({ decision: 'retreated' })
      expect((await stage.get('Deployment', scene.name))?.['spec']).toEqual(before?.['spec'])

      const good = await scene.release({
        version: '3',
        app: { spec },
        inputs: { plan: '50, 100', soak: '300ms' },
      })
      expect(errorless(good)).toEqual([])
      expect(good.outputs).toMatchObject({ decision: 'promoted' })
      const now = (await stage.get('Deployment', scene.name))?.['spec']
      expect(now).toMatchObject(spec)
      expect(await stage.get('Deployment', `${scene.name}-canary`)).toBeUndefined()
      expect(failuresOf(scene.load)).toEqual([])
    },
  )

  scenario('that change a ConfigMap under its old name are refused', { rate: 0 }, async (scene) => {
    const { stage } = scene
    await stage.apply(settings('settings', 'hello'))
    const before = await footprintOf(stage)
    const done = await scene.release({
      version: '2',
      app: reading('settings'),
      objects: [settings('settings', 'good morning')],
    })

    expect(errorOf(done)).toContain('ConfigMap settings has changed under its old name')
    expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'invalid-input' })
    expect(await footprintOf(stage)).toEqual(before)
    expect((await stage.get('ConfigMap', 'settings'))?.['data']).toEqual({ GREETING: 'hello' })
    expect(scene.github.deployments).toEqual([])
  })

  scenario(
    'whose other objects may not be written are refused, with the lines to add to the Role',
    { rate: 0 },
    async (scene) => {
      const before = await footprintOf(scene.stage)
      const done = await scene.release({
        version: '2',
        objects: [
          {
            apiVersion: 'v1',
            kind: 'ResourceQuota',
            metadata: { name: 'more' },
            spec: { hard: { pods: '50' } },
          },
        ],
      })

      const error = errorOf(done)
      expect(error).toContain('create resourcequotas')
      expect(error).toContain('apiGroups: [""], resources: [resourcequotas]')
      expect(await footprintOf(scene.stage)).toEqual(before)
    },
  )
})
