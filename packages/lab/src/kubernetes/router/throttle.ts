/**
 * Applies values the way Traefik's `providersThrottleDuration` does: one that comes after a quiet time at once, and
 * then nothing until the duration is over, when the last that came meanwhile is applied, and the duration starts anew.
 */
export class Throttle<T> {
  readonly #ms: number
  readonly #apply: (value: T) => void
  #waiting: { readonly value: T } | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(ms: number, apply: (value: T) => void) {
    this.#ms = ms
    this.#apply = apply
  }

  offer(value: T): void {
    this.#waiting = { value }
    // A little later, never in the same turn: what a status says was accepted is not in effect yet.
    this.#timer ??= setTimeout(() => this.#take(), Math.min(5, this.#ms))
  }

  #take(): void {
    this.#timer = undefined
    if (this.#waiting === undefined) return
    const { value } = this.#waiting
    this.#waiting = undefined
    this.#timer = setTimeout(() => this.#take(), this.#ms)
    this.#apply(value)
  }

  close(): void {
    clearTimeout(this.#timer)
  }
}
