/** A build that is cancelled, in each of its stages: nothing that runs on, and no tag that is half of a version. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, jest, test } from '@jest/globals'
import type { RunningAction } from '@release-actions/lab'
import { openYard, type Yard } from '../support/artifact.ts'

// Each starts processes, and a version settles for three seconds.
jest.setTimeout(120_000)

test('a cancelled build ends, and leaves no tag', async () => {
  await using yard = await openYard({ files: { Dockerfile: '# SLEEP 60000\nFROM scratch\n' } })
  const running = yard.start()
  await running.logged(/Step 1\/1/)
  running.cancel()
  const built = yard.ended(await running.done)
  expect(built.verdict).toBe('cancelled (1)')
  expect(built.error).toMatch(/the build was cancelled; nothing was published/)
  expect(built.done.killed).toBe(false)
  expect(yard.registry.tags('org/shop')).toEqual({})
})

test('a cancel during the push takes the tag away again', async () => {
  await using yard = await openYard()
  const running = yard.start()
  const held = new Promise<void>((resolve) => {
    yard.registry.before(async (method, path) => {
      // After the push, before the version: the step looks for what was pushed.
      if (method !== 'HEAD' || !path.includes('/manifests/build-')) return
      resolve()
      await new Promise((done) => setTimeout(done, 2_000))
    })
  })
  await held
  running.cancel()
  const built = yard.ended(await running.done)
  expect(built.verdict).toBe('cancelled (1)')
  expect(yard.registry.tags('org/shop')).toEqual({})
})

test('a cancel ends a command with all that it started, and leaves no tag', async () => {
  await using yard = await openYard()
  const command = 'sleep 60 & echo $! > child; echo waiting; wait'
  const running = yard.start({ inputs: { command } })
  await running.logged(/waiting/)
  running.cancel()
  const built = yard.ended(await running.done)
  expect(built.verdict).toBe('cancelled (1)')
  expect(built.done.killed).toBe(false)
  const child = Number(readFileSync(join(yard.workspace, 'child'), 'utf8'))
  // What has ended is there until somebody asks how.
  while (isThere(child)) await new Promise((done) => setTimeout(done, 50))
  expect(yard.registry.tags('org/shop')).toEqual({})
})

test('a cancel while files are uploaded leaves no tag', async () => {
  await using yard = await openYard({ files: { 'public/a.txt': 'hello' } })
  const running = yard.start({ inputs: { type: 'file', path: 'public' } })
  // The archive, after the blob by which it is tried whether anything can be pushed.
  cancelWhen(yard, running, (method, path) => {
    return method === 'PUT' && path.includes('/uploads/') && running.log.includes('Push')
  })
  const built = yard.ended(await running.done)
  expect(built.verdict).toBe('cancelled (1)')
  expect(built.error).toMatch(/nothing was published/)
  expect(yard.registry.tags('org/shop')).toEqual({})
})

test('a cancel while docker pushes ends docker, and leaves no tag', async () => {
  await using yard = await openYard()
  const running = yard.start({ env: { FAKE_DOCKER_PUSH: '60000' } })
  await running.logged(/The push refers to repository/)
  running.cancel()
  const built = yard.ended(await running.done)
  expect(built.verdict).toBe('cancelled (1)')
  expect(built.error).toMatch(/the build was cancelled; nothing was published/)
  expect(built.done.killed).toBe(false)
  expect(yard.registry.tags('org/shop')).toEqual({})
})

test('a cancel before the version is put leaves no tag', async () => {
  await using yard = await openYard()
  const running = yard.start()
  cancelWhen(yard, running, (method, path) => method === 'HEAD' && path.endsWith('/manifests/1.4.0'))
  const built = yard.ended(await running.done)
  expect(built.verdict).toBe('cancelled (1)')
  expect(built.error).toMatch(/nothing was published/)
  expect(yard.registry.tags('org/shop')).toEqual({})
})

test('a cancel after the version was put says that it is out, and leaves it whole', async () => {
  await using yard = await openYard()
  const running = yard.start({ inputs: { tags: 'latest' } })
  let looks = 0
  // The second look, after the version has settled.
  cancelWhen(yard, running, (method, path) => {
    return method === 'HEAD' && path.endsWith('/manifests/1.4.0') && ++looks === 2
  })
  const built = yard.ended(await running.done)
  expect(built.verdict).toBe('cancelled (1)')
  expect(built.error).toMatch(/cancelled, but version 1\.4\.0 was out already: it is complete, and stays/)
  const tags = yard.registry.tags('org/shop')
  expect(Object.keys(tags)).toEqual(['1.4.0'])
  expect(built.error).toContain(`${yard.repository}@${tags['1.4.0'] ?? ''}`)
  // Whoever runs the job again gets its record, and builds nothing.
  const again = await yard.build({ inputs: { tags: 'latest' } })
  expect(again.verdict).toBe('unchanged (0)')
})

/** Cancels at the first request that `is` the one, which is answered when the process knows. */
function cancelWhen(yard: Yard, running: RunningAction, is: (method: string, path: string) => boolean): void {
  let cancelled = false
  yard.registry.before(async (method, path) => {
    if (cancelled || !is(method, path)) return
    cancelled = true
    running.cancel()
    await running.logged(/SIGINT received/)
  })
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
