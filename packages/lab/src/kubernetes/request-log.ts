import { isWrite, type ApiRequest, type Verb } from './api/request.ts'

/** One request to the API server, as a test reads it. */
export interface LoggedRequest {
  /** 0 for the first. */
  readonly index: number
  /** When it arrived, in milliseconds of the epoch. */
  readonly at: number
  readonly method: string
  readonly path: string
  /** As sent, without `?`. */
  readonly query: string
  readonly verb: Verb
  readonly group: string
  /** `deployments`; empty for paths that are no resource. */
  readonly resource: string
  readonly subresource: string | undefined
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly user: string
  readonly userAgent: string
  readonly contentType: string
  /** The parsed JSON, or the text when it is none; undefined when there was no body. */
  readonly body: unknown
  readonly isWrite: boolean
  /** The answer's status; undefined while there is none, and when the connection was dropped. */
  readonly status: number | undefined
}

export type LogFilter = Partial<
  Pick<
    LoggedRequest,
    'verb' | 'group' | 'resource' | 'subresource' | 'namespace' | 'name' | 'user' | 'status'
  >
>

/** Every request that reached the API server, in the order of arrival. */
export class RequestLog {
  readonly #entries: LoggedRequest[] = []

  /** @returns a function that notes the answer */
  record(request: ApiRequest): (status: number) => void {
    const { target } = request
    const entry: LoggedRequest = {
      index: this.#entries.length,
      at: Date.now(),
      method: request.method,
      path: request.path,
      query: request.query.toString(),
      verb: request.verb,
      group: target?.group ?? '',
      resource: target?.resource ?? '',
      subresource: target?.subresource,
      namespace: target?.namespace,
      name: target?.name,
      user: request.user.name,
      userAgent: request.userAgent,
      contentType: request.contentType,
      body: parse(request.body),
      isWrite: isWrite(request),
      status: undefined,
    }
    this.#entries.push(entry)
    return (status) => {
      this.#entries[entry.index] = { ...entry, status }
    }
  }

  /** All, or those that have every given property. */
  all(filter: LogFilter = {}): readonly LoggedRequest[] {
    const wanted = Object.entries(filter)
    return this.#entries.filter((entry) =>
      wanted.every(([key, value]) => entry[key as keyof LogFilter] === value),
    )
  }

  /** Requests that change what is stored, whether or not they succeeded; no dry runs, reviews or proxied requests. */
  writes(filter: LogFilter = {}): readonly LoggedRequest[] {
    return this.all(filter).filter((entry) => entry.isWrite)
  }

  /** Those from an index on: `const from = log.length; …; log.since(from)`. */
  since(index: number): readonly LoggedRequest[] {
    return this.#entries.slice(index)
  }

  get length(): number {
    return this.#entries.length
  }
}

function parse(body: Buffer): unknown {
  if (body.length === 0) return undefined
  const text = body.toString()
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
