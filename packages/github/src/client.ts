import { request as octokit } from '@octokit/request'
import type { Endpoints, OctokitResponse } from '@octokit/types'
import type { Http } from '@release-actions/http'
import type { Clock } from '@release-actions/ports'
import { RateLimited, ReleaseError, type Milliseconds } from '@release-actions/values'
import { garbled, refused } from './errors.ts'
import { fetchOver } from './fetch.ts'

export interface GitHubOptions {
  readonly http: Http
  readonly clock: Clock
  readonly token: string
  readonly owner: string
  readonly repo: string
  /** GITHUB_API_URL: `https://api.github.com`, or that of a GHES. */
  readonly apiUrl: string
  /** GITHUB_GRAPHQL_URL */
  readonly graphqlUrl: string
  /** The longest pause that a rate limit may ask for and get; a longer one is RateLimited at once. Default 60 s. */
  readonly patience?: Milliseconds
  readonly signal?: AbortSignal
}

type Parameters<R extends keyof Endpoints> = Omit<Endpoints[R]['parameters'], 'owner' | 'repo'>

/** One repository on GitHub. Every failure is a ReleaseError. */
export interface GitHub {
  readonly owner: string
  readonly repo: string
  /**
   * @param needs the permission that the call takes, for the error: `deployments: write`
   * @throws Forbidden, NotFound, Conflict, RateLimited, Unreachable, TimedOut, Cancelled, ReleaseError `invalid-input`
   */
  call<R extends keyof Endpoints>(
    route: R,
    parameters: Parameters<R>,
    needs?: string,
  ): Promise<Endpoints[R]['response']>
  /** @returns `data` of the answer, unchecked @throws as `call`; GraphQL's own errors are Unreachable or Forbidden */
  graphql(query: string, variables: Readonly<Record<string, unknown>>, needs?: string): Promise<unknown>
}

/** The version of the REST API that was read when this was written; GHES answers what it has. */
const API_VERSION = '2022-11-28'
const MOST_PAUSES = 3

export function createGitHub(options: GitHubOptions): GitHub {
  const { clock, owner, repo, patience = 60_000, signal } = options
  const send = octokit.defaults({
    baseUrl: options.apiUrl,
    owner,
    repo,
    headers: {
      authorization: `token ${options.token}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': API_VERSION,
      'user-agent': 'release-actions',
    },
    // Our own fetch on the one HTTP client; a warning of theirs must not reach the log past the escaping.
    request: { fetch: fetchOver(options.http, signal), log: SILENT },
  })

  /** Sends again after a rate limit that asks for a short pause: a refused request had no effect, a POST's neither. */
  async function patiently<T>(once: () => Promise<T>): Promise<T> {
    for (let pauses = 0; ; pauses++) {
      try {
        return await once()
      } catch (error) {
        const wait = error instanceof RateLimited ? error.retryAfter : undefined
        if (wait === undefined || wait > patience || pauses >= MOST_PAUSES || signal?.aborted === true)
          throw error
        await clock.sleep(wait, signal)
      }
    }
  }

  async function answered<T>(what: string, needs: string | undefined, sent: () => Promise<T>): Promise<T> {
    try {
      return await sent()
    } catch (error) {
      throw failure(error, what, needs, clock.now())
    }
  }

  return {
    owner,
    repo,
    call: (route, parameters, needs) =>
      patiently(() => {
        const what = route.replace('{owner}', owner).replace('{repo}', repo)
        return answered(what, needs, async () => {
          // The route is one of GitHub's, so the answer is of its type; octokit's signature cannot follow a generic route.
          const response: OctokitResponse<unknown> = await send(route as string, parameters)
          if (typeof response.data === 'string' && response.status !== 204)
            throw garbled(what, 'it is not JSON')
          return response as Endpoints[typeof route]['response']
        })
      }),
    graphql: (query, variables, needs) =>
      patiently(() =>
        answered('POST /graphql', needs, async () => {
          const { data }: OctokitResponse<unknown> = await send({
            method: 'POST',
            url: options.graphqlUrl,
            query,
            variables,
          })
          return dataOf(data, needs, clock.now())
        }),
      ),
  }
}

const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore }
function ignore(): void {
  // said nowhere
}

/** What octokit throws is either our own error, wrapped, or an answer that is no success. */
function failure(error: unknown, what: string, needs: string | undefined, now: number): unknown {
  if (error instanceof ReleaseError || !(error instanceof Error)) return error
  if (error.cause instanceof ReleaseError) return error.cause
  if (!('response' in error) || !isAnswer(error.response)) return error
  const { status, headers, data } = error.response
  return refused({ what, status, headers, data, needs }, now)
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number | undefined>>
  readonly data: unknown
}

function isAnswer(value: unknown): value is Answer {
  return (
    typeof value === 'object' && value !== null && 'status' in value && 'headers' in value && 'data' in value
  )
}

/** GraphQL answers 200 also when it refuses. */
function dataOf(body: unknown, needs: string | undefined, now: number): unknown {
  const what = 'POST /graphql'
  if (typeof body !== 'object' || body === null) throw garbled(what, 'it is not JSON')
  if ('errors' in body && Array.isArray(body.errors) && body.errors.length > 0) {
    const errors: readonly unknown[] = body.errors
    const type = errors.map(typeOf).find((found) => found !== undefined)
    const status =
      type === 'FORBIDDEN' ? 403 : type === 'RATE_LIMITED' ? 429 : type === 'NOT_FOUND' ? 404 : 502
    throw refused({ what, status, headers: {}, data: { message: 'GraphQL', errors }, needs }, now)
  }
  if (!('data' in body)) throw garbled(what, 'it has no data')
  return body.data
}

function typeOf(entry: unknown): string | undefined {
  return typeof entry === 'object' && entry !== null && 'type' in entry && typeof entry.type === 'string'
    ? entry.type
    : undefined
}
