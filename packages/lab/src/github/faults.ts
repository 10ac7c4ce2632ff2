/** What a test can order to go wrong. */
import type { GitHubEvent } from './events.ts'

export type Fault =
  /** Answered so, without effect. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly message?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** Late by so many milliseconds; otherwise as usual. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The connection ends without an answer, before or after the request took effect. */
  | { readonly kind: 'drop'; readonly effect: 'before' | 'after' }
  /** It took effect; the body is a page of a proxy, not JSON. */
  | { readonly kind: 'garbage' }
  /** It took effect; the body is empty. */
  | { readonly kind: 'empty' }
  /** It took effect; the connection ends in the middle of the body. */
  | { readonly kind: 'truncated' }
  /** GitHub's secondary rate limit; `retryAfter` in seconds. */
  | { readonly kind: 'secondary-limit'; readonly status: 403 | 429; readonly retryAfter?: number }
  /** The hour's requests are used up; they come back in `resetIn` seconds. */
  | { readonly kind: 'primary-limit'; readonly resetIn: number }
  /** A replica that lags: lists (REST and GraphQL) leave out that many of the newest. */
  | { readonly kind: 'stale'; readonly newest: number }

export interface FaultOrder {
  /** GitHub's names; all operations when left out. */
  readonly operations?: readonly GitHubEvent['operation'][]
  readonly when?: (event: GitHubEvent) => boolean
  /** Lets that many matching requests pass first. */
  readonly skip?: number
  /** How many requests it meets: 1, or Infinity until it is withdrawn. */
  readonly times?: number
  readonly fault: Fault
}

export interface OrderedFault {
  /** Requests that met it. */
  readonly met: number
  withdraw(): void
}

export class Faults {
  readonly #orders: { readonly order: FaultOrder; seen: number; met: number }[] = []

  order(order: FaultOrder): OrderedFault {
    const entry = { order, seen: 0, met: 0 }
    this.#orders.push(entry)
    return {
      get met() {
        return entry.met
      },
      withdraw: () =>
        void this.#orders.splice(this.#orders.indexOf(entry), this.#orders.includes(entry) ? 1 : 0),
    }
  }

  /** The fault that this request meets: the first that was ordered for it. */
  next(event: GitHubEvent): Fault | undefined {
    for (const entry of this.#orders) {
      const { operations, when, skip = 0, times = 1, fault } = entry.order
      if (operations !== undefined && !operations.includes(event.operation)) continue
      if (when !== undefined && !when(event)) continue
      if (entry.met >= times || entry.seen++ < skip) continue
      entry.met++
      return fault
    }
    return undefined
  }
}
