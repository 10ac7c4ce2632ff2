import { openGitHub } from '@release-actions/action-world'
import {
  readContent,
  readRecords,
  writeRecord,
  type ArtifactRecord,
  type ImageContent,
} from '@release-actions/artifact'
import type { StoredManifest } from '@release-actions/ports'
import { messageOf } from '@release-actions/values'
import { sizeOf, type Growth } from './report.ts'
import { sbomOf, type SbomFile } from './sbom-file.ts'
import type { Made, Setting } from './setting.ts'
import { signedBy } from './signed.ts'

/** What is known of an artifact beyond itself. What cannot be found out is a warning: the artifact is no worse. */
export interface Evidence {
  readonly growth: Growth | undefined
  readonly sbom: SbomFile | undefined
  /** The page of the attestation. */
  readonly signed: string | undefined
}

export async function gather(
  setting: Setting,
  made: Made,
  manifest: StoredManifest,
  contents: readonly ImageContent[],
): Promise<Evidence> {
  const { inputs, registry, version, kit, warn } = setting
  const { digest } = made
  const size = sizeOf({ contents })
  const records = await readRecords(registry, 20).catch((error: unknown) => {
    warn(`the history of ${registry.repository} cannot be read: ${messageOf(error)}`)
    return []
  })
  const own = records.find((record) => record.digest === digest && record.version === version)
  const before = records.find((record) => record.digest === digest)
  const [growth, sbom] = await Promise.all([
    growthOf(setting, size, records),
    sbomOf(setting, { digest, manifest, contents }),
  ])
  const recorded = own?.signed ?? before?.signed
  const signed = await signedBy(setting, {
    name: registry.repository,
    digest,
    built: !made.cacheHit,
    recorded,
  })
  // Written once, and again only when it has something new to say.
  if (own === undefined || own.signed !== signed) {
    const record: ArtifactRecord = {
      version,
      type: inputs.type,
      digest,
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
  { inputs, kit, http, service, warn }: Setting,
  environment: string,
): Promise<{ readonly version: string; readonly digest: string } | undefined> {
  const { createLedger } = await import('@release-actions/github')
  const { github, jobUrl } = await openGitHub(inputs.token, kit, http)
  const { clock, context } = kit
  const ledger = createLedger({ github, clock, environment, service, sha: context.sha, jobUrl, warn })
  const found = (await ledger.history()).find(({ verified }) => verified)?.record
  return found?.digest === undefined ? undefined : { version: found.version, digest: found.digest }
}
