import { describe, expect } from '@jest/globals'
import { appFiles, containersOf } from '../support/app.ts'
import { errorless, errorOf } from '../support/evidence.ts'
import { embeddedScenario, scenario } from '../support/scene.ts'

const SIDECAR = {
  name: 'proxy',
  image: 'node:24-alpine',
  command: ['node', '-e', 'setInterval(() => undefined, 1000); process.on("SIGTERM", () => process.exit(0))'],
}
const ONLY_IMAGE = { manifests: '', plan: '100', soak: '300ms', version: '' }

describe('a pod with several containers', () => {
  scenario(
    'needs to be told which of them gets the image',
    { rate: 0, app: { sidecars: [SIDECAR] } },
    async (scene) => {
      const done = await scene.release({
        version: '2',
        inputs: { ...ONLY_IMAGE, image: `shop@sha256:${'a'.repeat(64)}` },
      })

      const error = errorOf(done)
      expect(error).toContain('container')
      expect(error).toContain('proxy, app')
      expect(done.outputs).toMatchObject({ decision: 'failed', 'reason-code': 'invalid-input' })
      expect((await scene.stage.list('Deployment')).map(({ metadata }) => metadata.name)).toEqual(['shop'])
    },
  )

  scenario(
    'is told when it has no container of that name',
    { rate: 0, app: { sidecars: [SIDECAR] } },
    async (scene) => {
      const inputs = { ...ONLY_IMAGE, image: `shop@sha256:${'a'.repeat(64)}`, container: 'prox' }
      const error = errorOf(await scene.release({ version: '2', inputs }))
      expect(error).toContain('prox')
      expect(error).toContain('proxy')
    },
  )

  embeddedScenario(
    'keeps the others as they are',
    { rate: 0, app: { sidecars: [SIDECAR] } },
    async (scene, { images }) => {
      const image = images.add('registry.example/shop:2', appFiles('2'))
      const done = await scene.release({ version: '2', inputs: { ...ONLY_IMAGE, image, container: 'app' } })

      expect(errorless(done)).toEqual([])
      expect(containersOf(await scene.stage.get('Deployment', 'shop'))).toMatchObject([
        { name: 'proxy', image: 'node:24-alpine' },
        { name: 'app', image },
      ])
    },
  )
})
