import { describe, expect } from '@jest/globals'
import { appDeployment, appService, appSource } from '@release-actions/lab'
import { errorOf, failuresOf, servedNow } from '../support/evidence.ts'
import { recordOf, releaseAtOnce, rollBack } from '../support/rollback.ts'
import { BRIEF_PODS, scenario, type Scene } from '../support/scene.ts'

/** Another service of the environment, without a route. */
async function addService(scene: Scene, name: string): Promise<void> {
  const { stage } = scene
  await stage.apply(
    appSource(name),
    appDeployment({ name, version: '1', replicas: 1, ...BRIEF_PODS }),
    appService(name),
  )
  await stage.rolledOut(name)
}

async function release(scene: Scene, name: string, version: string, id: number): Promise<void> {
  const done = await scene.release({
    version,
    run: { id },
    app: { name, replicas: 1, labels: { app: name } },
    inputs: { workload: name, traffic: 'replicas', plan: '100', soak: '200ms' },
  })
  if (done.outputs['decision'] !== 'promoted')
    throw new Error(`${name} ${version} was not released:\n${done.log}`)
}

describe('a rollback of several services', () => {
  scenario(
    'takes all of the environment back side by side; one that fails stops no other, and the job names it',
    { rate: 40, replicas: 1 },
    async (scene) => {
      const { stage, github, load } = scene
      for (const name of ['cart', 'search']) await addService(scene, name)
      for (const [version, id] of [
        ['2', 7100],
        ['3', 7200],
      ] as const) {
        await releaseAtOnce(scene, version, { id })
        for (const name of ['cart', 'search']) await release(scene, name, version, id)
      }
      await stage.remove('Deployment', 'cart')
      const done = await rollBack(scene, { run: { id: 7300 }, inputs: { services: 'all' } })

      expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'not-found', failed: 'cart' })
      const error = errorOf(done)
      expect(error).toContain('1 of 3 services were not taken back: cart')
      expect(error).toContain('Deployment')
      expect(done.summary).toContain('1 of 3 services of production are NOT where they should be')
      for (const name of ['shop', 'search']) expect(done.summary).toContain(`${name} is back on 2.0.0`)
      expect(
        recordOf(scene)
          .filter((line) => line.startsWith('rollback'))
          .sort(),
      ).toEqual(['rollback search 2.0.0: success', 'rollback shop 2.0.0: success'])
      expect(await servedNow(load)).not.toContain('3')
      expect(failuresOf(load)).toEqual([])
      const titles = github.issues.map(({ title }) => title).sort()
      expect(titles.filter((title) => title.includes('was rolled back'))).toEqual([
        'search in production was rolled back from 3.0.0 to 2.0.0',
        'shop in production was rolled back from 3.0.0 to 2.0.0',
      ])
    },
  )

  scenario(
    'takes all back but the one whose record it does not understand, and names that one',
    { rate: 0, replicas: 1 },
    async (scene) => {
      await addService(scene, 'cart')
      for (const [version, id] of [
        ['2', 7100],
        ['3', 7200],
      ] as const) {
        await releaseAtOnce(scene, version, { id })
        await release(scene, 'cart', version, id)
      }
      const ofCart = scene.github.deployments.filter(({ task }) => task.endsWith(':cart'))
      Object.assign(ofCart.at(-1)?.payload ?? {}, { schema: 99 })
      const done = await rollBack(scene, { run: { id: 7300 }, inputs: { services: 'all' } })

      expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'conflict', failed: 'cart' })
      expect(errorOf(done)).toMatch(/cart: .* newer release-actions \(schema 99\)/)
      expect(done.summary).toContain('shop is back on 2.0.0')
      expect(recordOf(scene).filter((line) => line.startsWith('rollback'))).toEqual([
        'rollback shop 2.0.0: success',
      ])
    },
  )
})
