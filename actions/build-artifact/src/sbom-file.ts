import { access, readFile, writeFile } from 'node:fs/promises'
import { constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { ImageContent, PackageList } from '@release-actions/artifact'
import type { StoredManifest } from '@release-actions/ports'
import { execute, userEnvironment } from '@release-actions/process'
import { messageOf } from '@release-actions/values'
import { inWorkspace, tempFile, type Setting, type Work } from './setting.ts'

/** What the artifact is made of, as a file of the runner's. */
export interface SbomFile {
  readonly path: string
  readonly components: number
  /** `syft`; `package-lock.json, dpkg`: what it was read from. */
  readonly from: string
}

/** An artifact in a registry. */
export interface InRegistry {
  readonly digest: string
  readonly manifest: StoredManifest
  readonly contents: readonly ImageContent[]
}

const SYFT_MS = 300_000
/** Layers are fetched again to be read: for so long, and so many bytes. */
const LAYERS_MS = 120_000
const LAYERS_BYTES = 1_000_000_000

/**
 * Buildx's own when it was asked for; else by syft, which knows the most; else from the lockfiles of the context and the
 * package databases of the image. What cannot be found out is a warning.
 */
export async function sbomOf(setting: Setting, artifact: InRegistry): Promise<SbomFile | undefined> {
  const { inputs, warn } = setting
  try {
    switch (inputs.sbom) {
      case 'false':
        return undefined
      case 'buildx':
        return (await byBuildx(setting, artifact)) ?? (await byOthers(setting, artifact))
      case 'true':
        return await byOthers(setting, artifact)
    }
  } catch (error) {
    warn(`what it is made of is not known: ${messageOf(error)}`)
    return undefined
  }
}

/** Of files: from the lockfiles of the context. */
export async function sbomOfContext(work: Work, digest: string): Promise<SbomFile | undefined> {
  try {
    return work.inputs.sbom === 'false' ? undefined : await byReading(work, digest, [])
  } catch (error) {
    work.warn(`what it is made of is not known: ${messageOf(error)}`)
    return undefined
  }
}

async function byBuildx(setting: Setting, { manifest }: InRegistry): Promise<SbomFile | undefined> {
  const { sbomOfAttestation } = await import('@release-actions/artifact')
  const found = await sbomOfAttestation(setting.registry, manifest)
  if (found === undefined) {
    setting.warn('buildx left no SBOM beside the image: it is made by other means')
    return undefined
  }
  const path = tempFile(setting, 'sbom.spdx.json')
  await writeFile(path, found.text)
  return { path, components: found.components, from: found.from }
}

async function byOthers(setting: Setting, artifact: InRegistry): Promise<SbomFile | undefined> {
  const { inputs, kit, registry, signal, stages, warn } = setting
  const { digest, contents } = artifact
  if (inputs.type === 'file') return byReading(setting, digest, [])
  if (await installed('syft')) {
    const path = tempFile(setting, 'sbom.cdx.json')
    const ended = await execute({
      program: 'syft',
      args: [`registry:${registry.repository}@${digest}`, '--quiet', '--output', `cyclonedx-json=${path}`],
      env: userEnvironment(process.env),
      cwd: kit.context.workspace,
      clock: kit.clock,
      signal,
      timeout: SYFT_MS,
    })
    if (ended.kind === 'exit' && ended.code === 0)
      return { path, components: await count(path), from: 'syft' }
    warn('syft could not list what the image is made of: lockfiles and package databases are read')
  }
  const [first] = contents
  if (first === undefined) return byReading(setting, digest, [])
  const packages = await stages.run('Packages', async (say) => {
    const { packagesOf } = await import('@release-actions/artifact')
    const found = await packagesOf(registry, first, {
      clock: kit.clock,
      signal,
      within: LAYERS_MS,
      most: LAYERS_BYTES,
    })
    for (const { name, components } of found.databases) say(`${name}: ${components.length} packages`)
    for (const note of found.notes) warn(`the packages of the image are not all known: ${note}`)
    return found
  })
  return byReading(setting, digest, packages.databases)
}

async function byReading(
  work: Work,
  digest: string,
  databases: readonly PackageList[],
): Promise<SbomFile | undefined> {
  const { inputs, kit, service, version } = work
  const { sbomOfPackages } = await import('@release-actions/artifact')
  const folder = await inWorkspace('context', inputs.context, kit.context.workspace, 'folder')
  const sbom = await sbomOfPackages(folder, databases, { name: service, version, digest })
  if (sbom === undefined) return undefined
  const path = tempFile(work, 'sbom.cdx.json')
  await writeFile(path, sbom.text)
  return { path, components: sbom.components, from: sbom.from }
}

async function count(path: string): Promise<number> {
  const read = JSON.parse(await readFile(path, 'utf8')) as { readonly components?: readonly unknown[] }
  return read.components?.length ?? 0
}

async function installed(program: string): Promise<boolean> {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, program), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  )
  return found.includes(true)
}
