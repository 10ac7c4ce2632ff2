import {
  commandKey,
  dockerKey,
  INPUTS_LABEL,
  openBuildCache,
  readContent,
  versionTaken,
  type BuildCache,
  type InputsKey,
} from '@release-actions/artifact'
import type { BuildOrder, StoredManifest } from '@release-actions/ports'
import { published } from './publish.ts'
import { inWorkspace, type Made, type Setting } from './setting.ts'

/** The same inputs, no second build: what is known of these inputs, and where it is kept. */
export interface Same {
  /** Names the inputs; undefined: nothing can be taken for the same. */
  readonly key: string | undefined
  /** An artifact of these inputs that the registry holds, with its version; undefined: it must be built. */
  find(existing: StoredManifest | undefined): Promise<Made | undefined>
  keep(digest: string): Promise<void>
}

const NOTHING: Same = {
  key: undefined,
  find: () => Promise.resolve(undefined),
  keep: () => Promise.resolve(),
}

/** @param order for docker; without one a command builds, which is taken for the same only when asked for */
export async function openSame(setting: Setting, order: BuildOrder | undefined): Promise<Same> {
  const { inputs, kit, stages, warn } = setting
  if (!inputs.push || (inputs.cache !== 'true' && order === undefined)) return NOTHING
  return stages.run('Inputs', async (say) => {
    const found = await keyOf(setting, order)
    if ('unknown' in found) {
      say(`built in any case: ${found.unknown}`)
      return NOTHING
    }
    const { key } = found
    say(`these inputs are ${key}`)
    // The label is part of the image: without it the same build would be another artifact of the version.
    if (inputs.cache === 'false') return { ...NOTHING, key }
    const cache = openBuildCache({ clock: kit.clock, warn, say })
    return {
      key,
      find: (existing) => find(setting, key, cache, existing),
      keep: (digest) => cache.keep(key, digest),
    }
  })
}

async function keyOf(setting: Setting, order: BuildOrder | undefined): Promise<InputsKey> {
  const { inputs, kit, http, registry, signal } = setting
  const { clock, context, mask } = kit
  if (order !== undefined)
    return dockerKey(order, registry.repository, { http, clock, env: process.env, signal, mask })
  const folder = await inWorkspace('context', inputs.context, context.workspace, 'folder')
  const leaves = inputs.type === 'file' ? (inputs.path ?? []) : []
  return commandKey(inputs.type, inputs.command ?? '', folder, leaves, registry.repository)
}

async function find(
  setting: Setting,
  key: string,
  cache: BuildCache,
  existing: StoredManifest | undefined,
): Promise<Made | undefined> {
  const { registry, version } = setting
  if (existing !== undefined && (await isOf(setting, existing, key)))
    return {
      decision: 'unchanged',
      digest: existing.digest,
      cacheHit: true,
      how: 'the version exists, and says that it was built from these inputs',
    }
  const known = await cache.find(key)
  // The registry decides: what it has forgotten is built again.
  const held = known === undefined ? undefined : await registry.head(known)
  if (held === undefined) return undefined
  if (existing !== undefined && existing.digest !== held.digest)
    throw versionTaken(registry, version, existing.digest, held.digest)
  return { ...(await published(setting, held.digest, 'built before from the same inputs')), cacheHit: true }
}

/** An image says by a label what it was built from. */
async function isOf({ registry }: Setting, existing: StoredManifest, key: string): Promise<boolean> {
  const contents = await readContent(registry, existing)
  return contents.length > 0 && contents.every(({ labels }) => labels[INPUTS_LABEL] === key)
}
