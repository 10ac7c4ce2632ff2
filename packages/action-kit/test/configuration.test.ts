import { afterEach, describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { compileCache } from './fixtures/compile-cache.ts'

const FILE = '.github/release-actions.yml'
const TEXT = `gates:
  up: {kubernetes: restarts, max: 0}
services:
  shop:
    workload: shop
    traffic: httproute/shop
    soak: 30s
    gates: [up]
  bare: {workload: bare}
environments:
  production: {namespace: prod}
`

const folders: string[] = []
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })))

/** A workspace with text files by path. */
function workspaceWith(files: Readonly<Record<string, string>> = { [FILE]: TEXT }): string {
  const workspace = mkdtempSync(join(tmpdir(), 'configured-'))
  folders.push(workspace)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true })
    writeFileSync(join(workspace, path), text)
  }
  return workspace
}

interface Ran {
  readonly code: number | null
  readonly log: string
  /** What the action said it was given: workload, traffic, soak in ms, namespace, gates. */
  readonly given: string | undefined
  readonly error: string
  readonly state: string
}

function act(
  inputs: Readonly<Record<string, string>>,
  workspace = workspaceWith(),
  env: NodeJS.ProcessEnv = {},
): Ran {
  const home = workspaceWith({ state: '', output: '' })
  const named = Object.entries(inputs).map(([name, text]) => [`INPUT_${name.toUpperCase()}`, text])
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'fixtures', 'configured.ts')],
    {
      env: {
        ...compileCache(),
        GITHUB_REPOSITORY: 'o/r',
        GITHUB_RUN_ID: '7',
        GITHUB_SHA: 'a'.repeat(40),
        GITHUB_WORKSPACE: workspace,
        GITHUB_STATE: join(home, 'state'),
        GITHUB_OUTPUT: join(home, 'output'),
        ...Object.fromEntries(named),
        ...env,
      },
      encoding: 'utf8',
    },
  )
  const log = stdout + stderr
  return {
    code: status,
    log,
    given: /given: (.*)/.exec(log)?.[1],
    error: (/::error.*/.exec(log)?.[0] ?? '').replaceAll('%0A', '\n').replaceAll('%3A', ':'),
    state: readFileSync(join(home, 'state'), 'utf8'),
  }
}

const SHOP = 'shop httproute/shop 30000 prod [{"name":"up","kubernetes":"restarts","max":0}]'

describe('a step with a service and an environment', () => {
  test('gets the rest of its inputs from the file, also those that are required, and says from where', () => {
    const { given, log, code } = act({ service: 'shop', environment: 'production' })
    expect(given).toBe(SHOP)
    expect(code).toBe(0)
    expect(log).toContain(`workload: shop  (services.shop.workload (${FILE}:5:5))`)
  })

  test('keeps what it was given', () => {
    const { given } = act({
      service: 'shop',
      environment: 'production',
      workload: 'other',
      soak: '5m',
      namespace: 'x',
    })
    expect(given).toBe(SHOP.replace('shop httproute', 'other httproute').replace('30000 prod', '300000 x'))
  })

  test('may name another file', () => {
    const workspace = workspaceWith({ 'deploy/release.yml': TEXT })
    expect(
      act({ service: 'shop', environment: 'production', config: 'deploy/release.yml' }, workspace).given,
    ).toBe(SHOP)
  })

  test('may do without the file', () => {
    const { given } = act({ service: 'shop', config: 'none', workload: 'a', traffic: 'replicas' })
    expect(given).toBe('a replicas 300000 - -')
  })
})

describe('a step without a service', () => {
  test('is not touched by the file, however wrong it is', () => {
    const { given } = act({ workload: 'a', traffic: 'replicas' }, workspaceWith({ [FILE]: 'servces: {' }))
    expect(given).toBe('a replicas 300000 - -')
  })

  test('is told of both ways when it lacks something', () => {
    const { error } = act({ traffic: 'replicas' })
    expect(error).toContain('workload: nothing is not valid')
    expect(error).toContain(`give workload, or the name of a service that ${FILE} has`)
  })

  test('cannot name a file', () => {
    expect(act({ config: FILE, workload: 'a', traffic: 'replicas' }).error).toContain(
      `service: nothing is not valid; use a service of ${FILE}: shop, bare`,
    )
  })
})

describe('refused:', () => {
  test('what the file does not say either', () => {
    const { error } = act({ service: 'bare' })
    expect(error).toContain('traffic: nothing is not valid')
    expect(error).toContain(`give traffic, or write it in ${FILE} under services.bare`)
  })

  test('a service where nothing was checked out', () => {
    const { error } = act({ service: 'shop', traffic: 'replicas' }, workspaceWith({}))
    expect(error).toContain(`give workload, or add ${FILE}, and check the repository out before this step`)
  })

  test('a service that the file does not have', () => {
    expect(act({ service: 'shpo' }).error).toContain('did you mean shop?')
  })

  test('a mistake in the file, by line and column', () => {
    const { error, given } = act({ service: 'shop' }, workspaceWith({ [FILE]: TEXT.replace('soak', 'saok') }))
    expect(error).toContain(`services.shop.saok`)
    expect(error).toContain(`soak? Known keys are`)
    expect(error).toContain(`${FILE}:7:5`)
    expect(given).toBeUndefined()
  })

  test('a value that this action does not take, with its place in the file', () => {
    const text = TEXT.replace('soak: 30s', 'soak: 800h')
    expect(act({ service: 'shop' }, workspaceWith({ [FILE]: text })).error).toContain(
      `a duration of at most 31 days (744h); it comes from services.shop.soak (${FILE}:7:5)`,
    )
  })

  test.each([
    ['../outside.yml', 'a file inside the workspace'],
    ['/etc/hostname', 'a file inside the workspace'],
    ['link.yml', 'a file inside the workspace'],
    ['.github', 'use a file'],
    ['nowhere.yml', 'a file of the workspace, or none'],
    ['large.yml', 'a file of at most 262144 bytes'],
  ])('%s as the file', (config, legal) => {
    const parent = workspaceWith({
      'outside.yml': TEXT,
      [`inside/${FILE}`]: TEXT,
      'inside/large.yml': `#${'x'.repeat(262_144)}`,
    })
    symlinkSync(join(parent, 'outside.yml'), join(parent, 'inside', 'link.yml'))
    const { error, code } = act({ service: 'shop', config }, join(parent, 'inside'))
    expect(error).toContain(`config: "${config}"`)
    expect(error).toContain(legal)
    expect(code).toBe(1)
  })
})

describe('a rollback', () => {
  const inputs = { service: 'shop', environment: 'production', workload: 'shop', traffic: 'replicas' }
  const broken = TEXT.replace('soak', 'saok')

  test('is not blocked by a mistake in the file', () => {
    const { given, log, code } = act(inputs, workspaceWith({ [FILE]: broken }), { AS: 'rollback' })
    expect(given).toBe('shop replicas 300000 - -')
    expect(log).toContain(`::warning::the rollback goes on without ${FILE}: services.shop.saok`)
    expect(code).toBe(0)
  })

  test('is, where that file chooses the cluster, unless the step does', () => {
    const workspace = workspaceWith({ [FILE]: broken.replace('namespace: prod', 'kube-context: prod') })
    expect(act(inputs, workspace, { AS: 'rollback' }).error).toContain('services.shop.saok')
    const chosen = act({ ...inputs, 'kube-context': 'prod' }, workspace, { AS: 'rollback' })
    expect(chosen.given).toBe('shop replicas 300000 - -')
  })
})

test('post completes with what main was given, whatever has become of the file', () => {
  const workspace = workspaceWith()
  const { state } = act({ service: 'shop', environment: 'production' }, workspace)
  const handed = /release-actions-configured<<(\S+)\n([^]*?)\n\1/.exec(state)?.[2]
  writeFileSync(join(workspace, FILE), 'services: {')
  const env = { 'STATE_release-actions-post': 'true', 'STATE_release-actions-configured': handed }
  const { given, code } = act({ service: 'shop', environment: 'production' }, workspace, env)
  expect(given).toBe(SHOP)
  expect(code).toBe(0)
})
