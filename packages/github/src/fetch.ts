import type { Http } from '@release-actions/http'

/** What octokit asks of a `fetch`. */
interface FetchInit {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

interface FetchAnswer {
  readonly status: number
  readonly statusText: string
  readonly url: string
  readonly headers: ReadonlyMap<string, string>
  text(): Promise<string>
  arrayBuffer(): Promise<ArrayBuffer>
}

/**
 * A `fetch` made of the one HTTP client, with as much of a Response as octokit looks at. What it throws reaches the
 * caller as the `cause` of octokit's error.
 */
export function fetchOver(
  http: Http,
  signal?: AbortSignal,
): (url: string, init: FetchInit) => Promise<FetchAnswer> {
  return async (url, { method, headers, body }) => {
    const answer = await http.request({
      method,
      url,
      headers,
      // A check run is written whole each time: to send it twice changes nothing.
      retry: method === 'PATCH' ? 'always' : 'idempotent',
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    })
    return {
      status: answer.status,
      statusText: String(answer.status),
      url,
      headers: new Map(Object.entries(answer.headers)),
      text: () => Promise.resolve(answer.body),
      arrayBuffer: () => Promise.resolve(new TextEncoder().encode(answer.body).buffer),
    }
  }
}
