import { afterEach, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { changedFiles, deletedFiles } from '../../scripts/lib/changed.ts'

const folders: string[] = []
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })))

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'changed-'))
  folders.push(made)
  return made
}

function git(root: string, ...args: readonly string[]): void {
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.test']
  const run = spawnSync('git', [...who, ...args], { cwd: root, encoding: 'utf8' })
  expect(run.stderr === '' || run.status === 0).toBe(true)
}

/** A clone of what CI has seen: three files, of which nobody has touched one. */
function clone(): string {
  const root = folder()
  git(root, 'init', '-q', '-b', 'work')
  for (const name of ['a.ts', 'b.ts', 'eslint.config.mjs']) writeFileSync(join(root, name), '')
  git(root, 'add', '.')
  git(root, 'commit', '-q', '-m', 'first')
  git(root, 'update-ref', 'refs/remotes/origin/main', 'HEAD')
  return root
}

test('of a fresh clone there is nothing to look at', () => {
  expect(changedFiles(clone())).toEqual([])
})

test('what is committed, what is not, and what git does not know yet', () => {
  const root = clone()
  writeFileSync(join(root, 'a.ts'), 'committed')
  git(root, 'commit', '-q', '-a', '-m', 'second')
  writeFileSync(join(root, 'b.ts'), 'not yet')
  writeFileSync(join(root, 'c.ts'), 'new')
  expect(changedFiles(root)).toEqual(['a.ts', 'b.ts', 'c.ts'])
})

test('what is deleted is not looked at', () => {
  const root = clone()
  rmSync(join(root, 'a.ts'))
  expect(changedFiles(root)).toEqual([])
})

test('what is deleted is known to be gone, also where it was moved', () => {
  const root = clone()
  expect(deletedFiles(root)).toEqual([])
  rmSync(join(root, 'a.ts'))
  git(root, 'mv', 'b.ts', 'c.ts')
  expect(deletedFiles(root)).toEqual(['a.ts', 'b.ts'])
})

test('everything, once the rules themselves have changed, and where there is no git', () => {
  const root = clone()
  writeFileSync(join(root, 'eslint.config.mjs'), 'other rules')
  expect(changedFiles(root)).toBeUndefined()
  expect(changedFiles(folder())).toBeUndefined()
})
