import { nameVersion } from '@release-actions/artifact'
import { NotFound } from '@release-actions/values'
import type { Made, Setting } from './setting.ts'

/** Gives the digest its version, then the tags that move. */
export async function published(setting: Setting, digest: string, how: string): Promise<Made> {
  const { inputs, kit, registry, stages, signal, version } = setting
  return stages.run('Publish', async (say) => {
    const manifest = await registry.manifest(digest)
    if (manifest === undefined)
      throw new NotFound(`${registry.repository} does not have ${digest}, which was pushed to it`)
    const named = await nameVersion(registry, version, manifest, kit.clock, signal)
    say(`${registry.repository}:${version} is ${digest}`)
    for (const tag of inputs.tags ?? []) {
      await registry.put(tag, manifest.mediaType, manifest.text)
      say(`${registry.repository}:${tag} is ${digest}`)
    }
    return {
      decision: named === 'already' ? 'unchanged' : 'built',
      digest,
      cacheHit: false,
      how: named === 'already' ? 'the version exists, and this build is the same' : how,
    }
  })
}
