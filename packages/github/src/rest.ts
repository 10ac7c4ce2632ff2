import { request as octokit } from '@octokit/request'
import type { Endpoints, OctokitResponse } from '@octokit/types'
import { ReleaseError } from '@release-actions/values'
import type { GitHub, GitHubOptions } from './client.ts'
import { garbled, refused } from './errors.ts'
import { fetchOver } from './fetch.ts'

/** One call of GitHub's REST API, sent once. Every failure is a ReleaseError. */
export type Rest = GitHub['call']

/** The version of the REST API that was read when this was written; GHES answers what it has. */
const API_VERSION = '2022-11-28'

/** REST by octokit's routes, over the one HTTP client. */
export function createRest({ http, clock, token, owner, repo, apiUrl, signal }: GitHubOptions): Rest {
  const send = octokit.defaults({
    baseUrl: apiUrl,
    owner,
    repo,
    headers: {
      authorization: `token ${token}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': API_VERSION,
      'user-agent': 'release-actions',
    },
    // Our own fetch on the one HTTP client; a warning of theirs must not reach the log past the escaping.
    request: { fetch: fetchOver(http, signal), log: SILENT },
  })
  return async (route, parameters, needs) => {
    const what = route.replace('{owner}', owner).replace('{repo}', repo)
    try {
      // The route is one of GitHub's, so the answer is of its type; octokit's signature cannot follow a generic route.
      const response: OctokitResponse<unknown> = await send(route as string, parameters)
      if (typeof response.data === 'string' && response.status !== 204) throw garbled(what, 'it is not JSON')
      return response as Endpoints[typeof route]['response']
    } catch (error) {
      throw failure(error, what, needs, clock.now())
    }
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
