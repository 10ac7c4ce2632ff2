import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Clock } from '@release-actions/ports'
import { messageOf } from '@release-actions/values'
import { DIGEST } from '../digest.ts'
import { parseJson, textField } from '../json.ts'

/** What was built from what: a map from the key of the inputs to a digest. Never throws. */
export interface BuildCache {
  find(key: string): Promise<string | undefined>
  keep(key: string, digest: string): Promise<void>
}

export interface BuildCacheOptions {
  readonly clock: Clock
  readonly warn: (text: string) => void
  readonly say: (text: string) => void
}

/** The service is asked for a hundred bytes: what takes longer than this is away. */
const PATIENCE_MS = 20_000
const PREFIX = 'release-actions-artifact-'

/**
 * The map in GitHub's cache service, an entry for each key; what the service has is seen by later runs of the same
 * branch, and what the default branch has by all. A service that is away is a warning, and a build.
 */
export function openBuildCache({ clock, warn, say }: BuildCacheOptions): BuildCache {
  async function patiently<T>(work: () => Promise<T>, what: string): Promise<T | undefined> {
    const enough = new AbortController()
    const late = clock.sleep(PATIENCE_MS, enough.signal).then(() => {
      if (!enough.signal.aborted) warn(`${what}: the cache service did not answer in time`)
      return undefined
    })
    try {
      return await Promise.race([work(), late])
    } catch (error) {
      warn(`${what}: ${messageOf(error)}`)
      return undefined
    } finally {
      enough.abort()
    }
  }

  return {
    find: (key) =>
      patiently(async () => {
        const { isFeatureAvailable, restoreCache } = await import('@actions/cache')
        if (!isFeatureAvailable()) {
          say('there is no cache service here')
          return undefined
        }
        const { path, shown } = await fileOf(key)
        if ((await restoreCache([shown], `${PREFIX}${key}`)) === undefined) return undefined
        // On a runner that lies in other folders it may have been unpacked elsewhere: then it is not known.
        const digest = textField(parseJson(await readFile(path, 'utf8').catch(() => '')), 'digest') ?? ''
        return DIGEST.test(digest) ? digest : undefined
      }, 'what was built before is not known'),

    keep: async (key, digest) => {
      await patiently(async () => {
        const { isFeatureAvailable, saveCache } = await import('@actions/cache')
        if (!isFeatureAvailable()) return
        const { path, shown } = await fileOf(key)
        await writeFile(path, JSON.stringify({ schema: 1, digest }))
        await saveCache([shown], `${PREFIX}${key}`)
      }, 'what was built is not remembered')
    },
  }
}

/** `shown` is part of what the service knows an entry by, so it must be the same on every runner. */
async function fileOf(key: string): Promise<{ readonly path: string; readonly shown: string }> {
  const name = `.cache/release-actions/${key}.json`
  const path = join(homedir(), name)
  await mkdir(dirname(path), { recursive: true })
  return { path, shown: `~/${name}` }
}
