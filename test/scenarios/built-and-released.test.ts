/** The first steps of `npm run demo`: what build-artifact has built is what the pods run, by its digest alone. */
import { expect } from '@jest/globals'
import { startRegistry } from '@release-actions/lab'
import { buildArtifact } from '../../scripts/demo/build.ts'
import { containersOf } from '../support/app.ts'
import { errorless, servedNow } from '../support/evidence.ts'
import { embeddedScenario } from '../support/scene.ts'

embeddedScenario(
  'what was built is pulled from the registry and released by its digest',
  {},
  async (scene, { images }) => {
    await using registry = { ...(await startRegistry()), [Symbol.asyncDispose]: () => registry.close() }
    images.pullFrom(registry)
    const lines: string[] = []
    const { image, digest } = await buildArtifact(scene.github, registry.host, '2.0.0', (line) =>
      lines.push(line),
    )
    expect(lines.at(-1)).toBe(image)
    expect(registry.tags('octo/shop')['2.0.0']).toBe(digest)

    const done = await scene.release({
      version: '2',
      app: { image },
      inputs: { image, plan: '50, 100' },
    })
    expect(errorless(done)).toEqual([])
    expect(done.outputs).toMatchObject({ decision: 'promoted', digest })
    expect(containersOf(await scene.stage.get('Deployment', 'shop'))).toMatchObject([{ image }])
    const pods = (await scene.stage.list('Pod')) as readonly {
      readonly status?: { readonly containerStatuses?: readonly { readonly imageID: string }[] }
    }[]
    const ids = pods.flatMap(({ status }) => status?.containerStatuses ?? []).map(({ imageID }) => imageID)
    expect(new Set(ids)).toEqual(new Set([image]))
    // The image says itself which version it is: nothing in the manifest does.
    expect(await servedNow(scene.load)).toEqual(['2'])
  },
)

embeddedScenario(
  'a digest that the registry does not have is not pulled',
  { rate: 0 },
  async (scene, { images }) => {
    await using registry = { ...(await startRegistry()), [Symbol.asyncDispose]: () => registry.close() }
    images.pullFrom(registry)
    const image = `${registry.host}/octo/shop@sha256:${'0'.repeat(64)}`
    const done = await scene.release({ version: '2', app: { image }, inputs: { image, timeout: '1s' } })
    expect(done.outputs).toMatchObject({ decision: 'retreated', 'reason-code': 'not-ready' })
    expect(done.summary).toMatch(/ImagePullBackOff|ErrImagePull/)
  },
)
