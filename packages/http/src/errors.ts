import { messageOf, RateLimited, type ReleaseError, TimedOut, Unreachable } from '@release-actions/values'
import { retryAfter } from './retry.ts'
import type { HttpAnswer } from './types.ts'

/** What the usual socket errors mean, in words. */
const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ENOTFOUND: 'the name does not resolve',
  EAI_AGAIN: 'the name did not resolve (try again)',
  ETIMEDOUT: 'the connection timed out',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'the network is unreachable',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an authority that is not trusted here',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

/** A request that got no answer: names the host and the cause. */
export function unreachable(method: string, url: URL, cause: unknown): Unreachable {
  const code = codeOf(cause)
  const meaning = code === undefined ? undefined : MEANINGS[code]
  const why = meaning === undefined ? messageOf(innermost(cause)) : `${meaning} (${code})`
  return new Unreachable(`${url.host} cannot be reached: ${why}`, {
    object: `${method} ${url.origin}${url.pathname}`,
    cause,
  })
}

/** A request whose answer was not complete in time. */
export function tooSlow(method: string, url: URL, timeout: number): TimedOut {
  return new TimedOut(`${url.host} did not answer within ${timeout} ms`, {
    object: `${method} ${url.origin}${url.pathname}`,
  })
}

/**
 * The error for an answer that says "not now" or "not I" whoever was asked: 429 → `rate-limited`,
 * 500–599 → `unreachable`. Other statuses are the caller's to judge: undefined.
 */
export function serverError(answer: HttpAnswer, what: string): ReleaseError | undefined {
  if (answer.status === 429) {
    const wait = retryAfter(answer.headers, 0)
    return new RateLimited(`${what}: too many requests (429)`, wait, { why: firstLines(answer.body) })
  }
  if (answer.status >= 500) {
    return new Unreachable(`${what}: the server answered ${answer.status}`, { why: firstLines(answer.body) })
  }
  return undefined
}

function firstLines(body: string): readonly string[] {
  return body
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, 5)
    .map((line) => (line.length > 300 ? `${line.slice(0, 299)}…` : line))
}

/** Happy Eyeballs reports an AggregateError: its parts say what happened. */
function innermost(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0])
  return error
}

export function codeOf(error: unknown): string | undefined {
  const inner = innermost(error)
  const code = typeof inner === 'object' && inner !== null && 'code' in inner ? inner.code : undefined
  return typeof code === 'string' ? code : undefined
}
