import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { Answer, Question, SandboxData, ToKubelet, ToSandbox } from './sandbox.ts'

/** What a container's process is started with. */
export interface ProgramSpec {
  readonly argv: readonly string[]
  readonly file: string
  readonly root: string
  readonly hostname: string
  readonly env: Readonly<Record<string, string>>
}

export interface ProgramEvents {
  output(text: string): void
  listening(port: number, realPort: number): void
  closed(port: number, realPort: number): void
  /** Where a connection of the program to an address of the cluster leads. */
  resolve(question: Question): Answer
}

/** A container's process: a Node program in a worker thread. */
export class Program {
  readonly #worker: Worker
  #killed = false
  /** Settles with the exit code once the thread is gone and its output was read. */
  readonly exited: Promise<number>

  constructor(spec: ProgramSpec, events: ProgramEvents) {
    const { port1: ours, port2: theirs } = new MessageChannel()
    const wake = new SharedArrayBuffer(4)
    ours.on('message', (question: Question) => {
      ours.postMessage({ answer: events.resolve(question) })
      Atomics.store(new Int32Array(wake), 0, 1)
      Atomics.notify(new Int32Array(wake), 0)
    })
    const { argv, file, root, hostname } = spec
    const data: SandboxData = { argv, file, root, hostname, resolver: theirs, wake }
    this.#worker = new Worker((sandbox ??= withoutTypes('sandbox.ts')), {
      eval: true,
      workerData: data,
      transferList: [theirs],
      env: { ...spec.env },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdout: true,
      stderr: true,
    })
    this.#worker.stdout.setEncoding('utf8').on('data', (text: string) => events.output(text))
    this.#worker.stderr.setEncoding('utf8').on('data', (text: string) => events.output(text))
    this.#worker.on('message', (message: ToKubelet) => {
      if (message.kind === 'listening') events.listening(message.port, message.realPort)
      else events.closed(message.port, message.realPort)
    })
    this.#worker.on('error', (error: unknown) => {
      events.output(`${lastWords(error)}\n\nNode.js ${process.version}\n`)
    })
    this.exited = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        ours.close()
        // Output that was written before the exit is read in the next turn.
        setImmediate(() => resolve(this.#killed ? 137 : code))
      })
    })
  }

  signal(signal: NodeJS.Signals): void {
    this.#worker.postMessage({ kind: 'signal', signal } satisfies ToSandbox)
  }

  /** SIGKILL: ends the thread and its sockets at once. */
  kill(): void {
    this.#killed = true
    void this.#worker.terminate()
  }
}

/** The program of a pod's thread, without its types: a thread that strips them itself takes twice as long to start. */
let sandbox: string | undefined

function withoutTypes(name: string): string {
  const file = new URL(name, import.meta.url)
  const code = stripTypeScriptTypes(readFileSync(file, 'utf8'))
  return `${code}\n//# sourceURL=${file.href}`
}

/** What Node prints of an uncaught error, without what only the lab has: its sandbox, and the folder on this machine. */
function lastWords(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : `Uncaught ${String(error)}`
  return text
    .split('\n')
    .filter((line) => !line.includes('/kubelet/sandbox.ts'))
    .map((line) => line.replace(/file:\/\/\S*?\/(?:volumes|roots\/[^/]+)\//, 'file:///'))
    .join('\n')
}
