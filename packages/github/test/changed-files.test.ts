import { expect, test } from '@jest/globals'
import { changedFiles, type GitHub } from '../src/index.ts'
import { world } from './world.ts'

test('the paths that differ between two commits', async () => {
  await using w = await world()
  const base = w.hub.commit({ files: { 'a.txt': '1', 'b/c.txt': '1' } })
  const middle = w.hub.commit({ files: { 'b/c.txt': '2' } })
  const head = w.hub.commit({ files: { 'd.txt': '1' } })

  expect(await changedFiles(w.github(), base, head)).toEqual({ kind: 'known', paths: ['b/c.txt', 'd.txt'] })
  expect(await changedFiles(w.github(), middle, head)).toEqual({ kind: 'known', paths: ['d.txt'] })
  expect(await changedFiles(w.github(), head, head)).toEqual({ kind: 'known', paths: [] })
  expect(w.hub.violations).toEqual([])
})

test('what GitHub cannot tell is not known, with the reason', async () => {
  await using w = await world()
  const base = w.hub.commit()
  const many = Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`f${n}`, 'x']))
  const head = w.hub.commit({ files: many })

  const reasonOf = async (from: string, to: string): Promise<string> => {
    const changes = await changedFiles(w.github(), from, to)
    return changes.kind === 'unknown' ? changes.reason : JSON.stringify(changes.paths)
  }
  expect(await reasonOf(base, head)).toContain('300 files or more differ')
  expect(await reasonOf('0'.repeat(40), head)).toBe('the branch is new')
  expect(await reasonOf('b'.repeat(40), head)).toBe('bbbbbbb is not in the repository any more')
  // A revert by force push: what was there and is gone would be missed.
  expect(await reasonOf(head, base)).toContain('is not behind this commit')
})

test('a file that was renamed counts at both of its places', async () => {
  const files = [{ filename: 'new/a.txt', previous_filename: 'old/a.txt', status: 'renamed' }]
  const github = { call: () => Promise.resolve({ data: { status: 'ahead', files } }) } as unknown as GitHub
  expect(await changedFiles(github, 'a'.repeat(40), 'b'.repeat(40))).toEqual({
    kind: 'known',
    paths: ['new/a.txt', 'old/a.txt'],
  })
})

test('without contents: read it is an error, not an answer', async () => {
  await using w = await world()
  const base = w.hub.commit()
  const head = w.hub.commit()
  await expect(changedFiles(w.github({ checks: 'write' }), base, head)).rejects.toMatchObject({
    code: 'forbidden',
  })
})
