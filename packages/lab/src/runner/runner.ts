/** Runs a bundled JavaScript action as GitHub's runner does: pre, main, post, each a process of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { RunContext } from '../github/index.ts'
import { readActionFile, type ActionFile } from './action-file.ts'
import { commandFiles } from './command-files.ts'
import { githubContext, inputVariable, runnerEnvironment, type Folders } from './environment.ts'
import { holds, render, type JobState } from './expressions.ts'
import { Masks, StepLog, type StepAnnotation } from './log.ts'
import { RUNNER_GRACE, startPhase, type Grace, type Phase } from './phase.ts'

export interface ActionOrder {
  /** The folder with `action.yml`: `dist/canary-step`. */
  readonly dir: string
  readonly github: RunContext
  /** `with:`. An input that action.yml does not name is warned of, as the runner does. */
  readonly inputs?: Readonly<Record<string, string>>
  /** `env:`, and what earlier steps put into GITHUB_ENV. */
  readonly env?: Readonly<Record<string, string>>
  /** A path, or the contents (more than one line, or JSON): KUBECONFIG. */
  readonly kubeconfig?: string
  /** The webhook's payload. */
  readonly event?: object
  /** GITHUB_WORKSPACE, where the steps run; a new empty folder when left out. */
  readonly workspace?: string
  /** Cancels the run so many milliseconds after main has started, or when the signal aborts. */
  readonly cancelAfter?: number
  readonly cancel?: AbortSignal
  readonly grace?: Grace
  /** Step debug logging: RUNNER_DEBUG=1, and debug lines are shown. */
  readonly debug?: boolean
  /** The binary that runs the action; this process's own when left out. */
  readonly node?: string
  /** Is told each line of the log, masked, as it comes. */
  readonly onLine?: (line: string) => void
}

export interface PhaseResult {
  /** Undefined when a signal ended the process. */
  readonly exitCode: number | undefined
  readonly signal: NodeJS.Signals | undefined
  /** SIGKILL ended it. */
  readonly killed: boolean
  readonly ms: number
  /** Masked, as the log page shows it. */
  readonly log: string
  /** All of them; GitHub shows ten of each level. */
  readonly annotations: readonly StepAnnotation[]
  readonly outputs: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  /** Markdown. */
  readonly summary: string
}

export interface ActionResult extends PhaseResult {
  readonly conclusion: JobState
  readonly pre: PhaseResult | undefined
  readonly post: PhaseResult | undefined
  /** GITHUB_ENV after the step, for the next one's `env`. */
  readonly env: Readonly<Record<string, string>>
}

export interface RunningAction {
  readonly done: Promise<ActionResult>
  /** The log so far, over all phases. */
  readonly log: string
  /** Of the phase that runs now. */
  readonly pid: number | undefined
  /** Resolves once a line of the log matches; rejects when the action ends without one. */
  logged(pattern: RegExp): Promise<void>
  /** The run is cancelled: SIGINT, 7.5 s, SIGTERM, 2.5 s, SIGKILL; then post. */
  cancel(): void
  /** A signal to the process of the current phase; post still runs. */
  kill(signal?: NodeJS.Signals): void
  /** The runner is gone: the process is killed and post never runs. */
  lose(): void
}

/** Runs the action to its end, its post step too. Never rejects because the action failed. */
export function runAction(order: ActionOrder): Promise<ActionResult> {
  return startAction(order).done
}

/** Starts the action; the handle can cancel, kill and lose it. */
export function startAction(order: ActionOrder): RunningAction {
  const running = new Step(order)
  return {
    done: running.run(),
    get log() {
      return running.lines.join('\n')
    },
    get pid() {
      return running.phase?.pid
    },
    logged: (pattern) => running.logged(pattern),
    cancel: () => running.cancel(),
    kill: (signal = 'SIGKILL') => running.phase?.kill(signal),
    lose: () => running.lose(),
  }
}

class Step {
  readonly #order: ActionOrder
  readonly #action: ActionFile
  readonly #dir: string
  readonly #root: string
  readonly #folders: Folders
  readonly #masks = new Masks()
  readonly #waiting = new Set<{ readonly pattern: RegExp; resolve(): void; reject(error: Error): void }>()
  /** What the phases share: variables and state that one of them wrote for the next. */
  #env: Record<string, string>
  #path: readonly string[] = []
  #state: Readonly<Record<string, string>> = {}
  #cancelled = false
  #lost = false
  #ended = false
  readonly lines: string[] = []
  phase: Phase | undefined

  constructor(order: ActionOrder) {
    this.#order = order
    this.#dir = resolve(order.dir)
    this.#action = readActionFile(this.#dir)
    this.#root = mkdtempSync(join(tmpdir(), 'runner-'))
    const folder = (name: string): string => {
      mkdirSync(join(this.#root, name), { recursive: true })
      return join(this.#root, name)
    }
    this.#folders = {
      workspace: order.workspace === undefined ? folder('work') : resolve(order.workspace),
      temp: folder('temp'),
      toolCache: folder('tools'),
      home: folder('home'),
      eventPath: join(folder('temp'), 'event.json'),
    }
    writeFileSync(this.#folders.eventPath, JSON.stringify(order.event ?? defaultEvent(order.github)))
    this.#masks.add(order.github.token)
    this.#env = { ...order.env, ...this.#kubeconfig() }
  }

  async run(): Promise<ActionResult> {
    const { pre, preIf, main, post, postIf } = this.#action
    const inputs = this.#inputs()
    const onAbort = (): void => this.cancel()
    const { cancel, cancelAfter } = this.#order
    cancel?.addEventListener('abort', onAbort)
    let timer: NodeJS.Timeout | undefined
    try {
      const before =
        pre !== undefined && holds(preIf, 'success')
          ? await this.#run('pre', pre, inputs.variables, [])
          : undefined
      if (cancelAfter !== undefined) timer = setTimeout(onAbort, cancelAfter)
      const itself = await this.#run('main', main, inputs.variables, inputs.warnings)
      const failed = itself.exitCode !== 0 || (before !== undefined && before.exitCode !== 0)
      const conclusion: JobState = this.#cancelled ? 'cancelled' : failed ? 'failure' : 'success'
      clearTimeout(timer)
      const wanted = post !== undefined && !this.#lost && holds(postIf, conclusion)
      const after = wanted ? await this.#run('post', post, inputs.variables, []) : undefined
      return { ...itself, conclusion, pre: before, post: after, env: { ...this.#env } }
    } finally {
      clearTimeout(timer)
      cancel?.removeEventListener('abort', onAbort)
      this.#ended = true
      for (const { pattern, reject } of this.#waiting)
        reject(
          new Error(`the action ended without a line that matches ${String(pattern)}; ${this.#lastLines()}`),
        )
      rmSync(this.#root, { recursive: true, force: true })
    }
  }

  cancel(): void {
    if (this.#cancelled || this.#ended) return
    this.#cancelled = true
    this.phase?.cancel(this.#order.grace ?? RUNNER_GRACE)
  }

  lose(): void {
    this.#lost = true
    this.phase?.kill('SIGKILL')
  }

  logged(pattern: RegExp): Promise<void> {
    if (this.lines.some((line) => pattern.test(line))) return Promise.resolve()
    if (this.#ended)
      return Promise.reject(
        new Error(`the action has ended; no line matched ${String(pattern)}; ${this.#lastLines()}`),
      )
    return new Promise((resolve, reject) => this.#waiting.add({ pattern, resolve, reject }))
  }

  /** What a test that waited in vain wants to see. */
  #lastLines(): string {
    return `its last lines:\n${this.lines.slice(-25).join('\n')}`
  }

  #heard(line: string): void {
    this.lines.push(line)
    this.#order.onLine?.(line)
    for (const waiting of this.#waiting) {
      if (!waiting.pattern.test(line)) continue
      this.#waiting.delete(waiting)
      waiting.resolve()
    }
  }

  async #run(
    name: 'pre' | 'main' | 'post',
    script: string,
    inputs: Readonly<Record<string, string>>,
    warnings: readonly string[],
  ): Promise<PhaseResult> {
    const { github, debug = false, node = process.execPath } = this.#order
    const log = new StepLog(this.#masks, debug, (line) => this.#heard(line))
    for (const warning of warnings) log.annotate('warning', warning)
    const files = commandFiles(join(this.#root, 'files', name))
    const base = runnerEnvironment(github, this.#folders)
    const env = {
      ...base,
      ...this.#env,
      PATH: [...this.#path, this.#env['PATH'] ?? base['PATH'] ?? ''].join(':'),
      ...files.paths,
      ...inputs,
      ...Object.fromEntries(Object.entries(this.#state).map(([key, value]) => [`STATE_${key}`, value])),
      ...(debug ? { RUNNER_DEBUG: '1' } : {}),
    }
    this.phase = startPhase({ node, script: join(this.#dir, script), cwd: this.#folders.workspace, env, log })
    const ended = await this.phase.ended
    this.phase = undefined
    const { outputs, state, env: exported, path, summary, errors } = files.read()
    for (const error of errors) log.annotate('error', error)
    this.#state = { ...this.#state, ...log.state, ...state }
    Object.assign(this.#env, exported)
    this.#path = [...path, ...this.#path]
    return {
      exitCode: ended.exitCode === 0 && errors.length > 0 ? 1 : ended.exitCode,
      signal: ended.signal,
      killed: ended.signal === 'SIGKILL',
      ms: ended.ms,
      log: log.lines.join('\n'),
      annotations: log.annotations,
      outputs: { ...log.outputs, ...outputs },
      state: this.#state,
      summary: this.#masks.apply(summary),
    }
  }

  /** INPUT_ variables: what was given, else the default; and what the runner warns of. */
  #inputs(): { readonly variables: Readonly<Record<string, string>>; readonly warnings: readonly string[] } {
    const given = new Map(
      Object.entries(this.#order.inputs ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    )
    const known = this.#action.inputs
    const context = githubContext(this.#order.github, this.#folders)
    const variables = [...given].map(([name, value]) => [inputVariable(name), value])
    const defaults = known
      .filter(({ name }) => !given.has(name.toLowerCase()))
      .map((input) => [inputVariable(input.name), render(input.default, context)])
    const unexpected = Object.keys(this.#order.inputs ?? {}).filter(
      (name) => !known.some((input) => input.name.toLowerCase() === name.toLowerCase()),
    )
    const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ')
    const warnings = known.flatMap(({ name, deprecation }) =>
      deprecation !== undefined && given.has(name.toLowerCase())
        ? [`Input '${name}' has been deprecated with message: ${deprecation}`]
        : [],
    )
    if (unexpected.length > 0) {
      warnings.unshift(
        `Unexpected input(s) ${quoted(unexpected)}, valid inputs are [${quoted(known.map(({ name }) => name))}]`,
      )
    }
    return { variables: Object.fromEntries([...variables, ...defaults]), warnings }
  }

  #kubeconfig(): Readonly<Record<string, string>> {
    const { kubeconfig } = this.#order
    if (kubeconfig === undefined) return {}
    const contents = kubeconfig.includes('\n') || kubeconfig.startsWith('{')
    if (!contents) return { KUBECONFIG: kubeconfig }
    const path = join(this.#folders.temp, 'kubeconfig')
    writeFileSync(path, kubeconfig, { mode: 0o600 })
    return { KUBECONFIG: path }
  }
}

function defaultEvent({ repository, ref, sha }: RunContext): object {
  const [login = '', name = ''] = repository.split('/')
  return { ref, after: sha, repository: { name, full_name: repository, owner: { login } } }
}
