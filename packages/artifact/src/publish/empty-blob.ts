import type { BlobContent, Registry } from '@release-actions/ports'
import { digestOf } from '../digest.ts'
import { OCI_EMPTY, OCI_MANIFEST } from '../registry/media-types.ts'

const CONTENT = Buffer.from('{}')

/** The two bytes that stand for "nothing" in an OCI manifest. */
export const EMPTY_BLOB: BlobContent = {
  digest: digestOf(CONTENT),
  size: CONTENT.length,
  open: async function* () {
    yield CONTENT
  },
}

/**
 * Finds out that nothing can be pushed before minutes are spent on a build.
 * @throws Forbidden, NotFound, Unreachable, RateLimited
 */
export async function assertWritable(registry: Registry): Promise<void> {
  await registry.upload(EMPTY_BLOB)
}

/** A manifest of nothing, that no other note gives the same digest. */
export function placeholder(note: string): { readonly mediaType: string; readonly text: string } {
  const empty = { mediaType: OCI_EMPTY, digest: EMPTY_BLOB.digest, size: EMPTY_BLOB.size }
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: empty,
    layers: [empty],
    annotations: { 'dev.release-actions.note': note },
  })
  return { mediaType: OCI_MANIFEST, text }
}
