/** A small client for the tests: JSON in, status, body and headers out. */
import type { EmbeddedGitHub, RunContext } from '../../src/github/index.ts'

export interface Client {
  get(path: string): Promise<Reply>
  post(path: string, body: unknown): Promise<Reply>
  patch(path: string, body: unknown): Promise<Reply>
  remove(path: string): Promise<Reply>
  graphql(query: string, variables?: object): Promise<Reply>
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The JSON at a path of keys: `at(0, 'sha')`. */
  at(...path: readonly (string | number)[]): unknown
}

/** @param path below the repository; a leading `//` makes it absolute: `//rate_limit` */
export function clientOf(github: EmbeddedGitHub, token: string = github.token()): Client {
  const ask = async (method: string, url: string, body?: unknown): Promise<Reply> => {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${token}`, accept: 'application/vnd.github+json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const json: unknown = text === '' ? undefined : JSON.parse(text)
    const at = (...path: readonly (string | number)[]): unknown =>
      path.reduce((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], json)
    return { status: response.status, headers: response.headers, text, at }
  }
  const full = (path: string): string =>
    path.startsWith('//')
      ? `${github.url}${path.slice(1)}`
      : `${github.url}/repos/${github.repository}${path}`
  return {
    get: (path) => ask('GET', full(path)),
    post: (path, body) => ask('POST', full(path), body),
    patch: (path, body) => ask('PATCH', full(path), body),
    remove: (path) => ask('DELETE', full(path)),
    graphql: (query, variables) => ask('POST', github.graphqlUrl, { query, variables }),
  }
}

/** A deployment as release-actions files it. */
export const deployment = (run: Pick<RunContext, 'sha'>, more: object = {}): object => ({
  ref: run.sha,
  task: 'release-actions:shop',
  environment: 'production',
  auto_merge: false,
  required_contexts: [],
  transient_environment: false,
  production_environment: true,
  payload: { schema: 1 },
  ...more,
})
