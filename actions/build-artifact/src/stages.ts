import type { Kit } from '@release-actions/action-kit'
import { formatDuration, type Milliseconds } from '@release-actions/values'

/** Silence for longer than this looks like death. */
const HEARTBEAT_MS: Milliseconds = 30_000

export interface StageTime {
  readonly name: string
  readonly ms: Milliseconds
}

/** The parts of a build, each a group of the log with its time, and a sign of life while it is quiet. */
export class Stages {
  readonly #kit: Pick<Kit, 'clock' | 'log'>
  readonly #times: StageTime[] = []

  constructor(kit: Pick<Kit, 'clock' | 'log'>) {
    this.#kit = kit
  }

  get times(): readonly StageTime[] {
    return this.#times
  }

  /** @param work is given where its lines go */
  async run<T>(name: string, work: (say: (line: string) => void) => Promise<T>): Promise<T> {
    const { clock, log } = this.#kit
    const began = clock.now()
    const group = log.open(name)
    const over = new AbortController()
    let heard = began
    const beat = async (): Promise<void> => {
      while (!over.signal.aborted) {
        await clock.sleep(HEARTBEAT_MS, over.signal)
        if (over.signal.aborted || clock.now() - heard < HEARTBEAT_MS) continue
        group.line(`… ${name.toLowerCase()}: ${elapsed(clock.now() - began)} so far`)
      }
    }
    const beating = beat()
    try {
      return await work((line) => {
        heard = clock.now()
        group.line(line)
      })
    } finally {
      over.abort()
      await beating
      group.close()
      const ms = clock.now() - began
      this.#times.push({ name, ms })
      log.line(`${name}: ${elapsed(ms)}`)
    }
  }
}

/** Whole seconds from one second on. */
export function elapsed(ms: Milliseconds): string {
  return formatDuration(ms < 1000 ? ms : Math.round(ms / 1000) * 1000)
}
