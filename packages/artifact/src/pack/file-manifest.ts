import type { BlobContent, StoredManifest } from '@release-actions/ports'
import { digestOf } from '../digest.ts'
import { EMPTY_BLOB } from '../publish/empty-blob.ts'
import { OCI_EMPTY, OCI_LAYER, OCI_MANIFEST } from '../registry/media-types.ts'

/** What an archive of files is, among the artifacts of a registry. */
export const FILE_ARTIFACT = 'application/vnd.release-actions.file.v1'

/**
 * The manifest of an archive, by the guidelines for artifacts of the OCI image specification. Nothing in it changes
 * with version, time or run: its digest is a name for the content.
 * @param title the file name that tools such as oras give the archive
 */
export function fileManifest(archive: BlobContent, title: string): StoredManifest {
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: FILE_ARTIFACT,
    config: { mediaType: OCI_EMPTY, digest: EMPTY_BLOB.digest, size: EMPTY_BLOB.size },
    layers: [
      {
        mediaType: OCI_LAYER,
        digest: archive.digest,
        size: archive.size,
        annotations: { 'org.opencontainers.image.title': title },
      },
    ],
  })
  return { mediaType: OCI_MANIFEST, digest: digestOf(text), size: Buffer.byteLength(text), text }
}
