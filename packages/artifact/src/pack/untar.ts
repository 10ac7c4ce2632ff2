/** One entry of a tar archive: a file's content when it was asked for; anything else is known by its name alone. */
export interface TarEntry {
  /** As it is written, without `./` at its beginning. */
  readonly name: string
  readonly content: Buffer | undefined
}

const BLOCK = 512

/**
 * Reads a tar archive as it comes: ustar, pax and GNU's long names
 * (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html). It is read to its end.
 * @param wanted whose content is kept; what is larger than `most` bytes is not
 * @throws Error for what is no tar archive, or ends in the middle
 */
export async function* untar(
  chunks: AsyncIterable<Uint8Array>,
  wanted: (name: string) => boolean,
  most: number,
): AsyncGenerator<TarEntry> {
  const bytes = new Bytes(chunks)
  let long: { readonly name?: string; readonly size?: number } = {}
  for (;;) {
    const header = await bytes.take(BLOCK)
    if (header === undefined) return
    if (header.every((byte) => byte === 0)) continue
    if (header.length < BLOCK || !hasItsSum(header)) throw new Error('it is no tar archive')
    const type = String.fromCharCode(header[156] ?? 0)
    const size = long.size ?? numberIn(header.subarray(124, 136))
    const padded = Math.ceil(size / BLOCK) * BLOCK
    switch (type) {
      case 'x':
        long = { ...long, ...paxIn(await bytes.all(padded, size)) }
        continue
      case 'L':
        long = { ...long, name: textIn(await bytes.all(padded, size)) }
        continue
      case 'g':
      case 'K':
        await bytes.skip(padded)
        continue
      default: {
        const name = (long.name ?? nameIn(header)).replace(/^(\.?\/)+/, '')
        long = {}
        // Links and devices have no content, whatever their header says.
        const isFile = type === '0' || type === '\0' || type === '7'
        const keep = isFile && size <= most && wanted(name)
        const content = keep ? await bytes.all(padded, size) : undefined
        if (isFile && !keep) await bytes.skip(padded)
        yield { name, content }
      }
    }
  }
}

/** What comes in pieces, read by length. */
class Bytes {
  readonly #chunks: AsyncIterator<Uint8Array>
  #held: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** So many bytes, fewer at the end; undefined when nothing is left. */
  async take(count: number): Promise<Buffer | undefined> {
    const parts = [this.#held]
    let size = this.#held.length
    while (size < count) {
      const next = await this.#chunks.next()
      if (next.done === true) break
      parts.push(Buffer.from(next.value))
      size += next.value.length
    }
    const whole = parts.length === 1 ? this.#held : Buffer.concat(parts)
    this.#held = whole.subarray(count)
    return whole.length === 0 ? undefined : whole.subarray(0, count)
  }

  /** @param size of it what is given back */
  async all(count: number, size: number): Promise<Buffer> {
    if (count === 0) return Buffer.alloc(0)
    const taken = await this.take(count)
    if (taken === undefined || taken.length < count) throw new Error('it ends in the middle')
    return taken.subarray(0, size)
  }

  async skip(count: number): Promise<void> {
    let left = count
    while (left > 0) {
      const taken = await this.take(Math.min(left, 64 * 1024))
      if (taken === undefined) throw new Error('it ends in the middle')
      left -= taken.length
    }
  }
}

/** The sum of all bytes of the header, its own field taken as blanks. */
function hasItsSum(header: Buffer): boolean {
  let sum = 8 * 0x20
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += header[at] ?? 0
  return sum === numberIn(header.subarray(148, 156))
}

/** Octal, or, with the first bit set, binary as GNU writes what is too large for that. */
function numberIn(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) === 0) return parseInt(textIn(field).trim() || '0', 8)
  return field.subarray(1).reduce((value, byte) => value * 256 + byte, (field[0] ?? 0) & 0x7f)
}

function nameIn(header: Buffer): string {
  const name = textIn(header.subarray(0, 100))
  // GNU's own format uses the place of the prefix for something else.
  const ustar = header.subarray(257, 263).toString('latin1') === 'ustar\0'
  const prefix = ustar ? textIn(header.subarray(345, 500)) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

function textIn(field: Buffer): string {
  const end = field.indexOf(0)
  return field.subarray(0, end < 0 ? undefined : end).toString('utf8')
}

/** `length key=value\n`, where the length counts itself. */
function paxIn(records: Buffer): { readonly name?: string; readonly size?: number } {
  let [name, size]: [string | undefined, number | undefined] = [undefined, undefined]
  for (let at = 0; at < records.length;) {
    const [, length = '', key = ''] = /^(\d+) ([^=]+)=/.exec(records.subarray(at).toString('utf8')) ?? []
    const end = at + Number(length)
    if (length === '' || end <= at) break
    const value = records.subarray(at + Buffer.byteLength(`${length} ${key}=`), end - 1).toString('utf8')
    if (key === 'path') name = value
    if (key === 'size') size = Number(value)
    at = end
  }
  return { ...(name === undefined ? {} : { name }), ...(size === undefined ? {} : { size }) }
}
