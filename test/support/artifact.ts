import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from '@jest/globals'
import {
  startAction,
  startCache,
  startGitHub,
  startRegistry,
  type ActionResult,
  type EmbeddedCache,
  type EmbeddedGitHub,
  type EmbeddedRegistry,
  type RegistryOptions,
  type RunningAction,
  type RunOrder,
} from '@release-actions/lab'

/** A workspace, a docker and a registry; what is built there is built by the bundle, as the runner runs it. */
export interface Yard extends AsyncDisposable {
  readonly registry: EmbeddedRegistry
  readonly github: EmbeddedGitHub
  /** The cache and the artifacts of runs; steps find it with `results: true`. */
  readonly results: EmbeddedCache
  readonly workspace: string
  /** `127.0.0.1:PORT/org/shop` */
  readonly repository: string
  build(order?: BuildOrder): Promise<Built>
  start(order?: BuildOrder): RunningAction
  ended(done: ActionResult): Built
  write(path: string, text: string): void
  /** A program on the PATH of what is built: a script for sh. */
  install(name: string, script: string): void
  /** What docker was asked: its arguments. */
  calls(): readonly (readonly string[])[]
}

export interface BuildOrder {
  readonly inputs?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly run?: RunOrder
}

export interface Built {
  readonly done: ActionResult
  /** `built (0)`, `failed (1)`: the decision and the exit code, which belong together. */
  readonly verdict: string
  /** The one error annotation; undefined when there is none. */
  readonly error: string | undefined
  readonly digest: string
}

export interface YardOptions extends RegistryOptions {
  readonly files?: Readonly<Record<string, string>>
  /** Without a docker on the PATH. */
  readonly docker?: false
  /** The runner gives each step the way to GitHub's results service. */
  readonly results?: true
}

const GOOD = ['built', 'unchanged', 'pass']

export async function openYard({
  files = {},
  docker,
  results: given,
  ...options
}: YardOptions = {}): Promise<Yard> {
  const [registry, github] = await Promise.all([startRegistry(options), startGitHub()])
  const results = await startCache(github)
  const folder = mkdtempSync(join(tmpdir(), 'yard-'))
  const workspace = join(folder, 'work')
  const state = join(folder, 'docker')
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(workspace, path)), { recursive: true })
    writeFileSync(join(workspace, path), text)
  }
  const install = (name: string, script: string): void => {
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, 'bin', name), 0o755)
  }
  mkdirSync(join(folder, 'bin'))
  mkdirSync(state)
  mkdirSync(workspace)
  if (docker !== false) {
    copyFileSync(join(import.meta.dirname, 'fake-docker.mjs'), join(folder, 'bin', 'docker.mjs'))
    install('docker', `exec ${process.execPath} ${join(folder, 'bin', 'docker.mjs')} "$@"`)
  }
  for (const [path, text] of Object.entries({
    Dockerfile: 'FROM scratch\nCOPY . /\n',
    'app.txt': 'one',
    ...files,
  }))
    write(path, text)
  const repository = `${registry.host}/org/shop`
  const start = ({ inputs, env, run }: BuildOrder = {}): RunningAction => {
    const context = github.run(run)
    return startAction({
      dir: join(process.env['RELEASE_DIST'] ?? join(import.meta.dirname, '../../dist'), 'build-artifact'),
      github: context,
      workspace,
      inputs: { image: repository, version: '1.4.0', ...inputs },
      env: {
        // Without docker: nothing else either, since this machine may have one.
        PATH: [
          join(folder, 'bin'),
          ...(docker === false ? [] : [dirname(process.execPath), '/usr/bin:/bin']),
        ].join(':'),
        FAKE_DOCKER: state,
        DOCKER_CONFIG: folder,
        HOME: folder,
        ...(given === true ? results.envOf(context.runId) : {}),
        ...env,
      },
    })
  }
  const ended = (done: ActionResult): Built => builtOf(done, github)
  return {
    registry,
    github,
    results,
    workspace,
    repository,
    write,
    install,
    start,
    ended,
    build: async (order) => ended(await start(order).done),
    calls: () => {
      const path = join(state, 'calls')
      const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
      return lines.map((line) => JSON.parse(line) as readonly string[])
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([registry.close(), github.close(), results.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Holds what must hold of every run: what GitHub allows, one error or none, an exit code that says the decision. */
function builtOf(done: ActionResult, github: EmbeddedGitHub): Built {
  expect(github.violations).toEqual([])
  const errors = done.annotations.filter(({ level }) => level === 'error')
  const decision = done.outputs['decision'] ?? ''
  const good = GOOD.includes(decision)
  expect({ exitCode: done.exitCode, errors: errors.map(({ message }) => message) }).toEqual({
    exitCode: good ? 0 : 1,
    errors: good ? [] : [expect.anything()],
  })
  const [error] = errors
  return {
    done,
    verdict: `${decision} (${done.exitCode})`,
    error: error === undefined ? undefined : `${error.title ?? ''}\n${error.message}`,
    digest: done.outputs['digest'] ?? '',
  }
}
