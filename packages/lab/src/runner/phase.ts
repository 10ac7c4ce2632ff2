/** One process of a step: its output read line by line, its end awaited, its cancellation as the runner does it. */
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { StepLog } from './log.ts'

/** Milliseconds from SIGINT to SIGTERM, and from SIGTERM to the kill. */
export interface Grace {
  readonly interrupt: number
  readonly terminate: number
}
export const RUNNER_GRACE: Grace = { interrupt: 7500, terminate: 2500 }

export interface Ended {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined
  readonly signal: NodeJS.Signals | undefined
  readonly ms: number
}

export interface Phase {
  readonly pid: number | undefined
  readonly ended: Promise<Ended>
  /** SIGINT, SIGTERM, SIGKILL, to the node process alone. */
  cancel(grace: Grace): void
  kill(signal: NodeJS.Signals): void
}

/** How long the output of a process that has ended may still be held open by one that it left behind. */
const STRAGGLERS = 1000

export function startPhase(order: {
  readonly node: string
  readonly script: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly log: StepLog
}): Phase {
  const started = performance.now()
  const child = spawn(order.node, [order.script], {
    cwd: order.cwd,
    env: order.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const finish = [lines(child.stdout, order.log), lines(child.stderr, order.log)]
  const timers = new Set<NodeJS.Timeout>()
  const later = (ms: number, what: () => void): void => void timers.add(setTimeout(what, ms))
  const ended = new Promise<Ended>((resolve, reject) => {
    let exit: Ended | undefined
    const settle = (): void => {
      if (exit === undefined) return
      timers.forEach(clearTimeout)
      child.stdout.destroy()
      child.stderr.destroy()
      for (const flush of finish) flush()
      resolve(exit)
    }
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      exit = { exitCode: code ?? undefined, signal: signal ?? undefined, ms: performance.now() - started }
      later(STRAGGLERS, settle)
    })
    child.once('close', settle)
  })
  return {
    pid: child.pid,
    ended,
    cancel({ interrupt, terminate }) {
      child.kill('SIGINT')
      later(interrupt, () => {
        child.kill('SIGTERM')
        later(terminate, () => child.kill('SIGKILL'))
      })
    },
    kill: (signal) => void child.kill(signal),
  }
}

/** Feeds whole lines to the log. @returns what feeds the rest, once */
function lines(stream: Readable, log: StepLog): () => void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) log.read(line.replace(/\r$/, ''))
  })
  return () => {
    if (rest !== '') log.read(rest)
    rest = ''
  }
}
