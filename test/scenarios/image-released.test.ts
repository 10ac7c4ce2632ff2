import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import { startRegistry, type EmbeddedRegistry } from '@release-actions/lab'
import { appFiles, containersOf } from '../support/app.ts'
import { errorless, resultOf } from '../support/evidence.ts'
import { embeddedScenario } from '../support/scene.ts'

/** Only `image`: the rest of the template stays the stable's. */
const IMAGE = { plan: '100', soak: '300ms', manifests: '', version: '' }

describe('an image', () => {
  let registry: EmbeddedRegistry
  beforeAll(async () => {
    registry = await startRegistry({ manifests: { 'shop:1.4.0': '{"schemaVersion":2,"layers":[]}' } })
  })
  afterAll(() => registry.close())

  embeddedScenario('named by its digest is what the pods get', { rate: 0 }, async (scene, { images }) => {
    const image = images.add('registry.example/shop/web:1.4.0', appFiles('1.4.0'))
    const done = await scene.release({ version: '1.4.0', inputs: { ...IMAGE, image } })

    expect(errorless(done)).toEqual([])
    const digest = image.slice(image.indexOf('@') + 1)
    expect(done.outputs).toMatchObject({ decision: 'promoted', digest, version: digest.slice(7, 19) })
    expect(containersOf(await scene.stage.get('Deployment', 'shop'))).toMatchObject([{ name: 'app', image }])
    expect(scene.github.deployments[0]?.payload).toMatchObject({ digest, image })
  })

  embeddedScenario(
    'named by a tag is resolved to its digest first',
    { rate: 0 },
    async (scene, { images }) => {
      const digest = registry.digest('{"schemaVersion":2,"layers":[]}')
      const pinned = images.add(`${registry.host}/shop@${digest}`, appFiles('1.4.0'))
      const done = await scene.release({
        version: '1.4.0',
        inputs: { ...IMAGE, image: `${registry.host}/shop:1.4.0` },
      })

      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({ decision: 'promoted', digest, version: '1.4.0' })
      expect(containersOf(await scene.stage.get('Deployment', 'shop'))).toMatchObject([{ image: pinned }])
    },
  )

  embeddedScenario(
    'whose registry cannot be asked is released by its tag, with a warning',
    { rate: 0 },
    async (scene, { images }) => {
      const image = '127.0.0.1:1/shop:1.4.0'
      images.add(image, appFiles('1.4.0'))
      const done = await scene.release({ version: '1.4.0', inputs: { ...IMAGE, image } })

      expect(errorless(done)).toEqual([])
      expect(done.outputs).toMatchObject({ decision: 'promoted', version: '1.4.0' })
      const warnings = done.annotations
        .filter(({ level }) => level === 'warning')
        .map(({ message }) => message)
      expect(warnings.join('\n')).toContain(`${image} is released by its tag: its digest is not known`)
      expect(containersOf(await scene.stage.get('Deployment', 'shop'))).toMatchObject([{ image }])
      expect(resultOf(done).schema).toBe(1)
    },
  )

  embeddedScenario(
    'that its registry does not have is refused before anything is touched',
    { rate: 0 },
    async (scene, kubernetes) => {
      const from = kubernetes.requests.length
      const done = await scene.release({
        version: '9',
        inputs: { ...IMAGE, image: `${registry.host}/shop:9.9.9` },
      })

      expect(done.conclusion).toBe('failure')
      expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'not-found' })
      expect(kubernetes.requests.since(from)).toEqual([])
      expect(scene.github.events).toEqual([])
    },
  )
})
