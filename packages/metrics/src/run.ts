import { spawn } from 'node:child_process'
import { codeOf } from '@release-actions/http'
import { noData, reading, sourceError, type Note, type Reading, type RunSource } from '@release-actions/judge'
import type { Track } from '@release-actions/ports'
import { formatDuration, messageOf } from '@release-actions/values'
import type { GateSource, Look, MetricsWorld } from './source.ts'
import { valuesFor } from './values.ts'

/**
 * The exit code of a command, or the number that it prints. The script is an argument of the shell, as the user wrote
 * it; what it may want to know comes by environment variables: RELEASE_NAMESPACE, RELEASE_SERVICE, RELEASE_WORKLOAD,
 * RELEASE_VERSION, RELEASE_TRACK, RELEASE_KUBE_SERVICE, RELEASE_WINDOW.
 */
export function runSource(source: RunSource, world: MetricsWorld): GateSource {
  return {
    async sample(track, look) {
      const env = environment(world, track, look)
      const inBash = await execute(BASH, source, env, world, look.signal)
      const absent = inBash.kind === 'unstarted' && inBash.code === 'ENOENT'
      return readOutcome(source, absent ? await execute(SH, source, env, world, look.signal) : inBash)
    },
  }
}

/** How a command ended. */
type Ended =
  | { readonly kind: 'exit'; readonly code: number; readonly stdout: string; readonly tail: string }
  | { readonly kind: 'killed'; readonly why: 'timeout' | 'cancelled' | 'signal'; readonly tail: string }
  | { readonly kind: 'unstarted'; readonly code: string | undefined; readonly message: string }

function readOutcome(source: RunSource, ended: Ended): Reading {
  if (ended.kind === 'unstarted')
    return sourceError('source-error', `the command could not be started: ${ended.message}`)
  const notes: Note[] = ended.tail === '' ? [] : [{ reason: 'output', detail: ended.tail }]
  if (ended.kind === 'killed') {
    if (ended.why === 'timeout')
      return sourceError('timeout', `the command did not end within ${formatDuration(source.timeout)}`, notes)
    return sourceError(
      'source-error',
      ended.why === 'cancelled' ? 'the command was cancelled' : 'the command was killed',
      notes,
    )
  }
  const { code, stdout } = ended
  // By the shell's convention the command did not run at all: that says nothing about the release.
  if (code === 126 || code === 127)
    return sourceError(
      'source-error',
      `the command was not found or is not executable (exit code ${code})`,
      notes,
    )
  if (source.value === 'exit-code') return reading(code, notes)
  if (code !== 0) return sourceError('source-error', `the command ended with exit code ${code}`, notes)
  const text = stdout.trim()
  if (text === '') return noData('empty', 'the command printed nothing', notes)
  if (/^nan$/i.test(text)) return reading(NaN, notes)
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return reading(Number(text), notes)
  return sourceError('not-a-number', 'the command printed something that is not one number', notes)
}

/** The step's own environment, without what belongs to this action: its inputs (the token, the kubeconfig), its state. */
function environment(world: MetricsWorld, track: Track, look: Look): Record<string, string> {
  const own =
    /^(INPUT_|STATE_|RELEASE_|ACTIONS_RUNTIME_|ACTIONS_ID_TOKEN_|ACTIONS_RESULTS_|GITHUB_(STATE|OUTPUT|ENV|PATH|STEP_SUMMARY)$)/
  const kept = Object.entries(world.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !own.test(entry[0]),
  )
  const values = valuesFor(world, track, look)
  return {
    ...Object.fromEntries(kept),
    RELEASE_NAMESPACE: values.namespace,
    RELEASE_SERVICE: values.service,
    RELEASE_WORKLOAD: values.workload,
    RELEASE_VERSION: values.version,
    RELEASE_TRACK: values.track,
    RELEASE_KUBE_SERVICE: values['kube-service'],
    RELEASE_WINDOW: values.window,
  }
}

const KEPT = 64 * 1024

type Shell = readonly [program: string, ...args: string[]]
const BASH: Shell = ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c']
const SH: Shell = ['sh', '-e', '-c']

function execute(
  [program, ...args]: Shell,
  { script, timeout }: RunSource,
  env: Record<string, string>,
  { workspace, clock }: MetricsWorld,
  signal: AbortSignal,
): Promise<Ended> {
  return new Promise((resolve) => {
    // A process group of its own, so that everything it starts can be ended with it.
    const started = spawn(program, [...args, script], {
      env,
      cwd: workspace,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const timer = new AbortController()
    let [stdout, tail]: [string, string] = ['', '']
    let killed: 'timeout' | 'cancelled' | undefined
    let missing = false
    const stop = (): void => {
      end(started.pid, 'SIGTERM')
      void clock.sleep(2000, timer.signal).then(() => {
        if (!timer.signal.aborted) end(started.pid, 'SIGKILL')
      })
    }
    const kill = (why: 'timeout' | 'cancelled'): void => {
      killed ??= why
      stop()
    }
    const cancel = (): void => kill('cancelled')
    const done = (ended: Ended): void => {
      timer.abort()
      signal.removeEventListener('abort', cancel)
      resolve(ended)
    }
    started.stdout.on('data', (chunk: Buffer) => {
      stdout = (stdout + chunk.toString()).slice(-KEPT)
      tail = (tail + chunk.toString()).slice(-KEPT)
    })
    started.stderr.on('data', (chunk: Buffer) => {
      tail = (tail + chunk.toString()).slice(-KEPT)
    })
    started.on('error', (error) => {
      missing = true
      done({ kind: 'unstarted', code: codeOf(error), message: messageOf(error) })
    })
    started.on('close', (code) => {
      if (missing) return
      const last = lastLines(tail)
      if (killed !== undefined) done({ kind: 'killed', why: killed, tail: last })
      else if (code === null) done({ kind: 'killed', why: 'signal', tail: last })
      else done({ kind: 'exit', code, stdout, tail: last })
    })
    // `close` waits for every writer of the pipes: what the shell left in the background is ended, not waited for.
    started.on('exit', () => {
      if (killed === undefined) stop()
    })
    if (signal.aborted) cancel()
    else signal.addEventListener('abort', cancel, { once: true })
    void clock.sleep(timeout, timer.signal).then(() => {
      if (!timer.signal.aborted) kill('timeout')
    })
  })
}

function end(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    // ESRCH: the group has ended already, which is what was wanted. EPERM: it has become another user's (sudo).
    const code = codeOf(error)
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}

function lastLines(text: string): string {
  const lines = text.trimEnd().split('\n').slice(-10)
  return lines.map((line) => (line.length > 300 ? `${line.slice(0, 299)}…` : line)).join('\n')
}
