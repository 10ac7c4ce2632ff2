import type { Http, HttpAnswer, HttpRequest } from '@release-actions/http'
import type { Clock } from '@release-actions/ports'
import { Conflict, type Milliseconds, NotFound } from '@release-actions/values'
import type { Connection } from './config/connection.ts'
import type { JsonPatch } from './json-patch.ts'
import { type AnyObject, type Kind, type Kinds, RESOURCES, type ResourceType } from './objects.ts'
import { type Asked, jsonOf, statusError } from './status-errors.ts'
import { watchObjects, type WatchEvent } from './watch.ts'

export interface List<T> {
  readonly items: readonly T[]
  readonly resourceVersion: string | undefined
}

export interface Selection {
  /** A label selector as on kubectl's `-l`. */
  readonly labels?: string
  /** A field selector: `metadata.name=shop`. */
  readonly fields?: string
}

/** The API of one namespace, typed by kind. Errors are ReleaseErrors that name the object and what the server said. */
export interface Client {
  readonly namespace: string
  readonly cluster: string
  get<K extends Kind>(kind: K, name: string): Promise<Kinds[K]>
  /** undefined when there is none. */
  find<K extends Kind>(kind: K, name: string): Promise<Kinds[K] | undefined>
  /** All pages. */
  list<K extends Kind>(kind: K, selection?: Selection): Promise<List<Kinds[K]>>
  /** @throws Conflict when it exists */
  create<K extends Kind>(kind: K, object: Kinds[K]): Promise<Kinds[K]>
  /** PUT: with the object's resourceVersion it is a compare-and-swap. @throws Conflict */
  update<K extends Kind>(kind: K, object: Kinds[K]): Promise<Kinds[K]>
  /** RFC 6902. @throws Conflict also when a `test` fails */
  patch<K extends Kind>(
    kind: K,
    name: string,
    patch: JsonPatch,
    options?: { dryRun?: boolean },
  ): Promise<Kinds[K]>
  /** Does nothing when there is none. @throws Conflict when it is another object of that name, or has changed */
  delete(
    kind: Kind,
    name: string,
    options?: { uid?: string; resourceVersion?: string; propagation?: 'Background' | 'Foreground' },
  ): Promise<void>
  /** Server-side apply of any object, by field manager `release-actions`. */
  apply(
    type: ResourceType,
    object: AnyObject,
    options?: { dryRun?: boolean; force?: boolean },
  ): Promise<AnyObject>
  /** Any object by its type. */
  findAny(type: ResourceType, kind: string, name: string): Promise<AnyObject | undefined>
  /** Ends only with `signal`. Starts with what exists (as ADDED), and again so after a gap. */
  watch<K extends Kind>(
    kind: K,
    selection: Selection,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<Kinds[K]>>
  /** A request by path, for what is not an object: logs, proxies, reviews. Never throws for a status. */
  raw(request: RawRequest): Promise<HttpAnswer>
}

export interface RawRequest {
  readonly method: string
  /** From `/`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly timeout?: Milliseconds
  readonly retry?: NonNullable<HttpRequest['retry']>
  readonly signal?: AbortSignal
  readonly maxBytes?: number
}

export interface ClientOptions {
  readonly http: Http
  readonly connection: Connection
  readonly namespace: string
  readonly clock: Clock
}

const PAGE = '500'

export function createClient({ http, connection, namespace, clock }: ClientOptions): Client {
  async function build(request: RawRequest, fresh: boolean): Promise<HttpRequest> {
    const { headers, tls } = await connection.access(fresh)
    const query = new URLSearchParams(request.query ?? {}).toString()
    return {
      method: request.method,
      url: `${connection.server}${request.path}${query === '' ? '' : `?${query}`}`,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        ...request.headers,
        ...headers,
      },
      tls,
      retry: request.retry ?? 'always',
      ...(connection.proxy !== undefined && { proxy: connection.proxy }),
      ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
      ...(request.timeout !== undefined && { timeout: request.timeout }),
      ...(request.signal !== undefined && { signal: request.signal }),
      ...(request.maxBytes !== undefined && { maxBytes: request.maxBytes }),
    }
  }

  async function raw(request: RawRequest): Promise<HttpAnswer> {
    const answer = await http.request(await build(request, false))
    // An exec plugin's token may have ended early: once with a new one.
    return answer.status === 401 ? http.request(await build(request, true)) : answer
  }

  async function call<T>(asked: Asked, request: Omit<RawRequest, 'path'>): Promise<T> {
    const answer = await raw({ ...request, path: pathOf(asked) })
    if (answer.status < 200 || answer.status > 299) throw statusError(asked, answer)
    const object = `${asked.kind} ${asked.namespace}/${asked.name ?? ''}`
    return jsonOf(answer, `${asked.verb} ${object}`, object)
  }

  const about = (verb: Asked['verb'], kind: Kind, name?: string): Asked => ({
    verb,
    kind,
    type: RESOURCES[kind],
    namespace,
    name,
  })

  async function find<T>(asked: Asked): Promise<T | undefined> {
    try {
      return await call<T>(asked, { method: 'GET' })
    } catch (error) {
      if (error instanceof NotFound) return undefined
      throw error
    }
  }

  return {
    namespace,
    cluster: connection.cluster,
    raw,
    get: (kind, name) => call(about('get', kind, name), { method: 'GET' }),
    find: (kind, name) => find(about('get', kind, name)),
    findAny: (type, kind, name) => find({ verb: 'get', type, kind, namespace, name }),
    async list<K extends Kind>(kind: K, selection: Selection = {}): Promise<List<Kinds[K]>> {
      const items: Kinds[K][] = []
      let limit: { limit: string } | undefined = { limit: PAGE }
      let more = ''
      for (;;) {
        const query = { ...limit, ...queryOf(selection), ...(more !== '' && { continue: more }) }
        let page: Page<Kinds[K]>
        try {
          page = await call(about('list', kind), { method: 'GET', query })
        } catch (error) {
          if (more === '' || !(error instanceof Conflict)) throw error
          // The list that the pages were of is gone (410): once more, all of it at once.
          items.length = 0
          limit = undefined
          more = ''
          continue
        }
        items.push(...(page.items ?? []))
        more = page.metadata?.continue ?? ''
        if (more === '') return { items, resourceVersion: page.metadata?.resourceVersion }
      }
    },
    create: (kind, object) =>
      call(about('create', kind, object.metadata?.name), { method: 'POST', body: object }),
    update: (kind, object) =>
      call(about('update', kind, object.metadata?.name), { method: 'PUT', body: object }),
    patch: (kind, name, patch, options = {}) =>
      call(about('patch', kind, name), {
        method: 'PATCH',
        body: patch,
        headers: { 'content-type': 'application/json-patch+json' },
        query: { fieldManager: MANAGER, ...(options.dryRun === true && { dryRun: 'All' }) },
      }),
    async delete(kind, name, { uid, resourceVersion, propagation = 'Background' } = {}) {
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: propagation,
        preconditions: { uid, resourceVersion },
      }
      try {
        await call(about('delete', kind, name), { method: 'DELETE', body })
      } catch (error) {
        if (!(error instanceof NotFound)) throw error
      }
    },
    apply: (type, object, { dryRun = false, force = false } = {}) =>
      call(
        { verb: 'patch', type, kind: object.kind ?? type.plural, namespace, name: object.metadata?.name },
        {
          method: 'PATCH',
          body: object,
          headers: { 'content-type': 'application/apply-patch+yaml' },
          query: { fieldManager: MANAGER, force: String(force), ...(dryRun && { dryRun: 'All' }) },
        },
      ),
    watch<K extends Kind>(kind: K, selection: Selection, signal: AbortSignal) {
      const asked = about('watch', kind)
      const query = queryOf(selection)
      return watchObjects<Kinds[K]>({
        asked,
        clock,
        signal,
        open: async (more) =>
          http.stream(
            await build({ method: 'GET', path: pathOf(asked), query: { ...query, ...more }, signal }, false),
          ),
      })
    },
  }
}

export const MANAGER = 'release-actions'

interface Page<T> {
  readonly items?: readonly T[]
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
}

function queryOf({ labels, fields }: Selection): Record<string, string> {
  return {
    ...(labels !== undefined && { labelSelector: labels }),
    ...(fields !== undefined && { fieldSelector: fields }),
  }
}

function pathOf({ type, namespace, name, subresource, verb }: Asked): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`
  const whole = `${root}/namespaces/${encodeURIComponent(namespace)}/${type.plural}`
  if (verb === 'create' || name === undefined) return whole
  return `${whole}/${encodeURIComponent(name)}${subresource === undefined ? '' : `/${subresource}`}`
}
