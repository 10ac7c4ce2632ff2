/**
 * How much a token may ask: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
 * Counted are requests an hour, and requests that generate content (every POST, PATCH, PUT and DELETE) a minute and
 * an hour.
 */
import { Refusal, type Answer } from './answer.ts'

export interface Limits {
  /** Requests an hour: 1,000 for a repository's GITHUB_TOKEN. */
  readonly perHour: number
  readonly contentPerMinute: number
  readonly contentPerHour: number
}

export const GITHUB_LIMITS: Limits = { perHour: 1000, contentPerMinute: 80, contentPerHour: 500 }

const HOUR = 3_600_000
const MINUTE = 60_000

export type Resource = 'core' | 'graphql'

/** The account of one token. */
export class Account {
  readonly #limits: Limits
  readonly #now: () => number
  readonly #requests: Record<Resource, { since: number; used: number }>
  #content: number[] = []

  constructor(limits: Limits, now: () => number) {
    this.#limits = limits
    this.#now = now
    this.#requests = { core: { since: now(), used: 0 }, graphql: { since: now(), used: 0 } }
  }

  /** Content-generating requests of the last minute and hour. */
  content(): { readonly minute: number; readonly hour: number } {
    const now = this.#now()
    this.#content = this.#content.filter((at) => at > now - HOUR)
    return { minute: this.#content.filter((at) => at > now - MINUTE).length, hour: this.#content.length }
  }

  state(resource: Resource): {
    readonly limit: number
    readonly used: number
    readonly remaining: number
    readonly reset: number
  } {
    const window = this.#requests[resource]
    if (this.#now() - window.since >= HOUR) Object.assign(window, { since: this.#now(), used: 0 })
    const { perHour } = this.#limits
    const used = Math.min(window.used, perHour)
    return { limit: perHour, used, remaining: perHour - used, reset: Math.ceil((window.since + HOUR) / 1000) }
  }

  headers(resource: Resource): Readonly<Record<string, string>> {
    const { limit, used, remaining, reset } = this.state(resource)
    return {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-used': String(used),
      'x-ratelimit-reset': String(reset),
      'x-ratelimit-resource': resource,
    }
  }

  /** Counts a request. @throws Refusal when the hour's are used up, or content comes too fast */
  take(resource: Resource, generatesContent: boolean): void {
    const { remaining } = this.state(resource)
    if (remaining === 0) throw new Refusal(403, 'API rate limit exceeded for installation ID 15368.')
    this.#requests[resource].used++
    if (!generatesContent) return
    const { minute, hour } = this.content()
    const { contentPerMinute, contentPerHour } = this.#limits
    if (minute >= contentPerMinute || hour >= contentPerHour) throw secondaryLimit(403, 60)
    this.#content.push(this.#now())
  }

  /** Uses up the hour, which ends in so many seconds. */
  exhaust(resetIn: number): void {
    for (const window of Object.values(this.#requests)) {
      Object.assign(window, { since: this.#now() - HOUR + resetIn * 1000, used: this.#limits.perHour })
    }
  }

  /** What `GET /rate_limit` says; it does not count itself. */
  overview(): Answer {
    const [core, graphql] = [this.state('core'), this.state('graphql')]
    const search = { limit: 30, used: 0, remaining: 30, reset: core.reset }
    return { status: 200, body: { resources: { core, graphql, search }, rate: core } }
  }
}

export function secondaryLimit(status: 403 | 429, retryAfter: number | undefined): Refusal {
  const message =
    'You have exceeded a secondary rate limit. Please wait a few minutes before you try again. ' +
    'For more on scraping GitHub and how it may affect your rights, please review our Terms of Service.'
  return new Refusal(
    status,
    message,
    {},
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  )
}
