import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InvalidInput } from '@release-actions/values'
import { findFiles } from '../src/pack/find-files.ts'

let folder: string
let workspace: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'find-'))
  workspace = join(folder, 'workspace')
  mkdirSync(join(workspace, 'out'), { recursive: true })
  writeFileSync(join(folder, 'secret.txt'), 'of the runner')
  writeFileSync(join(workspace, 'out', 'a.txt'), 'a')
  writeFileSync(join(workspace, '..b.txt'), 'b')
})
afterAll(() => rmSync(folder, { recursive: true }))

const found = async (...patterns: readonly string[]): Promise<readonly string[]> =>
  (await findFiles('path', patterns, workspace)).map(({ name }) => name)

test('files, folders and globs are found by their path in the workspace', async () => {
  expect(await found('out', '..b.txt')).toEqual(['..b.txt', 'out/a.txt'])
  expect(await found('{out,.}/a.txt')).toEqual(['out/a.txt'])
})

test.each(['..', '../secret.txt', 'out/../../*.txt', '{..,out}/*.txt', 'out/{..,.}/../secret.txt'])(
  '%s leads out of the workspace, and is refused',
  async (pattern) => {
    await expect(found(pattern)).rejects.toThrow(InvalidInput)
  },
)

test('a link is packed as a link: what it leads to is not', async () => {
  symlinkSync(join(folder, 'secret.txt'), join(workspace, 'out', 'link'))
  const [, link] = await findFiles('path', ['out'], workspace)
  expect(link).toMatchObject({ name: 'out/link', kind: 'link', size: 0 })
})
