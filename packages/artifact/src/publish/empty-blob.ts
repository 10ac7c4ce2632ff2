import type { BlobContent, Registry } from '@release-actions/ports'
import { digestOf } from '../digest.ts'

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
