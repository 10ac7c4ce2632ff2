import type { Clock, Registry, StoredManifest } from '@release-actions/ports'
import { Conflict, RateLimited, TimedOut, Unreachable } from '@release-actions/values'

/**
 * A registry has no "put this tag if it is absent". What stands in for it are two times: whoever saw no tag puts
 * theirs within MOST_PUT_MS of having looked, or not at all; and whoever has put theirs looks again after SETTLE_MS,
 * which is longer. Had another run seen no tag before ours was there, its own would be there by now: so either it is
 * seen, and that run has won, or nobody comes any more (docs/adr/0021).
 */
const MOST_PUT_MS = 2_500
const SETTLE_MS = 3_000
const ATTEMPTS = 5

/**
 * Gives a manifest that the registry holds the version's tag, unless the version names something else.
 * @returns `already`: the version named this digest before
 * @throws Conflict with both digests; also when another run was quicker
 */
export async function nameVersion(
  registry: Registry,
  version: string,
  manifest: StoredManifest,
  clock: Clock,
  signal: AbortSignal,
): Promise<'named' | 'already'> {
  // By its digest, which changes nothing, so that the way in is open before the time counts.
  await registry.put(manifest.digest, manifest.mediaType, manifest.text)
  for (let attempt = 1; ; attempt++) {
    const looked = clock.now()
    const before = await registry.head(version)
    if (before !== undefined) {
      // After an attempt of ours whose outcome was not known, this may be it: then it must settle as well.
      if (before.digest !== manifest.digest)
        throw versionTaken(registry, version, before.digest, manifest.digest)
      if (attempt === 1) return 'already'
      break
    }
    const left = MOST_PUT_MS - (clock.now() - looked)
    try {
      if (left <= 0) throw new TimedOut(`${registry.repository} is slow to answer`)
      await registry.put(version, manifest.mediaType, manifest.text, { once: left })
      break
    } catch (error) {
      const unknown =
        error instanceof Unreachable ||
        error instanceof TimedOut ||
        error instanceof RateLimited ||
        error instanceof Conflict
      if (!unknown || attempt === ATTEMPTS || signal.aborted) throw error
      await clock.sleep(500 * 2 ** attempt, signal)
    }
  }
  await clock.sleep(SETTLE_MS, signal)
  const after = await registry.head(version)
  if (after?.digest !== manifest.digest) throw lost(registry, version, after?.digest, manifest.digest)
  return 'named'
}

/** The version names something else. @param ours the digest, or what else tells the two apart */
export function versionTaken(registry: Registry, version: string, theirs: string, ours: string): Conflict {
  return new Conflict(
    `version ${version} of ${registry.repository} exists as ${theirs}, and this build is ${ours}: a version is never changed`,
    {
      object: `${registry.repository}:${version}`,
      fix: ['give what is new a new version', `to release what is there: ${registry.repository}@${theirs}`],
    },
  )
}

function lost(registry: Registry, version: string, theirs: string | undefined, ours: string): Conflict {
  const now = theirs === undefined ? 'it is gone again' : `it is ${theirs} now`
  return new Conflict(
    `another run named version ${version} of ${registry.repository} at the same time: ${now}, not ${ours}`,
    {
      object: `${registry.repository}:${version}`,
      fix: [
        'let one run build a version: put the job into a concurrency group, or give each run its own version',
      ],
    },
  )
}
