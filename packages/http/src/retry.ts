import type { Clock } from '@release-actions/ports'
import type { Milliseconds } from '@release-actions/values'
import { Unreachable } from '@release-actions/values'

export interface RetryPolicy {
  /** Requests at most, the first one included. */
  readonly attempts: number
  /** No new attempt is begun after this long. */
  readonly deadline: Milliseconds
  /** The longest first pause; it doubles each time. The pause taken is random, from 0 to that ("full jitter"). */
  readonly first: Milliseconds
  readonly longest: Milliseconds
}

export const RETRY: RetryPolicy = { attempts: 5, deadline: 30_000, first: 200, longest: 5_000 }

const AGAIN = new Set([429, 500, 502, 503, 504])
const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])

export function mayRepeat(method: string, retry: 'idempotent' | 'always' | 'never'): boolean {
  return retry === 'always' || (retry === 'idempotent' && IDEMPOTENT.has(method.toUpperCase()))
}

/**
 * The one retry policy. Repeats `send` after a broken connection (Unreachable) and after 429, 500, 502, 503 and 504,
 * waiting as long as `Retry-After` says, else exponentially longer with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). When no time is left, the last answer
 * or error is the result.
 * @param hurried once it has aborted there are seconds: a pause ends, and the next ones are short
 */
export async function repeat<
  Answer extends { readonly status: number; readonly headers: Readonly<Record<string, string>> },
>(
  send: () => Promise<Answer>,
  policy: RetryPolicy,
  clock: Clock,
  random: () => number,
  signal: AbortSignal | undefined,
  hurried?: AbortSignal,
): Promise<Answer> {
  const end = clock.now() + policy.deadline
  for (let attempt = 1; ; attempt++) {
    const outcome = await attempted(send)
    if (outcome.kind === 'answer' && !AGAIN.has(outcome.answer.status)) return outcome.answer
    const told = outcome.kind === 'answer' ? retryAfter(outcome.answer.headers, clock.now()) : undefined
    const asked = told ?? random() * Math.min(policy.longest, policy.first * 2 ** (attempt - 1))
    const pause = hurried?.aborted === true ? Math.min(asked, policy.first) : asked
    const over = attempt >= policy.attempts || clock.now() + pause > end
    if (!over) await clock.sleep(pause, anyOf(signal, hurried?.aborted === true ? undefined : hurried))
    if (over || signal?.aborted === true) {
      if (outcome.kind === 'answer') return outcome.answer
      throw outcome.error
    }
  }
}

function anyOf(a: AbortSignal | undefined, b: AbortSignal | undefined): AbortSignal | undefined {
  return a !== undefined && b !== undefined ? AbortSignal.any([a, b]) : (a ?? b)
}

type Outcome<Answer> =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'broken'; readonly error: Unreachable }

async function attempted<Answer>(send: () => Promise<Answer>): Promise<Outcome<Answer>> {
  try {
    return { kind: 'answer', answer: await send() }
  } catch (error) {
    if (error instanceof Unreachable) return { kind: 'broken', error }
    throw error
  }
}

/** The pause that `Retry-After` asks for (RFC 9110, 10.2.3: seconds or a date). @returns milliseconds */
export function retryAfter(headers: Readonly<Record<string, string>>, now: number): Milliseconds | undefined {
  const text = headers['retry-after']?.trim()
  if (text === undefined || text === '') return undefined
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
