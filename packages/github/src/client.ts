import type { Endpoints } from '@octokit/types'
import type { Http, HttpAnswer } from '@release-actions/http'
import type { Clock } from '@release-actions/ports'
import { RateLimited, type Milliseconds } from '@release-actions/values'
import { garbled, refused } from './errors.ts'
import type { Rest } from './rest.ts'

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

const MOST_PAUSES = 3
/** What GitHub asks for where a refusal names no time: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
const UNTOLD_PAUSE_MS: Milliseconds = 60_000

export function createGitHub(options: GitHubOptions): GitHub {
  const { clock, owner, repo, patience = 60_000, signal } = options
  let rest: Promise<Rest> | undefined

  /**
   * Sends again after a rate limit that asks for a short pause: a refused request had no effect, a POST's neither.
   * @param untold the pause where none is asked for; undefined: there is another way than to wait
   */
  async function patiently<T>(once: () => Promise<T>, untold?: Milliseconds): Promise<T> {
    for (let pauses = 0; ; pauses++) {
      try {
        return await once()
      } catch (error) {
        const wait = error instanceof RateLimited ? (error.retryAfter ?? untold) : undefined
        if (wait === undefined || wait > patience || pauses >= MOST_PAUSES || signal?.aborted === true)
          throw error
        await clock.sleep(wait, signal)
      }
    }
  }

  /** octokit's routes, errors and warnings are loaded with the first call: a step that only asks for the record has none. */
  const restOf = (): Promise<Rest> =>
    (rest ??= import('./rest.ts').then(({ createRest }) => createRest(options)))

  return {
    owner,
    repo,
    call: (route, parameters, needs) =>
      patiently(async () => (await restOf())(route, parameters, needs), UNTOLD_PAUSE_MS),
    graphql: (query, variables, needs) =>
      patiently(async () => {
        const answer = await options.http.request({
          method: 'POST',
          url: options.graphqlUrl,
          headers: {
            authorization: `token ${options.token}`,
            accept: 'application/json',
            'content-type': 'application/json; charset=utf-8',
          },
          body: JSON.stringify({ query, variables }),
          ...(signal === undefined ? {} : { signal }),
        })
        return dataOf(answer, needs, clock.now())
      }),
  }
}

/** GraphQL answers 200 also when it refuses. */
function dataOf(
  { status, headers, body: text }: HttpAnswer,
  needs: string | undefined,
  now: number,
): unknown {
  const what = 'POST /graphql'
  const body = parsed(text)
  if (status < 200 || status > 299) throw refused({ what, status, headers, data: body, needs }, now)
  if (typeof body !== 'object' || body === null) throw garbled(what, 'it is not JSON')
  if ('errors' in body && Array.isArray(body.errors) && body.errors.length > 0) {
    const errors: readonly unknown[] = body.errors
    const type = errors.map(typeOf).find((found) => found !== undefined)
    const meant =
      type === 'FORBIDDEN' ? 403 : type === 'RATE_LIMITED' ? 429 : type === 'NOT_FOUND' ? 404 : 502
    throw refused({ what, status: meant, headers: {}, data: { message: 'GraphQL', errors }, needs }, now)
  }
  if (!('data' in body)) throw garbled(what, 'it has no data')
  return body.data
}

/** What is not JSON, as the text it is: of a refusal it may be a page of a proxy's. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function typeOf(entry: unknown): string | undefined {
  return typeof entry === 'object' && entry !== null && 'type' in entry && typeof entry.type === 'string'
    ? entry.type
    : undefined
}
