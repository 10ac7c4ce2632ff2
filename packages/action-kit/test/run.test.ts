import { describe, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileCache } from './fixtures/compile-cache.ts'

interface Ran {
  readonly code: number | null
  readonly log: string
  readonly outputs: string
  readonly state: string
  readonly summary: string
}

/** Spawns the fixture as the runner would; `signals` are sent one after another when `when` is in the log. */
async function act(
  env: NodeJS.ProcessEnv,
  signals: readonly NodeJS.Signals[] = [],
  when = 'Z ',
  entry = 'action.ts',
): Promise<Ran> {
  const home = mkdtempSync(join(tmpdir(), 'kit-'))
  const file = (name: string): string => {
    writeFileSync(join(home, name), '')
    return join(home, name)
  }
  const files = {
    GITHUB_OUTPUT: file('output'),
    GITHUB_STATE: file('state'),
    GITHUB_STEP_SUMMARY: file('summary'),
  }
  const child = spawn(process.execPath, [join(import.meta.dirname, 'fixtures', entry)], {
    env: {
      ...compileCache(),
      GITHUB_REPOSITORY: 'o/r',
      GITHUB_RUN_ID: '7',
      GITHUB_SHA: 'a'.repeat(40),
      ...files,
      ...env,
    },
  })
  let log = ''
  const left = [...signals]
  child.stderr.on('data', (data: Buffer) => (log += data.toString()))
  child.stdout.on('data', (data: Buffer) => {
    log += data.toString()
    if (!log.includes(when)) return
    const next = left.shift()
    if (next !== undefined) child.kill(next)
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  const read = (path: string): string => readFileSync(path, 'utf8')
  const ran = {
    code,
    log,
    outputs: read(files.GITHUB_OUTPUT),
    state: read(files.GITHUB_STATE),
    summary: read(files.GITHUB_STEP_SUMMARY),
  }
  rmSync(home, { recursive: true })
  return ran
}

const errors = (log: string): readonly string[] =>
  log.split('\n').filter((line) => line.startsWith('::error'))

describe('an action that reaches its goal', () => {
  test('exits 0 with its outputs, its summary and the mark for post', async () => {
    const ran = await act({ INPUT_DO: 'pass' })
    expect(ran.code).toBe(0)
    expect(ran.outputs).toContain('decision<<ghadelimiter_release_actions\npromoted\n')
    expect(ran.outputs).toContain(
      '{"schema":1,"decision":"promoted","version":"1.4.0","weight":25,"evidence":{"a":1}}',
    )
    expect(ran.summary).toBe('# fine\n')
    expect(ran.state).toContain('release-actions-post<<')
    expect(errors(ran.log)).toEqual([])
  })

  test('ends although something still keeps the process alive, with all of its log', async () => {
    const ran = await act({ INPUT_DO: 'socket' })
    expect(ran.code).toBe(0)
    expect(ran.log.endsWith('last\n')).toBe(true)
  })

  test('knows that it is the post step by its file, also when main was killed before it could say so', async () => {
    const ran = await act({ INPUT_DO: 'pass' }, [], '', 'post.ts')
    expect(ran.log).toContain('post after nothing')
    expect(ran.outputs).not.toContain('promoted')
  })

  test('says an input error once: not again in the post step', async () => {
    const ran = await act({ INPUT_DO: 'pas' }, [], '', 'post.ts')
    expect(ran.code).toBe(0)
    expect(errors(ran.log)).toEqual([])
  })

  test('knows that it is the post step', async () => {
    const ran = await act({
      INPUT_DO: 'pass',
      'STATE_release-actions-post': 'true',
      STATE_reached: 'soaking',
    })
    expect(ran.log).toContain('post after soaking')
    expect(ran.state).toBe('')
  })
})

describe('an action that fails', () => {
  test('says so in the summary where it has none of its own, and shows text from outside as it is', async () => {
    const ran = await act({ INPUT_DO: '<b>pas</b>' })
    expect(ran.summary).toMatch(
      /^## ❌ Invalid input: input do: nothing was changed\n\n {4}do: "<b>pas<\/b>" is not/,
    )
    const failed = await act({ INPUT_DO: 'fail' })
    expect(failed.summary).toBe(
      [
        '## ❌ Not ready: Deployment shop/shop',
        '',
        '    shop did not become ready',
        '',
        '    Why:',
        '      pod shop-1: ImagePullBackOff',
        '      \u200b::set-output name=a::b',
        '',
        '    What to do:',
        '      kubectl -n shop describe pod shop-1',
        '',
      ].join('\n'),
    )
  })

  test('sets its outputs before it fails, with one annotation: what, why and what to do', async () => {
    const ran = await act({ INPUT_DO: 'fail' })
    expect(ran.code).toBe(1)
    expect(ran.outputs).toContain('\nretreated\n')
    expect(ran.outputs).toContain('reason-code<<ghadelimiter_release_actions\nnot-ready\n')
    const [only, ...more] = errors(ran.log)
    expect(more).toEqual([])
    expect(only).toContain(
      '::error title=Not ready%3A Deployment shop/shop::shop did not become ready%0A%0AWhy:%0A',
    )
    expect(only).toContain('kubectl -n shop describe pod shop-1')
    expect(ran.log).not.toContain('    at ')
  })

  test('shows the stack only in a debug run', async () => {
    const ran = await act({ INPUT_DO: 'fail', RUNNER_DEBUG: '1' })
    expect(ran.log).toMatch(/^::debug::NotReady.*action\.ts/m)
  })

  test('names a bug and its cause, and never ends in undefined', async () => {
    const bug = await act({ INPUT_DO: 'bug' })
    expect(errors(bug.log)[0]).toContain('undefined is not a function%0ACaused by: the root')
    const nothing = await act({ INPUT_DO: 'nothing' })
    expect(nothing.code).toBe(1)
    expect(errors(nothing.log)[0]).not.toContain('undefined')
  })

  test('names every wrong input, and what is legal, before anything else', async () => {
    const ran = await act({ INPUT_DO: 'pas', INPUT_TIMEOUT: '10', INPUT_RECORD: 'yes' })
    expect(ran.code).toBe(1)
    const [only = ''] = errors(ran.log)
    expect(only).toContain('3 inputs are not valid')
    expect(only).toContain('did you mean "pass"?')
    expect(only).toContain('record: "yes" is not valid; use true or false')
    expect(only).toContain('timeout: "10" is not valid; use a duration')
    expect(ran.outputs).toContain('\ninvalid-input\n')
  })

  test('is given time to put the route back when a promise is rejected behind its back', async () => {
    const ran = await act({ INPUT_DO: 'reject' })
    expect(ran.log).toContain('route back')
    expect(ran.code).toBe(1)
    expect(errors(ran.log)[0]).toContain('nobody listens')
  })
})

describe('a cancelled action', () => {
  test('goes on until the route is back, then fails as cancelled', async () => {
    const ran = await act(
      { INPUT_DO: 'wait', INPUT_NONESUCH: 'x', RUNNER_DEBUG: '1' },
      ['SIGINT'],
      '::warning::',
    )
    expect(ran.log).toContain('route back')
    expect(ran.code).toBe(1)
    expect(ran.outputs).toContain('\ncancelled\n')
    expect(errors(ran.log)).toHaveLength(1)
  })

  test('ends at once at the second signal of a kind, with its outputs', async () => {
    const ran = await act({ INPUT_DO: 'stubborn' }, ['SIGINT', 'SIGINT'])
    expect(ran.code).toBe(130)
    expect(ran.outputs).toContain('\ncancelled\n')
  })

  test('ends before the runner kills it', async () => {
    const ran = await act({ INPUT_DO: 'stubborn' }, ['SIGINT', 'SIGTERM'])
    expect(ran.code).toBe(130)
  })
})

describe('the log', () => {
  test('holds no workflow command that came from outside', async () => {
    const ran = await act({ INPUT_DO: 'inject' })
    expect(ran.log).not.toMatch(/^\s*::set-env/m)
    expect(ran.log).not.toContain('##[')
    expect(ran.log).not.toContain('\u001b')
  })

  test('warns once for the same thing, and in ten annotations at most', async () => {
    const ran = await act({ INPUT_DO: 'inject' })
    expect(ran.log.match(/^::warning::/gm)).toHaveLength(10)
    expect(ran.log).toContain('warning: number 11')
  })

  test('masks the token and the credentials of a kubeconfig before anything is printed', async () => {
    const kubeconfig =
      'apiVersion: v1\nclusters: []\nusers:\n- name: default\n  user: {token: s3cr3t, password: "hunter22"}\n'
    const ran = await act({ INPUT_DO: 'pass', INPUT_TOKEN: 'ghs_abc', INPUT_KUBECONFIG: kubeconfig })
    expect(ran.log.split('\n').slice(0, 3).sort()).toEqual([
      '::add-mask::ghs_abc',
      '::add-mask::hunter22',
      '::add-mask::s3cr3t',
    ])
    expect(ran.log).not.toContain('::add-mask::- name: default')
  })
})
