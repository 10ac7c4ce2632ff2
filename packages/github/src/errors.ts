import {
  Conflict,
  Forbidden,
  NotFound,
  RateLimited,
  ReleaseError,
  TimedOut,
  Unreachable,
  messageOf,
  type Milliseconds,
} from '@release-actions/values'

/** What GitHub answered, as far as an error needs it. */
export interface Refusal {
  /** `POST /repos/o/r/deployments` */
  readonly what: string
  readonly status: number
  readonly headers: Readonly<Record<string, string | number | undefined>>
  readonly data: unknown
  /** The permission that this call takes: `deployments: write`. */
  readonly needs: string | undefined
}

/**
 * An answer of GitHub's that is no success, as one of our errors: what happened, why, and what to do.
 * @param now milliseconds since 1970, to turn a reset time into a wait
 */
export function refused(refusal: Refusal, now: number): ReleaseError {
  const { what, status, data, needs } = refusal
  const said = saidBy(data)
  const details = { object: what, why: said === undefined ? [] : [`GitHub: ${said}`] }
  const limited = rateLimit(refusal, said, now)
  if (limited !== undefined) {
    return new RateLimited(
      `GitHub's rate limit is reached (${status})${waitOf(limited.wait)}`,
      limited.wait,
      details,
    )
  }
  switch (status) {
    case 401:
      return new Forbidden('GitHub does not accept the token (401)', {
        ...details,
        fix: [
          'pass token: ${{ github.token }}; it ends with its job, and one of another kind may have expired',
        ],
      })
    case 403:
    case 404:
      if (status === 404 && needs === undefined)
        return new NotFound(`GitHub does not find it: ${what}`, details)
      return withheld(refusal, said, details)
    case 409:
      return new Conflict(`GitHub refuses it as a conflict (409): ${said ?? what}`, details)
    case 422:
      return new ReleaseError('invalid-input', `GitHub refuses the request (422): ${said ?? what}`, details)
    default:
      if (status >= 500) return new Unreachable(`GitHub answered ${status} to ${what}`, details)
      return new Unreachable(`GitHub answered ${status} to ${what}, which is not expected`, details)
  }
}

/** A success whose body is not what GitHub documents: an error page, half an answer. */
export function garbled(what: string, missing: string): Unreachable {
  return new Unreachable(`GitHub's answer to ${what} cannot be read: ${missing}`, { object: what })
}

/** No answer, or none that can be read: what was asked for may have been done all the same. */
export function isLost(error: unknown): boolean {
  return error instanceof Unreachable || error instanceof TimedOut
}

/** 403, or a 404 that hides what the token may not see. */
function withheld(
  refusal: Refusal,
  said: string | undefined,
  details: { object: string; why: readonly string[] },
): ReleaseError {
  const accepted = refusal.headers['x-accepted-github-permissions']
  const permission = typeof accepted === 'string' ? spelled(accepted) : refusal.needs
  if (refusal.status === 404) {
    return new NotFound(`GitHub does not find it, or hides it from this token: ${refusal.what}`, {
      ...details,
      fix: permission === undefined ? [] : [`if it is there, add to the job's permissions: ${permission}`],
    })
  }
  if (permission === undefined || !/not accessible|permission/i.test(said ?? '')) {
    return new Forbidden(`GitHub forbids it (403): ${said ?? refusal.what}`, details)
  }
  return new Forbidden(`the token may not do this: it lacks ${permission}`, {
    ...details,
    fix: [
      `add to the job: permissions: {${permission}} (a fork's pull request gets a read-only token whatever is written)`,
    ],
  })
}

/** `deployments=write; checks=write` → `deployments: write, checks: write` */
function spelled(accepted: string): string {
  return accepted
    .split(/[;,]/)
    .map((entry) => entry.trim().replace('=', ': '))
    .filter((entry) => entry !== '')
    .join(', ')
}

/** Primary limit: nothing remains until a reset. Secondary: `retry-after`, or only the words. */
function rateLimit(
  { status, headers }: Refusal,
  said: string | undefined,
  now: number,
): { readonly wait: Milliseconds | undefined } | undefined {
  if (status !== 403 && status !== 429) return undefined
  const after = Number(headers['retry-after'] ?? NaN)
  if (Number.isFinite(after)) return { wait: Math.max(0, after * 1000) }
  const reset = Number(headers['x-ratelimit-reset'] ?? NaN)
  if (String(headers['x-ratelimit-remaining']) === '0' && Number.isFinite(reset))
    return { wait: Math.max(0, reset * 1000 - now) }
  return status === 429 || /rate limit/i.test(said ?? '') ? { wait: undefined } : undefined
}

function waitOf(wait: Milliseconds | undefined): string {
  return wait === undefined ? '' : `; it asks for a pause of ${Math.ceil(wait / 1000)} s`
}

/** GitHub's own words in a body: its message, and each of its errors. */
function saidBy(data: unknown): string | undefined {
  if (typeof data === 'string') return data.trim() === '' ? undefined : firstLine(data)
  if (typeof data !== 'object' || data === null || !('message' in data)) return undefined
  const errors =
    'errors' in data && Array.isArray(data.errors)
      ? data.errors.map((entry: unknown) => errorWords(entry))
      : []
  return [messageOf(data.message), ...errors].join('; ')
}

function errorWords(entry: unknown): string {
  if (typeof entry === 'object' && entry !== null && 'message' in entry) return messageOf(entry.message)
  return typeof entry === 'string' ? entry : JSON.stringify(entry)
}

function firstLine(text: string): string {
  const line = text
    .trim()
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > 200 ? `${line.slice(0, 199)}…` : line
}
