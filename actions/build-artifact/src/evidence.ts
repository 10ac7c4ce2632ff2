import { access, writeFile } from 'node:fs/promises'
import { constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { openGitHub } from '@release-actions/action-world'
import {
  readContent,
  readRecords,
  sbomOfLockfiles,
  writeRecord,
  type ArtifactRecord,
  type ImageContent,
} from '@release-actions/artifact'
import type { StoredManifest } from '@release-actions/ports'
import { execute, userEnvironment } from '@release-actions/process'
import { Forbidden, messageOf } from '@release-actions/values'
import { sizeOf, type Growth } from './report.ts'
import { inWorkspace, serviceOf, tempFile, type Made, type Setting } from './setting.ts'

/** What is known of an artifact beyond itself. What cannot be found out is a warning: the artifact is no worse. */
export interface Evidence {
  readonly growth: Growth | undefined
  readonly sbom: SbomFile | undefined
  /** The page of the attestation. */
  readonly signed: string | undefined
}

export interface SbomFile {
  readonly path: string
  readonly components: number
  readonly from: string
}

export async function gather(
  setting: Setting,
  made: Made,
  manifest: StoredManifest,
  contents: readonly ImageContent[],
): Promise<Evidence> {
  const { inputs, registry, version, kit, warn } = setting
  const size = sizeOf({ contents })
  const records = await readRecords(registry, 20).catch((error: unknown) => {
    warn(`the history of ${registry.repository} cannot be read: ${messageOf(error)}`)
    return []
  })
  const own = records.find((record) => record.digest === made.digest && record.version === version)
  const before = records.find((record) => record.digest === made.digest)
  const [growth, sbom] = await Promise.all([
    growthOf(setting, size, records),
    inputs.sbom ? sbomOf(setting, made.digest) : undefined,
  ])
  const signed = own?.signed ?? before?.signed ?? (await attested(setting, made))
  // Written once, and again only when it has something new to say.
  if (own === undefined || own.signed !== signed) {
    const record: ArtifactRecord = {
      version,
      type: inputs.type,
      digest: made.digest,
      size,
      commit: kit.context.headSha(),
      created: kit.clock.now(),
      signed,
    }
    await writeRecord(registry, record, manifest).catch((error: unknown) => {
      warn(`the record of ${version} could not be written to ${registry.repository}: ${messageOf(error)}`)
    })
  }
  return { growth, sbom, signed }
}

/** Against the last verified release of an environment, else against the artifact before this one. */
async function growthOf(
  setting: Setting,
  size: number,
  records: readonly ArtifactRecord[],
): Promise<Growth | undefined> {
  const { inputs, version, registry, warn } = setting
  if (inputs.environment === undefined) {
    const last = records.find((record) => record.version !== version)
    return last === undefined
      ? undefined
      : { against: `${last.version}, the artifact before`, bytes: size - last.size }
  }
  try {
    const last = await lastVerified(setting, inputs.environment)
    if (last === undefined) return undefined
    const manifest = await registry.manifest(last.digest)
    if (manifest === undefined) return undefined
    const theirs = sizeOf({ contents: await readContent(registry, manifest) })
    return {
      against: `${last.version}, the last verified release in ${inputs.environment}`,
      bytes: size - theirs,
    }
  } catch (error) {
    warn(`the growth is not known: ${messageOf(error)}`)
    return undefined
  }
}

async function lastVerified(
  { inputs, kit, http, warn }: Setting,
  environment: string,
): Promise<{ readonly version: string; readonly digest: string } | undefined> {
  const { createLedger } = await import('@release-actions/github')
  const { github, jobUrl } = await openGitHub(inputs.token, kit, http)
  const { clock, context } = kit
  const service = serviceOf(inputs)
  const ledger = createLedger({ github, clock, environment, service, sha: context.sha, jobUrl, warn })
  const found = (await ledger.history()).find(({ verified }) => verified)?.record
  return found?.digest === undefined ? undefined : { version: found.version, digest: found.digest }
}

/** By syft, which also looks into the image; else from the lockfiles. */
async function sbomOf(setting: Setting, digest: string): Promise<SbomFile | undefined> {
  const { inputs, kit, registry, version, warn } = setting
  const path = tempFile(setting, 'sbom.cdx.json')
  try {
    if (inputs.type === 'image' && (await installed('syft'))) {
      const ended = await execute({
        program: 'syft',
        args: [`registry:${registry.repository}@${digest}`, '--quiet', '--output', `cyclonedx-json=${path}`],
        env: userEnvironment(process.env),
        cwd: kit.context.workspace,
        clock: kit.clock,
        signal: setting.signal,
        timeout: 300_000,
      })
      if (ended.kind === 'exit' && ended.code === 0)
        return { path, components: await count(path), from: 'syft' }
      warn('syft could not list what the image is made of: the lockfiles are taken')
    }
    const folder = await inWorkspace('context', inputs.context, kit.context.workspace, 'folder')
    const sbom = await sbomOfLockfiles(folder, { name: serviceOf(inputs), version, digest })
    if (sbom === undefined) return undefined
    await writeFile(path, sbom.text)
    return { path, components: sbom.components, from: sbom.from }
  } catch (error) {
    warn(`what it was built from is not known: ${messageOf(error)}`)
    return undefined
  }
}

async function count(path: string): Promise<number> {
  const { readFile } = await import('node:fs/promises')
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

/** The runner gives the address only to jobs with `id-token: write`. */
function maySign(): boolean {
  return (process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '') !== ''
}

/** Before anything is built. @throws Forbidden when it is to be signed, and may not be */
export function assertMaySign({ attest, push }: Setting['inputs']): void {
  if (attest !== 'true' || !push || maySign()) return
  throw new Forbidden('the provenance cannot be signed: the job may not ask for an identity token', {
    fix: ['add to the job: permissions: {id-token: write, attestations: write}'],
  })
}

/**
 * Signs what this run built. What it only found is not signed: somebody else may have put it there.
 * @throws Forbidden with attest: true, when it cannot be
 */
async function attested(setting: Setting, made: Made): Promise<string | undefined> {
  const { inputs, kit, http, registry, stages, warn } = setting
  if (inputs.attest === 'false' || (inputs.attest === 'auto' && !maySign())) return undefined
  if (made.cacheHit) {
    warn(
      `${made.digest} is not signed: this run did not build it, and no record says that it was signed before`,
    )
    return undefined
  }
  try {
    return await stages.run('Attest', async (say) => {
      const [{ attestProvenance }, { createAttestations }] = await Promise.all([
        import('@release-actions/artifact/attest'),
        import('@release-actions/github'),
      ])
      const { github } = await openGitHub(inputs.token, kit, http)
      const url = await attestProvenance({
        name: registry.repository,
        digest: made.digest,
        attestations: createAttestations(github, kit.context.serverUrl),
        visibility: visibilityOf(kit.context.event()),
      })
      say(`signed: ${url}`)
      return url
    })
  } catch (error) {
    if (inputs.attest === 'true') throw error
    warn(`the provenance is not signed: ${messageOf(error)}`)
    return undefined
  }
}

function visibilityOf(event: Readonly<Record<string, unknown>>): 'public' | 'private' {
  const repository = event['repository']
  const isPublic =
    typeof repository === 'object' &&
    repository !== null &&
    'visibility' in repository &&
    repository.visibility === 'public'
  return isPublic ? 'public' : 'private'
}
