import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { RunContext } from '../../src/github/index.ts'
import { runAction, startAction, type ActionOrder, type ActionResult } from '../../src/runner/index.ts'

const github: RunContext = {
  apiUrl: 'http://127.0.0.1:1',
  graphqlUrl: 'http://127.0.0.1:1/graphql',
  serverUrl: 'http://127.0.0.1:1',
  token: 'ghs_secret',
  repository: 'octo/shop',
  sha: 'a'.repeat(40),
  ref: 'refs/heads/main',
  runId: 7,
  runAttempt: 2,
  job: 'release',
  workflow: 'Release',
  actor: 'octocat',
  eventName: 'push',
}

const ACTION = `
name: fixture
inputs:
  token: {default: '\${{ github.token }}'}
  stable-service: {description: a name with a dash}
  two words: {default: 5m}
  old: {deprecationMessage: use new}
runs: {using: node24, main: main.mjs, post: post.mjs, post-if: always()}
`
/** Helpers that each script of a fixture may use. */
const PRELUDE = `
import { appendFileSync } from 'node:fs'
const write = (name, text) => appendFileSync(process.env[name], text)
`

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'action-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** An action made of scripts; post tells what it sees of the state. */
function fixture(
  main: string,
  post = `console.log('post saw', process.env.STATE_phase)`,
  file = ACTION,
): string {
  writeFileSync(join(dir, 'action.yml'), file)
  writeFileSync(join(dir, 'main.mjs'), PRELUDE + main)
  writeFileSync(join(dir, 'post.mjs'), PRELUDE + post)
  return dir
}
const run = (main: string, more: Partial<ActionOrder> = {}): Promise<ActionResult> =>
  runAction({ dir: fixture(main), github, ...more })

describe('what an action is given', () => {
  const tell = `console.log(JSON.stringify(process.env))`
  const told = (result: ActionResult): Record<string, string> =>
    JSON.parse(result.log.split('\n').find((line) => line.startsWith('{')) ?? '{}') as Record<string, string>

  test('inputs by their names in capitals, dashes kept, with their defaults; none is an empty text', async () => {
    const env = told(await run(tell, { inputs: { 'Stable-Service': 'shop' } }))
    expect(env).toMatchObject({
      'INPUT_STABLE-SERVICE': 'shop',
      INPUT_TWO_WORDS: '5m',
      INPUT_OLD: '',
      INPUT_TOKEN: '***',
    })
  })

  test('the variables of the run, and nothing of the calling process', async () => {
    process.env['LEAKED'] = 'yes'
    const env = told(await run(tell, { env: { MINE: '1' }, kubeconfig: '/k' }))
    delete process.env['LEAKED']
    expect(env['LEAKED']).toBeUndefined()
    expect(env).toMatchObject({
      MINE: '1',
      KUBECONFIG: '/k',
      GITHUB_REPOSITORY: 'octo/shop',
      GITHUB_RUN_ID: '7',
      GITHUB_RUN_ATTEMPT: '2',
      GITHUB_JOB: 'release',
      GITHUB_API_URL: 'http://127.0.0.1:1',
      GITHUB_REF_NAME: 'main',
      GITHUB_ACTIONS: 'true',
    })
    expect(env['GITHUB_TOKEN']).toBeUndefined()
  })

  test('the event, and a kubeconfig given as its contents', async () => {
    const main = `
      import { readFileSync } from 'node:fs'
      console.log(JSON.parse(readFileSync(process.env.GITHUB_EVENT_PATH)).number, readFileSync(process.env.KUBECONFIG, 'utf8'))`
    expect((await run(main, { event: { number: 12 }, kubeconfig: 'a: 1\nb: 2' })).log).toBe('12 a: 1\nb: 2')
  })

  test('a warning for an input that is not known or deprecated, as the runner words it', async () => {
    const { annotations } = await run('', { inputs: { wieght: '5', old: 'x' } })
    expect(annotations).toEqual([
      {
        level: 'warning',
        message: `Unexpected input(s) 'wieght', valid inputs are ['token', 'stable-service', 'two words', 'old']`,
      },
      { level: 'warning', message: `Input 'old' has been deprecated with message: use new` },
    ])
  })
})

describe('what an action says', () => {
  test('outputs, state, summary and variables through files', async () => {
    const main = `
      write('GITHUB_OUTPUT', 'decision=advanced\\nresult<<END\\n{\\n"a": "x=y"}\\nEND\\n')
      write('GITHUB_STATE', 'phase<<END\\nsoaking\\nEND\\n')
      write('GITHUB_ENV', 'LATER=1\\n')
      write('GITHUB_STEP_SUMMARY', '# Released\\n')`
    const result = await run(main)
    expect(result).toMatchObject({
      exitCode: 0,
      conclusion: 'success',
      outputs: { decision: 'advanced', result: '{\n"a": "x=y"}' },
      state: { phase: 'soaking' },
      env: { LATER: '1' },
      summary: '# Released\n',
      killed: false,
    })
    expect(result.post).toMatchObject({ exitCode: 0, log: 'post saw soaking', outputs: {} })
  })

  test('a file that cannot be read fails the step, and what came before the mistake counts', async () => {
    const result = await run(`write('GITHUB_OUTPUT', 'a=1\\nb<<END\\nnever ends\\n')`)
    expect(result).toMatchObject({ conclusion: 'failure', exitCode: 1, outputs: { a: '1' } })
    expect(result.annotations[1]?.message).toBe(`Invalid value. Matching delimiter not found 'END'`)
  })

  test('annotations with title and file; groups; no debug unless asked for', async () => {
    const main = `
      console.log('::group::Moves\\n::debug::hidden\\n::endgroup::\\n::error title=Taken back%2C all of it,file=a.yml,line=3::5 %25 of%0Ait\\n::unknown::x')`
    const result = await run(main)
    expect(result.annotations).toEqual([
      { level: 'error', message: '5 % of\nit', title: 'Taken back, all of it', file: 'a.yml', line: 3 },
    ])
    expect(result.log).toBe('##[group]Moves\n##[endgroup]\n##[error]5 % of\nit\n::unknown::x')
    expect((await run(main, { debug: true })).log).toContain('##[debug]hidden')
  })

  test('secrets are masked in the log, the annotations and the summary: the token, and what add-mask names', async () => {
    const main = `
      console.log('::add-mask::hunter%0Asecond line')
      console.error('hunter, second line, aHVudGVy', process.env.INPUT_TOKEN)
      console.log('::error::hunter')
      write('GITHUB_STEP_SUMMARY', 'hunter')`
    const result = await run(main)
    expect([result.log.split('\n').sort(), result.summary]).toEqual([
      ['##[error]***', '***, ***, *** ***'],
      '***',
    ])
    expect(result.annotations[0]?.message).toBe('***')
  })

  test('commands in untrusted text are text while commands are stopped', async () => {
    const result = await run(`console.log('::stop-commands::tok\\n::error::no\\n::tok::\\n::error::yes')`)
    expect(result.annotations.map(({ message }) => message)).toEqual(['yes'])
  })
})

describe('how an action ends', () => {
  const wait = `setInterval(() => {}, 1000); console.log('waiting');`
  const grace = { interrupt: 100, terminate: 100 }
  const state = `write('GITHUB_STATE', 'phase=soaking\\n');`

  test('an exit code other than 0 is a failure; post runs and sees the state', async () => {
    const result = await run(`${state} process.exitCode = 3`)
    expect(result).toMatchObject({ exitCode: 3, conclusion: 'failure', post: { log: 'post saw soaking' } })
  })

  test('a cancel interrupts it, and post runs', async () => {
    const running = startAction({
      dir: fixture(`${state} process.on('SIGINT', () => process.exit(1)); ${wait}`),
      github,
    })
    await running.logged(/waiting/)
    running.cancel()
    const result = await running.done
    expect(result).toMatchObject({
      exitCode: 1,
      conclusion: 'cancelled',
      killed: false,
      post: { log: 'post saw soaking' },
    })
  })

  test('one that does not listen is terminated, then killed; its state reaches post in a process of its own', async () => {
    const deaf = `process.on('SIGINT', () => console.log('int')); process.on('SIGTERM', () => console.log('term'));`
    const running = startAction({ dir: fixture(`${deaf} ${state} ${wait}`), github, grace })
    await running.logged(/waiting/)
    running.cancel()
    const result = await running.done
    expect(result).toMatchObject({
      exitCode: undefined,
      signal: 'SIGKILL',
      killed: true,
      log: 'waiting\nint\nterm',
    })
    expect(result.post?.log).toBe('post saw soaking')
  })

  test('cancelAfter and a signal cancel too', async () => {
    expect((await run(wait, { cancelAfter: 50 })).conclusion).toBe('cancelled')
    const abort = new AbortController()
    const running = startAction({ dir: fixture(wait), github, cancel: abort.signal })
    await running.logged(/waiting/)
    abort.abort()
    expect(await running.done).toMatchObject({ signal: 'SIGINT', conclusion: 'cancelled' })
  })

  test('killed, it fails and post runs; with the runner lost, post does not', async () => {
    for (const lost of [false, true]) {
      const running = startAction({ dir: fixture(wait), github })
      await running.logged(/waiting/)
      if (lost) running.lose()
      else running.kill()
      const result = await running.done
      expect([result.killed, result.conclusion, result.post === undefined]).toEqual([true, 'failure', lost])
    }
  })

  test('post-if decides about post', async () => {
    const file = ACTION.replace('always()', 'failure() || cancelled()')
    const of = async (main: string): Promise<boolean> =>
      (await runAction({ dir: fixture(main, '', file), github })).post !== undefined
    expect([await of(''), await of('process.exit(1)')]).toEqual([false, true])
  })

  test('a child that it left behind does not keep the runner waiting', async () => {
    const main = `
      import { spawn } from 'node:child_process'
      spawn(process.execPath, ['-e', 'setTimeout(() => {}, 4000)'], { stdio: 'inherit', detached: true }).unref()`
    const started = Date.now()
    expect((await run(main)).conclusion).toBe('success')
    expect(Date.now() - started).toBeLessThan(4000)
  })

  test('waiting for a line that never comes ends with the action', async () => {
    const running = startAction({ dir: fixture(''), github })
    await expect(running.logged(/never/)).rejects.toThrow('ended without a line')
    await running.done
  })
})
