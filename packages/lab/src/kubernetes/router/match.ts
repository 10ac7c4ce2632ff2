import type { IncomingMessage } from 'node:http'
import type { RouteMatch, ValueMatch } from '../objects.ts'
import { hostMatches } from './attach.ts'
import type { Entry, Table } from './table.ts'

/** The entry that a request belongs to. */
export function entryFor(table: Table, request: IncomingMessage): Entry | undefined {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
  const url = new URL(request.url ?? '/', 'http://host')
  return table.find(
    ({ hostname, match }) => (hostname === '' || hostMatches(hostname, host)) && fits(match, request, url),
  )
}

function fits(
  { path, method, headers = [], queryParams = [] }: RouteMatch,
  request: IncomingMessage,
  url: URL,
): boolean {
  return (
    (method === undefined || method === request.method) &&
    pathFits(path, url.pathname) &&
    headers.every((wanted) => valueFits(wanted, request.headers[wanted.name.toLowerCase()]?.toString())) &&
    queryParams.every((wanted) => valueFits(wanted, url.searchParams.get(wanted.name) ?? undefined))
  )
}

function pathFits(
  { type = 'PathPrefix', value = '/' }: NonNullable<RouteMatch['path']> = {},
  path: string,
): boolean {
  switch (type) {
    case 'Exact':
      return path === value
    case 'RegularExpression':
      return new RegExp(`^(?:${value})`).test(path)
    case 'PathPrefix': {
      // Whole segments: /api is a prefix of /api and /api/x, not of /apis.
      const prefix = value.replace(/\/$/, '')
      return path === prefix || path.startsWith(`${prefix}/`)
    }
  }
}

function valueFits({ type = 'Exact', value }: ValueMatch, given: string | undefined): boolean {
  return given !== undefined && (type === 'Exact' ? given === value : new RegExp(value).test(given))
}
