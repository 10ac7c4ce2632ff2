import { nameVersion } from '@release-actions/artifact'
import { NotFound } from '@release-actions/values'
import { EndedLate, lastly, type Made, type Setting } from './setting.ts'

/** Gives the digest its version, then the tags that move. */
export async function published(setting: Setting, digest: string, how: string): Promise<Made> {
  const { inputs, kit, registry, stages, signal, version } = setting
  return stages.run('Publish', async (say) => {
    const manifest = await registry.manifest(digest)
    if (manifest === undefined)
      throw new NotFound(`${registry.repository} does not have ${digest}, which was pushed to it`)
    try {
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
    } catch (error) {
      throw signal.aborted ? ((await outAlready(setting, digest)) ?? error) : error
    }
  })
}

/**
 * A step that is ended while it names the version may have named it: a tag is put in one request, so it is there whole
 * or not at all, and who has seen it may use it already. So it stays, and is told.
 * @returns undefined when the version is not out
 */
export async function outAlready(setting: Setting, digest: string): Promise<EndedLate | undefined> {
  const { kit, registry, registryFor, version } = setting
  const found = await lastly(setting, (signal) => registryFor(signal).head(version)).catch(() => undefined)
  if (found?.digest !== digest) return undefined
  const cancelled = kit.cancelled.aborted
  return new EndedLate(
    cancelled ? 'cancelled' : 'timeout',
    `the build was ${cancelled ? 'cancelled' : 'too slow'}, but version ${version} was out already: it is complete, and stays`,
    {
      object: `${registry.repository}:${version}`,
      fix: [
        `use ${registry.repository}@${digest}; run the job again for its record and its check run; further tags may not have moved`,
      ],
    },
  )
}
