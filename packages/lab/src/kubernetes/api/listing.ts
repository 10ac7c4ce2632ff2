import { apiVersionOf, type Kind } from '../kinds.ts'
import type { KubeObject, Store } from '../store.ts'
import type { History } from './history.ts'
import { parseFieldSelector, parseLabelSelector, type Predicate } from './selectors.ts'
import { badRequest, StatusError } from './status-error.ts'

export interface ObjectList {
  readonly kind: string
  readonly apiVersion: string
  readonly metadata: {
    readonly resourceVersion: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
  readonly items: readonly object[]
}

/** The selectors of a list, a watch or a deletecollection. @throws StatusError 400 */
export function selection(kind: Kind, namespace: string | undefined, query: URLSearchParams): Predicate {
  const [labels, fields] = [query.get('labelSelector') ?? '', query.get('fieldSelector') ?? '']
  const byLabel = labels === '' ? undefined : parseLabelSelector(labels)
  const byField = fields === '' ? undefined : parseFieldSelector(kind, fields)
  return (object) =>
    (!kind.namespaced || namespace === undefined || object.metadata.namespace === namespace) &&
    byLabel?.(object) !== false &&
    byField?.(object) !== false
}

/**
 * A list, in pages when the client says `limit`.
 * @throws StatusError 400, or 410 for a page of a list that has been compacted
 */
export function listObjects(
  store: Store,
  history: History,
  kind: Kind,
  namespace: string | undefined,
  query: URLSearchParams,
): ObjectList {
  const version = query.get('resourceVersion') ?? ''
  if (!/^\d*$/.test(version)) {
    const problem = `strconv.ParseUint: parsing "${version}": invalid syntax`
    throw badRequest(`invalid resource version: resourceVersion: Invalid value: "${version}": ${problem}`)
  }
  if (Number(version) > store.resourceVersion) {
    const message = `Too large resource version: ${version}, current: ${String(store.resourceVersion)}`
    const details = {
      retryAfterSeconds: 1,
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    }
    throw new StatusError(504, 'Timeout', message, details)
  }
  const from = readToken(query.get('continue') ?? '', history)
  const selects = selection(kind, namespace, query)
  const all = store
    .list(kind)
    .filter((object) => selects(object) && (from === undefined || placeOf(object) > from.after))
  const limit = Number(query.get('limit') ?? 0)
  const page = limit > 0 ? all.slice(0, limit) : all
  const last = page.at(-1)
  const resourceVersion = from?.resourceVersion ?? String(store.resourceVersion)
  const more = all.length > page.length && last !== undefined
  const selected = query.has('labelSelector') || query.has('fieldSelector')
  return {
    kind: `${kind.kind}List`,
    apiVersion: apiVersionOf(kind),
    metadata: {
      resourceVersion,
      ...(more ? { continue: writeToken(resourceVersion, placeOf(last)) } : {}),
      ...(more && !selected ? { remainingItemCount: all.length - page.length } : {}),
    },
    // Built-in kinds do not repeat their type in each item; custom resources do.
    items: kind.custom ? page : page.map(withoutType),
  }
}

export function withoutType({ apiVersion: _apiVersion, kind: _kind, ...item }: KubeObject): object {
  return item
}

function placeOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}

interface Token {
  readonly resourceVersion: string
  readonly after: string
}

function writeToken(resourceVersion: string, after: string): string {
  return Buffer.from(JSON.stringify({ resourceVersion, after })).toString('base64url')
}

function readToken(text: string, history: History): Token | undefined {
  if (text === '') return undefined
  let token: Token
  try {
    token = JSON.parse(Buffer.from(text, 'base64url').toString()) as Token
  } catch (error) {
    throw badRequest(`continue key is not valid: ${String(error)}`)
  }
  if (Number(token.resourceVersion) < history.oldest) {
    const message =
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.'
    throw new StatusError(410, 'Expired', message)
  }
  return token
}
