import type { BlobContent } from '@release-actions/ports'

/** As large as is sent at a time, and sent again when the connection breaks. */
const BLOCK_BYTES = 8 * 1024 * 1024

/** A file in parts of equal size but the last; one empty part of an empty file. */
export async function* blocksOf(file: BlobContent, size = BLOCK_BYTES): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of file.open()) {
    held.push(chunk)
    bytes += chunk.length
    if (bytes < size) continue
    const whole = Buffer.concat(held)
    let at = 0
    for (; bytes - at >= size; at += size) yield whole.subarray(at, at + size)
    held = [whole.subarray(at)]
    bytes -= at
  }
  if (bytes > 0 || file.size === 0) yield Buffer.concat(held)
}
