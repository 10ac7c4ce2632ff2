import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createGzip } from 'node:zlib'
import type { BlobContent } from '@release-actions/ports'
import { ReleaseError } from '@release-actions/values'
import type { FoundFile } from './find-files.ts'
import { tar } from './tar.ts'

/** The byte of a gzip header that says on which system it was made; "unknown" is the same on all. */
const OS_BYTE = 9
const OS_UNKNOWN = 255

/**
 * Packs files into a `.tar.gz` at `path`: the same files give the same bytes, wherever and whenever.
 * @throws ReleaseError `not-ready` when the disk is full
 */
export async function pack(
  files: readonly FoundFile[],
  path: string,
  signal: AbortSignal,
): Promise<BlobContent> {
  const hash = createHash('sha256')
  let size = 0
  const measured = new Transform({
    transform(chunk: Buffer, _, done) {
      if (size <= OS_BYTE && size + chunk.length > OS_BYTE) chunk[OS_BYTE - size] = OS_UNKNOWN
      hash.update(chunk)
      size += chunk.length
      done(null, chunk)
    },
  })
  try {
    const gzip = createGzip({ level: constants.Z_BEST_COMPRESSION })
    await pipeline(Readable.from(tar(files)), gzip, measured, createWriteStream(path), { signal })
  } catch (error) {
    if (!isFull(error)) throw error
    throw new ReleaseError('not-ready', `the archive could not be written to ${path}: the disk is full`, {
      fix: ['make room on the runner, or use a larger one, and run the job again'],
      cause: error,
    })
  }
  return { digest: `sha256:${hash.digest('hex')}`, size, open: () => createReadStream(path) }
}

function isFull(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOSPC'
}
