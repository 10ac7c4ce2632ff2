import { createReadStream } from 'node:fs'
import { ReleaseError } from '@release-actions/values'
import type { FoundFile } from './find-files.ts'

/** 1980-01-01, as archives that must not differ have it; tar warns of 1970. Seconds. */
const MTIME = 315_532_800
const BLOCK = 512

/**
 * Files as a tar archive that depends on their names, contents and executable bits alone: in the order given, owned by
 * nobody, from 1980. The format is ustar, with a pax header for what it cannot hold
 * (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html).
 * @throws ReleaseError `conflict` when a file changes while it is read
 */
export async function* tar(files: readonly FoundFile[]): AsyncGenerator<Uint8Array> {
  for (const file of files) {
    yield* headers(file)
    if (file.kind === 'link') continue
    let read = 0
    for await (const chunk of createReadStream(file.path) as AsyncIterable<Buffer>) {
      read += chunk.length
      if (read > file.size) break
      yield chunk
    }
    if (read !== file.size)
      throw new ReleaseError('conflict', `${file.name} changed while it was packed`, {
        fix: ['pack when nothing writes to the files any more'],
      })
    yield Buffer.alloc(padding(file.size))
  }
  yield Buffer.alloc(2 * BLOCK)
}

function* headers(file: FoundFile): Generator<Uint8Array> {
  const { name, size, target = '' } = file
  const parts = splitName(name)
  const long: Record<string, string> = {
    ...(parts === undefined ? { path: name } : {}),
    ...(Buffer.byteLength(target) > 100 ? { linkpath: target } : {}),
    ...(size > 0o77777777777 ? { size: String(size) } : {}),
  }
  if (Object.keys(long).length > 0) {
    const body = Buffer.from(
      Object.entries(long)
        .map(([key, value]) => paxRecord(key, value))
        .join(''),
    )
    yield header({ prefix: '', name: 'pax', mode: 0o644, size: body.length, type: 'x', target: '' })
    yield body
    yield Buffer.alloc(padding(body.length))
  }
  const link = file.kind === 'link'
  yield header({
    prefix: parts?.prefix ?? '',
    name: parts?.name ?? cut(name),
    mode: link ? 0o777 : file.executable ? 0o755 : 0o644,
    size: size > 0o77777777777 ? 0 : size,
    type: link ? '2' : '0',
    target: cut(target),
  })
}

interface Header {
  readonly prefix: string
  readonly name: string
  readonly mode: number
  readonly size: number
  readonly type: '0' | '2' | 'x'
  readonly target: string
}

function header({ prefix, name, mode, size, type, target }: Header): Uint8Array {
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, width: number): void => {
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1')
  }
  block.write(name, 0)
  octal(mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(MTIME, 136, 12)
  block.write('        ', 148, 'latin1')
  block.write(type, 156, 'latin1')
  block.write(target, 157)
  block.write('ustar\x0000', 257, 'latin1')
  octal(0, 329, 8)
  octal(0, 337, 8)
  block.write(prefix, 345)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** `length key=value\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  const bytes = Buffer.byteLength(rest)
  const length = [1, 2, 3, 4, 5, 6]
    .map((digits) => bytes + digits)
    .find((all) => String(all).length === all - bytes)
  return `${length ?? bytes}${rest}`
}

/** A name of up to 100 bytes, or split at a slash into a prefix of up to 155 and the rest; undefined: it does not fit. */
function splitName(name: string): { readonly prefix: string; readonly name: string } | undefined {
  if (Buffer.byteLength(name) <= 100) return { prefix: '', name }
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
    const [prefix, rest] = [name.slice(0, at), name.slice(at + 1)]
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(rest) <= 100) return { prefix, name: rest }
  }
  return undefined
}

/** What readers without pax see: the first 100 bytes. */
function cut(text: string): string {
  return Buffer.from(text)
    .subarray(0, 100)
    .toString('utf8')
    .replace(/\ufffd+$/, '')
}

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK
}
