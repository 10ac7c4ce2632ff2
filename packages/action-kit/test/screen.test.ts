import { expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createScreen } from '../src/screen.ts'

test('what is written is there at once, whole and in order', () => {
  const folder = mkdtempSync(join(tmpdir(), 'screen-'))
  const fd = openSync(join(folder, 'log'), 'w')
  const screen = createScreen(fd)
  screen.write('first: ä\n')
  screen.write('second\n')
  expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('first: ä\nsecond\n')
  closeSync(fd)
  rmSync(folder, { recursive: true })
})

test('from where a write fails on, the stream gets all of it, and is waited for', async () => {
  const written: string[] = []
  const stream = {
    write(part: string | Uint8Array, ...rest: unknown[]): boolean {
      written.push(Buffer.from(part).toString())
      for (const each of rest) if (typeof each === 'function') setImmediate(() => void each())
      return true
    },
  }
  // No such file is open, so nothing of it can be written.
  const screen = createScreen(9999, () => stream)
  screen.write('one\n')
  screen.write('two\n')
  await screen.drained()
  expect(written).toEqual(['one\n', 'two\n', ''])
})

/** More than a pipe holds, into one whose reader sleeps first, and which Node has made non-blocking. */
const LARGE = `
import { createScreen } from ${JSON.stringify(join(import.meta.dirname, '../src/screen.ts'))}
if (process.argv[1] === 'non-blocking') process.stdout.write('')
const screen = createScreen()
for (let n = 0; n < 3000; n++) screen.write(String(n).padEnd(99) + '\\n')
await screen.drained()
process.exit(0)
`

test.each(['blocking', 'non-blocking'])('a slow reader of a %s pipe misses nothing', async (kind) => {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', LARGE, kind])
  await new Promise((resolve) => setTimeout(resolve, 300))
  let log = ''
  child.stdout.on('data', (data: Buffer) => (log += data.toString()))
  await new Promise((resolve) => child.on('close', resolve))
  const lines = log.trimEnd().split('\n')
  expect(lines).toHaveLength(3000)
  expect(lines.every((line, n) => line.trim() === String(n))).toBe(true)
})
