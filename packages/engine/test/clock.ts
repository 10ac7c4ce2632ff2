import type { Clock } from '@release-actions/ports'

/** Time passes when it is slept through, and what is due happens on the way. */
export class VirtualClock implements Clock {
  #now: number
  #due: { at: number; happen: () => void }[] = []
  readonly #passing: (ms: number) => void

  constructor(passing: (ms: number) => void = () => undefined, start = 1_000_000) {
    this.#passing = passing
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  in(ms: number, happen: () => void): void {
    this.#due.push({ at: this.#now + ms, happen })
    this.#due.sort((a, b) => a.at - b.at)
  }

  /** @returns whether something happened before all of it had passed */
  pass(ms: number, until: { ended: () => boolean } = { ended: () => false }): boolean {
    const end = this.#now + ms
    for (let next = this.#due[0]; next !== undefined && next.at <= end; next = this.#due[0]) {
      this.#due.shift()
      this.#to(next.at)
      next.happen()
      if (until.ended()) return true
    }
    this.#to(end)
    return false
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted !== true) this.pass(ms, { ended: () => signal?.aborted === true })
    return Promise.resolve()
  }

  /** As a watch does: at the first thing that happens, or after `ms`. */
  first(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted !== true) this.pass(ms, { ended: () => true })
    return Promise.resolve()
  }

  #to(at: number): void {
    if (at > this.#now) this.#passing(at - this.#now)
    this.#now = Math.max(this.#now, at)
  }
}
