import { spawn } from 'node:child_process'
import type { Clock } from '@release-actions/ports'
import { messageOf, type Milliseconds } from '@release-actions/values'

/** A program and its arguments: nothing of it passes through a shell. */
export interface Program {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Default: none. */
  readonly timeout?: Milliseconds
  /** For its standard input; without it that is empty. */
  readonly input?: string
  /** Is told each line of both outputs as it comes. */
  readonly onLine?: (line: string) => void
}

/** How a program ended. */
export type Ended =
  | {
      readonly kind: 'exit'
      readonly code: number
      /** The last 64 Ki characters. */
      readonly stdout: string
      /** The last ten lines of both outputs. */
      readonly tail: string
    }
  | { readonly kind: 'killed'; readonly why: 'timeout' | 'cancelled' | 'signal'; readonly tail: string }
  | { readonly kind: 'unstarted'; readonly code: string | undefined; readonly message: string }

const KEPT = 64 * 1024
/** From SIGTERM to SIGKILL. */
const GRACE_MS = 2000

/** Runs it to its end, with everything that it starts. Never rejects. */
export function execute(order: Program): Promise<Ended> {
  const { program, args, env, cwd, clock, signal, timeout, input, onLine } = order
  return new Promise((resolve) => {
    // A process group of its own, so that everything it starts can be ended with it.
    const started = spawn(program, args, {
      env,
      cwd,
      detached: true,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    const timer = new AbortController()
    let [stdout, tail]: [string, string] = ['', '']
    let killed: 'timeout' | 'cancelled' | undefined
    let missing = false
    const stop = (): void => {
      end(started.pid, 'SIGTERM')
      void clock.sleep(GRACE_MS, timer.signal).then(() => {
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
    const [toldOut, toldErr] = [byLine(onLine), byLine(onLine)]
    started.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-KEPT)
      tail = (tail + text).slice(-KEPT)
      toldOut.add(text)
    })
    started.stderr?.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-KEPT)
      toldErr.add(text)
    })
    // A program that does not read its input ends before it has all of it: its exit code says what there is to say.
    started.stdin?.on('error', () => undefined).end(input)
    started.on('error', (error) => {
      missing = true
      done({ kind: 'unstarted', code: codeOf(error), message: messageOf(error) })
    })
    started.on('close', (code) => {
      if (missing) return
      toldOut.end()
      toldErr.end()
      const last = lastLines(tail)
      if (killed !== undefined) done({ kind: 'killed', why: killed, tail: last })
      else if (code === null) done({ kind: 'killed', why: 'signal', tail: last })
      else done({ kind: 'exit', code, stdout, tail: last })
    })
    // `close` waits for every writer of the pipes: what the program left in the background is ended, not waited for.
    started.on('exit', () => {
      if (killed === undefined) stop()
    })
    if (signal.aborted) cancel()
    else signal.addEventListener('abort', cancel, { once: true })
    if (timeout !== undefined) {
      void clock.sleep(timeout, timer.signal).then(() => {
        if (!timer.signal.aborted) kill('timeout')
      })
    }
  })
}

/** Text as it comes, told by whole lines; a progress bar that rewrites its line counts as lines. */
function byLine(tell: ((line: string) => void) | undefined): { add(text: string): void; end(): void } {
  let rest = ''
  return {
    add: (text) => {
      if (tell === undefined) return
      const lines = (rest + text).split(/\r\n|\n|\r(?!$)/)
      rest = (lines.pop() ?? '').slice(-KEPT)
      for (const line of lines) tell(line)
    },
    end: () => {
      if (rest !== '') tell?.(rest)
      rest = ''
    },
  }
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

function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

function lastLines(text: string): string {
  const lines = text.trimEnd().split('\n').slice(-10)
  return lines.map((line) => (line.length > 300 ? `${line.slice(0, 299)}…` : line)).join('\n')
}
