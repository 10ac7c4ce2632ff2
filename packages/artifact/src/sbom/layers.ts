import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import type { Clock, Registry } from '@release-actions/ports'
import { Cancelled, messageOf, type Milliseconds } from '@release-actions/values'
import type { ImageContent, Layer } from '../image-manifest.ts'
import { untar } from '../pack/untar.ts'
import { isDatabase, isUnread, readDatabases, type PackageList } from './databases.ts'

export interface Bounds {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** How long it may take. */
  readonly within: Milliseconds
  /** Bytes of all layers, compressed. */
  readonly most: number
}

export interface PackagesFound {
  readonly databases: readonly PackageList[]
  /** Why there may be more; each the end of a sentence. */
  readonly notes: readonly string[]
}

/** A database is a few megabytes; what is larger is something else. */
const MOST_FILE_BYTES = 32 * 1024 * 1024
/** Unpacked, of one layer: an archive that is made to grow without end is given up. */
const MOST_LAYER_BYTES = 8_000_000_000

/**
 * The packages that distributions installed into an image, from its layers in the registry, the lowest first, each with
 * what it deletes (https://github.com/opencontainers/image-spec/blob/main/layer.md). All or nothing: an image that was
 * read in part would seem to have fewer packages than it has.
 */
export async function packagesOf(
  registry: Registry,
  { layers, size }: ImageContent,
  bounds: Bounds,
): Promise<PackagesFound> {
  if (size > bounds.most)
    return nothing(
      `its layers are ${megabytes(size)} MB, and no more than ${megabytes(bounds.most)} MB are read`,
    )
  const until = bounds.clock.now() + bounds.within
  const files = new Map<string, Buffer>()
  const unread = new Set<string>()
  for (const layer of layers) {
    try {
      await addLayer(registry, layer, files, unread, () => {
        if (bounds.signal.aborted) throw new Cancelled('the step was ended')
        if (bounds.clock.now() > until)
          throw new TooMuch(`reading its layers took longer than ${bounds.within / 1000} s`)
      })
    } catch (error) {
      if (error instanceof Cancelled) throw error
      return nothing(
        error instanceof TooMuch
          ? error.message
          : `the layer ${layer.digest} cannot be read: ${messageOf(error)}`,
      )
    }
  }
  return {
    databases: readDatabases(files),
    notes:
      unread.size === 0
        ? []
        : [`it has an rpm database (${[...unread].join(', ')}), which syft can read and this action cannot`],
  }
}

class TooMuch extends Error {}

async function addLayer(
  registry: Registry,
  { digest }: Layer,
  files: Map<string, Buffer>,
  unread: Set<string>,
  assertTime: () => void,
): Promise<void> {
  const added = new Map<string, Buffer>()
  const gone: ((path: string) => boolean)[] = []
  const found: string[] = []
  const unpacked = counted(await plain(await registry.stream(digest)), assertTime)
  for await (const { name, content } of untar(unpacked, isDatabase, MOST_FILE_BYTES)) {
    const [, folder = '', deleted] = /^(.*\/)?\.wh\.([^/]+)$/.exec(name) ?? []
    if (deleted === '.wh..opq') gone.push((path) => path.startsWith(folder))
    else if (deleted !== undefined)
      gone.push((path) => path === `${folder}${deleted}` || path.startsWith(`${folder}${deleted}/`))
    if (content !== undefined) added.set(name, content)
    if (isUnread(name)) found.push(name)
  }
  // A layer deletes from those below it, never from itself.
  for (const path of [...files.keys(), ...unread])
    if (gone.some((isGone) => isGone(path))) {
      files.delete(path)
      unread.delete(path)
    }
  for (const [path, content] of added) files.set(path, content)
  for (const path of found) unread.add(path)
}

/** As it is before it was compressed: its first bytes say how, whatever its media type says. */
async function plain(chunks: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = chunks[Symbol.asyncIterator]()
  const first = await iterator.next()
  async function* whole(): AsyncGenerator<Uint8Array> {
    if (first.done === true) return
    yield first.value
    for (;;) {
      const next = await iterator.next()
      if (next.done === true) return
      yield next.value
    }
  }
  const start = first.done === true ? '' : Buffer.from(first.value.subarray(0, 4)).toString('hex')
  if (start.startsWith('1f8b')) return through(whole(), createGunzip())
  if (start === '28b52ffd') return through(whole(), createZstdDecompress())
  return whole()
}

function through(
  chunks: AsyncIterable<Uint8Array>,
  unpack: ReturnType<typeof createGunzip>,
): AsyncIterable<Uint8Array> {
  // What breaks is told to whoever reads from it.
  pipeline(Readable.from(chunks), unpack).catch(() => undefined)
  return unpack as AsyncIterable<Buffer>
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  assertTime: () => void,
): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of chunks) {
    assertTime()
    size += chunk.length
    if (size > MOST_LAYER_BYTES)
      throw new TooMuch(`a layer of it unpacks to more than ${megabytes(MOST_LAYER_BYTES)} MB`)
    yield chunk
  }
}

function nothing(note: string): PackagesFound {
  return { databases: [], notes: [note] }
}

function megabytes(count: number): number {
  return Math.round(count / 1_000_000)
}
