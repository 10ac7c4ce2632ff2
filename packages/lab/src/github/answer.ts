/** What a route is called with, and what it gives back. */
import type { OperationId } from './openapi/operations.ts'
import type { JsonObject, Repository, World } from './world.ts'

export interface Call {
  readonly world: World
  readonly repository: Repository
  /** Without the API's prefix: `/repos/octo/shop/deployments`. */
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: JsonObject
  /** The address that the client used: `http://127.0.0.1:4000`, with `/api/v3` on a GHES. */
  readonly api: string
  /** A replica that lags: lists leave out that many of the newest. */
  readonly stale: number
}

export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export type Route = (call: Call) => Answer
export type Routes<Id extends OperationId> = Readonly<Record<Id, Route>>

/** Ends a request with an error as GitHub words it. */
export class Refusal extends Error {
  readonly answer: Answer
  constructor(
    status: number,
    message: string,
    more: JsonObject = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.answer = {
      status,
      body: { message, ...more, documentation_url: 'https://docs.github.com/rest', status: String(status) },
      headers,
    }
  }
}

export const notFound = (): Refusal => new Refusal(404, 'Not Found')

export interface FieldError {
  readonly resource: string
  readonly field: string
  readonly code: 'invalid' | 'missing_field' | 'custom' | 'already_exists'
  readonly message?: string
}

/** GitHub's 422 for a request that has the right form and cannot be done. */
export const unprocessable = (...errors: readonly FieldError[]): Refusal =>
  new Refusal(422, 'Validation Failed', { errors })

export const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')

/** The REST address of something of the repository's. */
export const repoUrl = ({ api, repository }: Call, path = ''): string =>
  `${api}/repos/${repository.owner}/${repository.name}${path}`

/** The one that a path parameter names by its id. */
export function byId<T extends { readonly id: number }>(all: readonly T[], id: string | undefined): T {
  const found = all.find((one) => String(one.id) === id)
  if (found === undefined) throw notFound()
  return found
}

/**
 * One page of a list, with GitHub's `Link` header: `per_page` is 30 unless said, and 100 at most.
 * @param all newest first, where GitHub lists so
 */
export function page<T>(
  call: Call,
  all: readonly T[],
): { readonly items: readonly T[]; readonly headers: Readonly<Record<string, string>> } {
  const whole = (name: string, fallback: number): number =>
    Math.max(1, Number(call.query.get(name) ?? fallback) || fallback)
  const size = Math.min(100, whole('per_page', 30))
  const number = whole('page', 1)
  const last = Math.max(1, Math.ceil(all.length / size))
  const link = (rel: string, to: number): string => {
    const query = new URLSearchParams(call.query)
    query.set('page', String(to))
    return `<${call.api}${call.path}?${query.toString()}>; rel="${rel}"`
  }
  const links = [
    ...(number > 1 ? [link('prev', number - 1)] : []),
    ...(number < last ? [link('next', number + 1), link('last', last)] : []),
    ...(number > 1 ? [link('first', 1)] : []),
  ]
  return {
    items: all.slice((number - 1) * size, number * size),
    headers: links.length === 0 ? {} : { link: links.join(', ') },
  }
}

/** Newest first, as a reader sees it whose replica may lag. */
export function newestFirst<T>(call: Call, oldestFirst: readonly T[]): readonly T[] {
  return oldestFirst.slice(0, call.stale === 0 ? undefined : -call.stale).reverse()
}

// Fields of a body that the contract has already checked: read as what the description says they are.
export const text = (body: JsonObject, name: string): string | undefined => {
  const value = body[name]
  return typeof value === 'string' ? value : undefined
}
export const truth = (body: JsonObject, name: string): boolean | undefined => {
  const value = body[name]
  return typeof value === 'boolean' ? value : undefined
}
export const list = (body: JsonObject, name: string): readonly unknown[] | undefined => {
  const value = body[name]
  return Array.isArray(value) ? (value as readonly unknown[]) : undefined
}
export const object = (body: JsonObject, name: string): JsonObject | undefined => {
  const value = body[name]
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined
}
