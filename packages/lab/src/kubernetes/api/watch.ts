import type { ServerResponse } from 'node:http'
import type { Kind } from '../kinds.ts'
import { apiVersionOf } from '../kinds.ts'
import type { KubeObject, Store, StoreEvent } from '../store.ts'
import type { History } from './history.ts'
import { isTrue } from './request.ts'
import type { Predicate } from './selectors.ts'
import { expired, StatusError } from './status-error.ts'

export interface WatchOptions {
  readonly kind: Kind
  readonly query: URLSearchParams
  /** Namespace, label and field selectors together. */
  readonly selects: Predicate
  /** Between bookmarks, in milliseconds. */
  readonly bookmarkMs: number
  /** As the client asked to see objects: as they are, or as rows of a table. */
  readonly render: (object: object) => object
}

/**
 * Streams changes as lines of JSON, until the client leaves, `timeoutSeconds` have passed or the watch is cut.
 * - no `resourceVersion`, or `0`: what is there first, as ADDED, then changes
 * - with one: every change after it; too old, an ERROR event with 410 Expired
 * @returns cuts the watch
 * @throws StatusError for a version that is no number
 */
export function watch(
  store: Store,
  history: History,
  response: ServerResponse,
  options: WatchOptions,
): () => void {
  const { kind, query, selects, render } = options
  const from = query.get('resourceVersion') ?? ''
  if (!/^\d*$/.test(from)) {
    throw new StatusError(
      500,
      '',
      `resourceVersion: Invalid value: "${from}": strconv.ParseUint: parsing "${from}": invalid syntax`,
    )
  }
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
  response.flushHeaders()
  const send = (type: string, object: unknown): void => {
    response.write(`${JSON.stringify({ type, object })}\n`)
  }
  const bookmark = (annotations?: Record<string, string>): void => {
    const metadata = {
      resourceVersion: String(store.resourceVersion),
      ...(annotations === undefined ? {} : { annotations }),
    }
    send('BOOKMARK', { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata })
  }
  const pass = (event: StoreEvent): void => {
    const seen =
      event.kind.plural === kind.plural && event.kind.group === kind.group ? as(event, selects) : undefined
    if (seen !== undefined) send(seen.type, render(seen.object))
  }

  const wantsInitial = isTrue(query.get('sendInitialEvents'))
  if (from === '' || from === '0' || wantsInitial) {
    for (const object of store.list(kind).filter(selects)) send('ADDED', render(object))
    if (wantsInitial) bookmark({ 'k8s.io/initial-events-end': 'true' })
  } else {
    const missed = history.since(Number(from))
    if (missed === undefined) {
      send('ERROR', expired(Number(from), history.oldest).body())
      response.end()
      return () => undefined
    }
    for (const event of missed) pass(event)
  }

  const bookmarks = isTrue(query.get('allowWatchBookmarks'))
  const stop = history.listen(pass)
  const timers = [
    ...(bookmarks ? [setInterval(bookmark, options.bookmarkMs)] : []),
    ...(query.has('timeoutSeconds')
      ? [
          setTimeout(
            () => {
              if (bookmarks) bookmark()
              response.end()
            },
            Number(query.get('timeoutSeconds')) * 1000,
          ),
        ]
      : []),
  ]
  response.once('close', () => {
    stop()
    for (const timer of timers) clearTimeout(timer)
  })
  return () => {
    response.destroy()
  }
}

/** How a change looks through a selector: an object that starts to match is ADDED, one that stops is DELETED. */
function as(
  event: StoreEvent,
  selects: Predicate,
): { type: StoreEvent['type']; object: KubeObject } | undefined {
  const now = event.type !== 'DELETED' && selects(event.object)
  const before = event.previous !== undefined && selects(event.previous)
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', object: event.object }
  return before ? { type: 'DELETED', object: event.object } : undefined
}
