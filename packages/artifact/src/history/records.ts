import type { Registry, StoredManifest } from '@release-actions/ports'
import { field, parseJson, textField } from '../json.ts'
import { EMPTY_BLOB } from '../publish/empty-blob.ts'
import { OCI_EMPTY, OCI_MANIFEST } from '../registry/media-types.ts'

/** One artifact in the history of a repository. */
export interface ArtifactRecord {
  readonly version: string
  readonly type: 'image' | 'file'
  readonly digest: string
  /** Bytes that are pulled, compressed. */
  readonly size: number
  /** The full SHA that it was built from. */
  readonly commit: string
  /** Milliseconds since 1970. */
  readonly created: number
  /** Where its provenance can be seen; undefined: nothing was signed. */
  readonly signed: string | undefined
}

/** What a record is, among the artifacts of a registry. */
const RECORD_ARTIFACT = 'application/vnd.release-actions.record.v1'
const PREFIX = 'record.'
const KEY = 'dev.release-actions.'
/** Tags of records, by time: nine digits of base 36 last until the year 5188. */
const TAG = /^record\.([0-9a-z]{9})\./

/**
 * Writes a record beside its artifact: a manifest without content, whose annotations say it all, under a tag that begins
 * with its time. It points to the artifact as its subject, so that registries list it among the referrers.
 */
export async function writeRecord(
  registry: Registry,
  record: ArtifactRecord,
  subject: StoredManifest,
): Promise<void> {
  await registry.upload(EMPTY_BLOB)
  const empty = { mediaType: OCI_EMPTY, digest: EMPTY_BLOB.digest, size: EMPTY_BLOB.size }
  const { mediaType, digest, size } = subject
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: RECORD_ARTIFACT,
    config: empty,
    layers: [empty],
    subject: { mediaType, digest, size },
    annotations: {
      'org.opencontainers.image.created': new Date(record.created).toISOString(),
      'org.opencontainers.image.revision': record.commit,
      'org.opencontainers.image.version': record.version,
      [`${KEY}type`]: record.type,
      [`${KEY}digest`]: record.digest,
      [`${KEY}size`]: String(record.size),
      ...(record.signed === undefined ? {} : { [`${KEY}signed`]: record.signed }),
    },
  })
  await registry.put(tagOf(record), OCI_MANIFEST, text)
}

/** The records of a repository, newest first. What is no record, or cannot be read as one, is left out. */
export async function readRecords(registry: Registry, limit: number): Promise<readonly ArtifactRecord[]> {
  const tags = (await registry.tags())
    .filter((tag) => TAG.test(tag))
    .sort()
    .reverse()
  const found: ArtifactRecord[] = []
  for (let at = 0; at < tags.length && found.length < limit; at += 10) {
    const manifests = await Promise.all(tags.slice(at, at + 10).map((tag) => registry.manifest(tag)))
    found.push(...manifests.flatMap((manifest) => recordIn(manifest) ?? []))
  }
  return found.slice(0, limit)
}

function recordIn(manifest: StoredManifest | undefined): ArtifactRecord | undefined {
  const annotations = field(parseJson(manifest?.text ?? ''), 'annotations')
  const text = (name: string): string | undefined => textField(annotations, name)
  const [version, digest, type] = [
    text('org.opencontainers.image.version'),
    text(`${KEY}digest`),
    text(`${KEY}type`),
  ]
  const created = Date.parse(text('org.opencontainers.image.created') ?? '')
  const size = Number(text(`${KEY}size`))
  if (version === undefined || digest === undefined || Number.isNaN(created) || Number.isNaN(size))
    return undefined
  return {
    version,
    type: type === 'file' ? 'file' : 'image',
    digest,
    size,
    commit: text('org.opencontainers.image.revision') ?? '',
    created,
    signed: pageIn(text(`${KEY}signed`)),
  }
}

/** An address that may be shown as a link: whoever may push to the repository may write anything into a record. */
function pageIn(text: string | undefined): string | undefined {
  return text !== undefined && /^https:\/\/[^\s<>]+$/.test(text) ? text : undefined
}

function tagOf({ created, version }: ArtifactRecord): string {
  return `${PREFIX}${created.toString(36).padStart(9, '0')}.${version}`.slice(0, 128)
}
