import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { InvalidInput } from '@release-actions/values'
import { digestOf } from '../src/digest.ts'
import { findFiles, pack } from '../src/index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pack-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

async function packed(name: string, ...patterns: readonly string[]): Promise<string> {
  const files = await findFiles('path', patterns, folder)
  const path = join(folder, `${name}.tar.gz`)
  const blob = await pack(files, path, new AbortController().signal)
  const bytes = readFileSync(path)
  expect({ digest: digestOf(bytes), size: bytes.length }).toEqual({ digest: blob.digest, size: blob.size })
  return blob.digest
}

const tar = (...args: readonly string[]): string =>
  execFileSync('tar', args, { cwd: folder, encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } })

test('the same files give the same bytes, whoever owns them and whenever they changed', async () => {
  write('out/b.txt', 'two')
  write('out/a.txt', 'one')
  const first = await packed('first', 'out')
  utimesSync(join(folder, 'out/a.txt'), new Date(0), new Date(0))
  chmodSync(join(folder, 'out/b.txt'), 0o600)
  rmSync(join(folder, 'out/b.txt'))
  write('out/b.txt', 'two')
  expect(await packed('second', 'out/b.txt', 'out/*.txt')).toBe(first)
  write('out/a.txt', 'ONE')
  expect(await packed('third', 'out')).not.toBe(first)
})

test('an archive holds names, contents, executable bits and links, and nothing of this machine', async () => {
  write('out/run.sh', '#!/bin/sh\n')
  chmodSync(join(folder, 'out/run.sh'), 0o755)
  write('out/empty', '')
  symlinkSync('run.sh', join(folder, 'out/link'))
  await packed('all', 'out')
  const listed = tar('--numeric-owner', '-tzvf', 'all.tar.gz')
    .trim()
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' '))
  expect(listed).toEqual([
    '-rw-r--r-- 0/0 0 1980-01-01 00:00 out/empty',
    'lrwxrwxrwx 0/0 0 1980-01-01 00:00 out/link -> run.sh',
    '-rwxr-xr-x 0/0 10 1980-01-01 00:00 out/run.sh',
  ])
})

test('names that do not fit into a header of old come back', async () => {
  const deep = `out/${'d'.repeat(90)}/${'e'.repeat(90)}/${'ä'.repeat(70)}.txt`
  const long = `out/${'n'.repeat(180)}.txt`
  write(deep, 'deep')
  write(long, 'long')
  write('out/prefix/'.concat('p'.repeat(95)), 'split')
  await packed('long', 'out')
  mkdirSync(join(folder, 'back'))
  tar('-xzf', 'long.tar.gz', '-C', 'back')
  expect([deep, long].map((path) => readFileSync(join(folder, 'back', path), 'utf8'))).toEqual([
    'deep',
    'long',
  ])
})

test.each([
  ['absent.txt', /a path or a glob that finds a file/],
  ['*.nothing', /a path or a glob that finds a file/],
  ['../elsewhere', /inside the workspace/],
  ['/etc/passwd', /inside the workspace/],
])('%s is refused', async (pattern, message) => {
  const asked = findFiles('path', [pattern], folder)
  await expect(asked).rejects.toThrow(InvalidInput)
  await expect(asked).rejects.toThrow(message)
})

test('a disk that is full is said so', async () => {
  write('a.txt', 'x')
  const files = await findFiles('path', ['a.txt'], folder)
  // A device of Linux on which there is never room.
  const packing = pack(files, '/dev/full', new AbortController().signal)
  await expect(packing).rejects.toMatchObject({ code: 'not-ready' })
  await expect(packing).rejects.toThrow(/could not be written to \/dev\/full: the disk is full/)
})
