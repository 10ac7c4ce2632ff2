import type { OutgoingHttpHeaders } from 'node:http'
import type { HeaderChange, PathChange, RouteFilter, RouteMatch } from '../objects.ts'

type Headers = OutgoingHttpHeaders

/** A request as the backend will see it. */
export interface Outgoing {
  path: string
  headers: Headers
}

/** Changes a request as the filters say. */
export function filterRequest(filters: readonly RouteFilter[], match: RouteMatch, outgoing: Outgoing): void {
  for (const { requestHeaderModifier, urlRewrite } of filters) {
    if (requestHeaderModifier !== undefined) changeHeaders(requestHeaderModifier, outgoing.headers)
    if (urlRewrite?.hostname !== undefined) outgoing.headers['host'] = urlRewrite.hostname
    if (urlRewrite?.path !== undefined) outgoing.path = changePath(urlRewrite.path, match, outgoing.path)
  }
}

/** Changes a response's headers as the filters say. */
export function filterResponse(filters: readonly RouteFilter[], headers: Headers): void {
  for (const { responseHeaderModifier } of filters)
    if (responseHeaderModifier !== undefined) changeHeaders(responseHeaderModifier, headers)
}

/** Where a RequestRedirect leads, when there is one. */
export function redirectOf(
  filters: readonly RouteFilter[],
  match: RouteMatch,
  host: string,
  path: string,
): { readonly status: number; readonly location: string } | undefined {
  const redirect = filters.find(({ requestRedirect }) => requestRedirect !== undefined)?.requestRedirect
  if (redirect === undefined) return undefined
  const { scheme = 'http', hostname = host.replace(/:\d+$/, ''), port, statusCode = 302 } = redirect
  const shownPort = port === undefined ? (/:\d+$/.exec(host)?.[0] ?? '') : `:${port}`
  return {
    status: statusCode,
    location: `${scheme}://${hostname}${shownPort}${redirect.path === undefined ? path : changePath(redirect.path, match, path)}`,
  }
}

function changeHeaders({ set = [], add = [], remove = [] }: HeaderChange, headers: Headers): void {
  for (const { name, value } of set) headers[name.toLowerCase()] = value
  for (const { name, value } of add) {
    const before = headers[name.toLowerCase()]
    headers[name.toLowerCase()] =
      before === undefined ? value : [...(Array.isArray(before) ? before : [String(before)]), value]
  }
  for (const name of remove) delete headers[name.toLowerCase()]
}

function changePath(change: PathChange, match: RouteMatch, path: string): string {
  const [pathname = '/', query] = path.split('?', 2)
  const rest = query === undefined ? '' : `?${query}`
  if (change.type === 'ReplaceFullPath') return `${change.replaceFullPath ?? '/'}${rest}`
  const prefix = (match.path?.value ?? '/').replace(/\/$/, '')
  const changed = `${(change.replacePrefixMatch ?? '/').replace(/\/$/, '')}${pathname.slice(prefix.length)}`
  return `${changed.startsWith('/') ? changed : `/${changed}`}${rest}`
}
