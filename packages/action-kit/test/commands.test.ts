import { describe, expect, test } from '@jest/globals'
import * as core from '@actions/core'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  appendPairs,
  appendSummary,
  command,
  cutToBytes,
  harmlessLines,
  MOST_SUMMARY_BYTES,
} from '../src/index.ts'

/** What @actions/core prints while `act` runs. */
function printedByCore(act: () => void): string {
  const original = process.stdout.write
  let text = ''
  process.stdout.write = (chunk: string | Uint8Array): boolean => {
    text += chunk.toString()
    return true
  }
  try {
    act()
  } finally {
    process.stdout.write = original
  }
  return text.trimEnd()
}

function inFile(act: (path: string) => void): string {
  const home = mkdtempSync(join(tmpdir(), 'kit-'))
  const path = join(home, 'file')
  writeFileSync(path, '')
  act(path)
  const text = readFileSync(path, 'utf8')
  rmSync(home, { recursive: true })
  return text
}

describe('workflow commands', () => {
  test.each(['plain', '100% sure\r\nnext: line, and ::more::'])(
    'are what @actions/core writes: %p',
    (text) => {
      expect(command('error', text, { title: text })).toBe(
        printedByCore(() => core.error(text, { title: text })),
      )
      expect(command('warning', text)).toBe(printedByCore(() => core.warning(text)))
      expect(command('add-mask', text)).toBe(printedByCore(() => core.setSecret(text)))
      expect(command('group', text)).toBe(printedByCore(() => core.startGroup(text)))
    },
  )
})

describe('outputs', () => {
  test('cannot be ended, nor another be set, by what is in them', () => {
    const evil = 'x\nghadelimiter_release_actions\nother<<E\nset\nE'
    const text = inFile((path) => appendPairs(path, { message: evil }))
    expect(text).toBe(`message<<ghadelimiter_0_release_actions\n${evil}\nghadelimiter_0_release_actions\n`)
  })
})

describe('harmless lines', () => {
  test('keep what a person wrote', () => {
    expect(harmlessLines('a: b :: c\n\tindented')).toEqual(['a: b :: c', '    indented'])
  })
  test('begin no command, also after other line ends', () => {
    for (const line of harmlessLines('  ::stop-commands::x\r::add-mask::y\n##[group]z')) {
      expect(line).not.toMatch(/^\s*::|##\[/)
    }
  })
})

describe('the job summary', () => {
  test('is cut on a line and says so, at 1 MiB with what is there already', () => {
    const line = `${'é'.repeat(99)}\n`
    const text = inFile((path) => {
      appendSummary(path, 'first')
      appendSummary(path, line.repeat(6000))
      appendSummary(path, 'too late')
    })
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MOST_SUMMARY_BYTES)
    expect(text).not.toContain('\ufffd')
    expect(text).toMatch(/Cut: a job summary holds 1 MiB/)
  })
  test('is left whole when it fits', () => expect(cutToBytes('abc', 3)).toBe('abc'))
})
