import { join } from 'node:path'
import {
  assertWritable,
  INPUTS_LABEL,
  openBuilder,
  readContent,
  readRecords,
  versionTaken,
  type LayerCacheOptions,
} from '@release-actions/artifact'
import type { Builder, BuildOrder, Built, StoredManifest } from '@release-actions/ports'
import { userEnvironment } from '@release-actions/process'
import { Conflict, messageOf, NotFound } from '@release-actions/values'
import { runCommand } from './command.ts'
import { published } from './publish.ts'
import { openSame, type Same } from './same.ts'
import { inWorkspace, lastly, type Made, type Setting } from './setting.ts'
import { willSign } from './signed.ts'

/**
 * Builds an image, brings it to the registry without its version, and gives it its version last: what is cancelled or
 * breaks before leaves nothing that anybody would deploy.
 */
export async function makeImage(setting: Setting): Promise<Made> {
  const { inputs, registry, version } = setting
  const order = inputs.command === undefined ? await orderOf(setting) : undefined
  if (inputs.push) await assertWritable(registry)
  const existing = inputs.push ? await registry.manifest(version) : undefined
  const same = await openSame(setting, order)
  const known = await same.find(existing)
  if (known !== undefined) return known
  const made =
    order === undefined
      ? await byCommand(setting, existing)
      : await byDocker(setting, labelled(order, same), existing)
  if (inputs.push) await same.keep(made.digest)
  return made
}

async function orderOf({ inputs, kit }: Setting): Promise<BuildOrder> {
  const { workspace } = kit.context
  const context = await inWorkspace('context', inputs.context, workspace, 'folder')
  const dockerfile =
    inputs.dockerfile === undefined
      ? await inWorkspace('dockerfile', join(context, 'Dockerfile'), workspace, 'file')
      : await inWorkspace('dockerfile', inputs.dockerfile, workspace, 'file')
  return {
    context,
    dockerfile,
    args: inputs.buildArgs ?? [],
    secrets: inputs.secrets ?? [],
    labels: inputs.labels ?? [],
    target: inputs.target,
    platforms: inputs.platforms ?? [],
    cacheFrom: inputs.cacheFrom ?? [],
    cacheTo: inputs.cacheTo ?? [],
    sbom: inputs.sbom === 'buildx',
    publish: inputs.push,
  }
}

/** The image itself says what it was built from: whoever builds its version again need not build. */
function labelled(order: BuildOrder, { key }: Same): BuildOrder {
  return key === undefined ? order : { ...order, labels: [...order.labels, `${INPUTS_LABEL}=${key}`] }
}

async function byDocker(
  setting: Setting,
  order: BuildOrder,
  existing: StoredManifest | undefined,
): Promise<Made> {
  const { inputs, kit, registry, stages, signal, temporary, temp } = setting
  const { clock } = kit
  let say = (line: string): void => kit.log.line(line)
  let tagged = false
  const builder: Builder = await openBuilder(
    {
      env: userEnvironment(process.env),
      cwd: order.context,
      clock,
      say: (line) => say(line),
      temp,
      nonce: temporary,
      layers: layersOf(setting, order, (line) => say(line)),
      warn: setting.warn,
    },
    signal,
  )
  try {
    const built = await stages.run('Build', (tell) => {
      say = tell
      return builder.build(order, registry.repository, signal)
    })
    say = (line) => kit.log.line(line)
    if (!inputs.push || built.kind === 'nowhere')
      return { decision: 'built', digest: '', cacheHit: false, how: 'built, and not pushed' }
    const same = existing === undefined ? undefined : await compare(setting, existing, built)
    if (same !== undefined) return same
    const digest =
      built.kind === 'pushed'
        ? built.digest
        : await stages.run('Push', async (tell) => {
            say = tell
            tagged = true
            await builder.push(built, registry.repository, temporary, signal)
            return pushed(setting, temporary)
          })
    return await published(setting, digest, `built by ${builder.name}`)
  } finally {
    await builder.tidy()
    if (tagged) await untagged(setting)
  }

  /** The version exists: what is on this machine is it, or is refused before anything is pushed. */
  async function compare(
    { registry, version }: Setting,
    found: StoredManifest,
    built: Built,
  ): Promise<Made | undefined> {
    if (built.kind !== 'local') return undefined
    const contents = await readContent(registry, found)
    // An engine that stores images as containerd does names them by their manifest, any other by their configuration.
    const names = [found.digest, ...contents.flatMap(({ digest, configDigest }) => [digest, configDigest])]
    if (!names.includes(built.configDigest)) {
      const [only] = contents
      const theirs = contents.length === 1 ? (only?.configDigest ?? found.digest) : found.digest
      throw versionTaken(registry, version, found.digest, `${built.configDigest} (that one: ${theirs})`)
    }
    return {
      decision: 'unchanged',
      digest: found.digest,
      cacheHit: false,
      how: 'the version exists, and this build is the same',
    }
  }
}

function layersOf(
  setting: Setting,
  order: BuildOrder,
  say: (line: string) => void,
): LayerCacheOptions | undefined {
  const { inputs, registry } = setting
  if (inputs.layerCache === 'false') return undefined
  const scope = [registry.repository.split('/').slice(1).join('/'), order.target ?? ''].join(' ').trim()
  return { runner: process.env, scope, last: () => lastImage(setting), say }
}

/**
 * Whoever may push to the repository may put anything into it: nothing that will be signed is built upon that. Where
 * nothing is pushed, nothing is asked of the registry either.
 */
async function lastImage({ inputs, registry }: Setting): Promise<string | undefined> {
  if (!inputs.push || willSign(inputs)) return undefined
  const records = await readRecords(registry, 5).catch(() => [])
  const last = records.find(({ type }) => type === 'image')
  return last === undefined ? undefined : `${registry.repository}@${last.digest}`
}

/** By any other means: the command pushes to a tag that nobody else has, and the registry says what came. */
async function byCommand(setting: Setting, existing: StoredManifest | undefined): Promise<Made> {
  const { inputs, registry, stages, version, temporary } = setting
  const target = `${registry.repository}:${temporary}`
  try {
    await stages.run('Build', (say) =>
      runCommand(setting, say, {
        RELEASE_IMAGE: target,
        RELEASE_REPOSITORY: registry.repository,
        RELEASE_TAG: temporary,
        RELEASE_VERSION: version,
      }),
    )
    if (!inputs.push) return { decision: 'built', digest: '', cacheHit: false, how: 'built by command' }
    const now = await registry.head(version)
    if (now?.digest !== existing?.digest)
      throw new Conflict(
        `version ${version} of ${registry.repository} changed while the command ran: it was ${existing?.digest ?? 'absent'} and is ${now?.digest ?? 'absent'}`,
        { fix: ['let the command push to $RELEASE_IMAGE only: this action names the version'] },
      )
    return await published(setting, await pushed(setting, temporary), 'built by command')
  } finally {
    if (inputs.push) await untagged(setting)
  }
}

/** The digest as the registry reports it. */
async function pushed({ registry }: Setting, tag: string): Promise<string> {
  const found = await registry.head(tag)
  if (found !== undefined) return found.digest
  throw new NotFound(`${registry.repository} has no ${tag} after the push`, {
    object: `${registry.repository}:${tag}`,
    fix: ['let the command push to $RELEASE_IMAGE; a registry that answers from a cache may need a moment'],
  })
}

/** Takes away the tag that only this build needed, also when it was cancelled. */
async function untagged(setting: Setting): Promise<void> {
  const { kit, registry, registryFor, temporary } = setting
  try {
    if (!(await lastly(setting, (signal) => registryFor(signal).untag(temporary))))
      kit.log.debug(`${registry.repository} keeps the tag ${temporary}: it does not let tags be deleted`)
  } catch (error) {
    kit.log.debug(`the tag ${temporary} may be left: ${messageOf(error)}`)
  }
}
