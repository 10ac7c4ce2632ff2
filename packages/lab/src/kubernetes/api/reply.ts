import type { ServerResponse } from 'node:http'
import { StatusError } from './status-error.ts'

/** How a request was answered: with a body that is still to be sent, or already. */
export type Done =
  | { readonly kind: 'body'; readonly status: number; readonly body: object }
  | { readonly kind: 'streamed'; readonly status: number }

/** The connection is closed without an answer. */
export class Dropped extends Error {
  override readonly name = 'Dropped'
}

export function send(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string | string[]> = {},
): void {
  const text = `${JSON.stringify(body)}\n`
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-cache, private',
    'content-length': Buffer.byteLength(text),
    ...headers,
  })
  response.end(text)
}

/** Answers with what went wrong: a Status. */
export function sendStatus(response: ServerResponse, status: StatusError): void {
  send(response, status.code, status.body(), retryAfter(status))
}

function retryAfter(status: StatusError): Record<string, string> {
  const seconds = status.details?.retryAfterSeconds
  return seconds === undefined ? {} : { 'retry-after': String(seconds) }
}

/** What the real server says to a path that it does not serve. */
export function notFoundPage(response: ServerResponse): Done {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n')
  return { kind: 'streamed', status: 404 }
}

/** A bug of the lab, said loudly: a test that meets it must not take it for Kubernetes' own. */
export function internal(error: unknown): StatusError {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new StatusError(
    500,
    'InternalError',
    `Internal error occurred: the embedded API server failed: ${text}`,
  )
}
