import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { Clock } from '@release-actions/ports'
import { execute, runScript, userEnvironment, type Ended, type Program } from '../src/index.ts'

// Each starts processes, on a machine that may be busy.
jest.setTimeout(60_000)

const clock: Clock = {
  now: Date.now,
  sleep: (ms, signal) =>
    new Promise((done) => {
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', () => (clearTimeout(timer), done()), { once: true })
    }),
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'process-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function sh(script: string, order: Partial<Program> = {}): Promise<Ended> {
  return execute({
    program: 'sh',
    args: ['-c', script],
    env: { PATH: process.env['PATH'] ?? '' },
    cwd: folder,
    clock,
    signal: new AbortController().signal,
    ...order,
  })
}

/** Whether a process whose id a script wrote down is still there. */
function alive(file: string): boolean {
  try {
    process.kill(Number(readFileSync(join(folder, file), 'utf8')), 0)
    return true
  } catch {
    return false
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await clock.sleep(20)
}

test('how it ended, what it said, and its last words from both outputs', async () => {
  const lines: string[] = []
  const ended = await sh('echo out; echo err >&2; exit 3', { onLine: (line) => lines.push(line) })
  expect(ended).toMatchObject({ kind: 'exit', code: 3, stdout: 'out\n' })
  expect(lines.toSorted()).toEqual(['err', 'out'])
  expect('tail' in ended ? ended.tail.split('\n').toSorted() : []).toEqual(['err', 'out'])
})

test('arguments are what they are: no shell reads them', async () => {
  const given = ['$(touch gone-wrong)', 'a b', "it's", '*']
  const ended = await execute({
    program: 'printf',
    args: ['%s\\n', ...given],
    env: { PATH: process.env['PATH'] ?? '' },
    cwd: folder,
    clock,
    signal: new AbortController().signal,
  })
  expect(ended).toMatchObject({ kind: 'exit', code: 0, stdout: `${given.join('\n')}\n` })
  expect(existsSync(join(folder, 'gone-wrong'))).toBe(false)
})

test('what is not there is told with its code', async () => {
  const ended = await sh('', { program: 'no-such-program' })
  expect(ended).toMatchObject({ kind: 'unstarted', code: 'ENOENT' })
  expect(await sh('', { cwd: join(folder, 'no-such-folder') })).toMatchObject({ kind: 'unstarted' })
})

test('its input arrives, and one that reads none is no failure', async () => {
  expect(await sh('cat', { input: 'hello' })).toMatchObject({ kind: 'exit', code: 0, stdout: 'hello' })
  expect(await sh('exit 0', { input: 'x'.repeat(1_000_000) })).toMatchObject({ kind: 'exit', code: 0 })
})

describe('cancelled', () => {
  test('it ends with everything that it started, and says that it was cancelled', async () => {
    const stop = new AbortController()
    const running = sh('sleep 60 & echo $! > child; sh -c "sleep 60 & echo \\$! > grandchild; wait"; wait', {
      signal: stop.signal,
    })
    await until(() => existsSync(join(folder, 'grandchild')) && existsSync(join(folder, 'child')))
    await until(() => alive('child') && alive('grandchild'))
    stop.abort()
    expect(await running).toMatchObject({ kind: 'killed', why: 'cancelled' })
    await until(() => !alive('child') && !alive('grandchild'))
  })

  test('what does not heed SIGTERM is killed', async () => {
    const stop = new AbortController()
    const running = sh('trap "" TERM; echo $$ > me; while :; do sleep 1; done', { signal: stop.signal })
    await until(() => existsSync(join(folder, 'me')) && readFileSync(join(folder, 'me'), 'utf8') !== '')
    stop.abort()
    expect(await running).toMatchObject({ kind: 'killed', why: 'cancelled' })
    await until(() => !alive('me'))
  })

  test('what heeds it may clean up first', async () => {
    const stop = new AbortController()
    const running = sh(
      'trap "echo clean > cleaned; exit 0" TERM; echo up > up; while :; do sleep 0.05; done',
      {
        signal: stop.signal,
      },
    )
    await until(() => existsSync(join(folder, 'up')))
    stop.abort()
    expect((await running).kind).toBe('killed')
    expect(existsSync(join(folder, 'cleaned'))).toBe(true)
  })

  test('before it has begun, it ends at once', async () => {
    const stop = new AbortController()
    stop.abort()
    expect(await sh('sleep 60', { signal: stop.signal })).toMatchObject({ kind: 'killed', why: 'cancelled' })
  })
})

test('too slow is another end than cancelled', async () => {
  expect(await sh('sleep 60', { timeout: 50 })).toMatchObject({ kind: 'killed', why: 'timeout' })
})

test('killed by somebody else is no exit code', async () => {
  expect(await sh('kill -KILL $$')).toMatchObject({ kind: 'killed', why: 'signal' })
})

test('what it leaves in the background is ended, not waited for', async () => {
  expect(await sh('sleep 60 & echo $! > child; exit 0')).toMatchObject({ kind: 'exit', code: 0 })
  await until(() => !alive('child'))
})

describe('output', () => {
  test('of any length is held to its last part', async () => {
    let told = 0
    const ended = await sh('yes 0123456789abcdef | head -c 3000000; echo the-end', { onLine: () => told++ })
    expect(ended.kind === 'exit' ? ended.stdout.length : 0).toBeLessThanOrEqual(64 * 1024)
    expect(ended).toMatchObject({ stdout: expect.stringMatching(/the-end\n$/) })
    expect('tail' in ended ? ended.tail.split('\n') : []).toHaveLength(10)
    expect(told).toBeGreaterThan(170_000)
  })

  test('without a line end is told, and a line that never ends is not held', async () => {
    const lines: string[] = []
    await sh('printf "no end"', { onLine: (line) => lines.push(line) })
    expect(lines).toEqual(['no end'])
    await sh('head -c 1000000 /dev/zero | tr "\\0" x', { onLine: (line) => lines.push(line) })
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(64 * 1024)
  })

  test('that rewrites its line is told line by line', async () => {
    const lines: string[] = []
    await sh('printf "10%%\\r20%%\\r\\ndone\\n"', { onLine: (line) => lines.push(line) })
    expect(lines).toEqual(['10%', '20%', 'done'])
  })

  test('in several bytes a character is not torn', async () => {
    const lines: string[] = []
    await sh('printf "\\342\\202"; sleep 0.2; printf "\\254\\n"', { onLine: (line) => lines.push(line) })
    expect(lines).toEqual(['€'])
  })
})

test('a script ends at its first failure, also in a pipe', async () => {
  const order = { env: { PATH: process.env['PATH'] ?? '' }, cwd: folder, clock }
  const { signal } = new AbortController()
  expect(await runScript({ ...order, signal, script: 'false\necho on' })).toMatchObject({
    code: 1,
    stdout: '',
  })
  expect(await runScript({ ...order, signal, script: 'false | true\necho on' })).toMatchObject({ code: 1 })
  expect(await runScript({ ...order, signal, script: 'echo $((1+1))' })).toMatchObject({ stdout: '2\n' })
})

test('without bash a script runs in sh', async () => {
  const { signal } = new AbortController()
  // A PATH with sh alone.
  const order = { env: { PATH: folder }, cwd: folder, clock, signal }
  const { symlinkSync } = await import('node:fs')
  symlinkSync('/bin/sh', join(folder, 'sh'))
  expect(await runScript({ ...order, script: 'echo by $0' })).toMatchObject({
    kind: 'exit',
    code: 0,
    stdout: expect.stringContaining('by'),
  })
})

test('a program of the user’s sees the job’s variables and none of the action’s own', () => {
  expect(
    userEnvironment({
      PATH: '/bin',
      NPM_TOKEN: 'theirs',
      GITHUB_SHA: 'abc',
      INPUT_TOKEN: 'ours',
      STATE_x: 'ours',
      ACTIONS_RUNTIME_TOKEN: 'ours',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'ours',
      ACTIONS_RESULTS_URL: 'ours',
      GITHUB_OUTPUT: '/file',
      UNSET: undefined,
    }),
  ).toEqual({ PATH: '/bin', NPM_TOKEN: 'theirs', GITHUB_SHA: 'abc' })
})
