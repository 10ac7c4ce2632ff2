import http, { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

export interface Forward {
  /** The loopback port of the backend. */
  readonly port: number
  readonly path: string
  readonly headers: OutgoingHttpHeaders
  readonly agent: http.Agent
  readonly changeResponse?: (headers: OutgoingHttpHeaders) => void
  /** Answers when the backend cannot be reached or hangs up. */
  readonly failed: () => void
}

/** The headers of a message without those that concern one connection only. */
export function endToEnd(headers: OutgoingHttpHeaders | IncomingMessage['headers']): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)))
}

/**
 * Sends a request on and streams the answer back. There are no retries but the one that Go's HTTP transport makes, and
 * with it every router written in Go: a request without body, sent on a kept connection that the backend was closing.
 */
export function forward(
  request: IncomingMessage,
  response: ServerResponse,
  to: Forward,
  fresh = false,
): void {
  const { port, path, headers, agent } = to
  const method = request.method ?? 'GET'
  const upstream = http.request({
    host: '127.0.0.1',
    port,
    path,
    method,
    headers,
    agent: fresh ? false : agent,
  })
  upstream.on('response', (answer) => {
    const answered = endToEnd(answer.headers)
    to.changeResponse?.(answered)
    response.writeHead(answer.statusCode ?? 502, answered)
    answer.pipe(response)
    answer.on('error', () => response.destroy())
    answer.on('aborted', () => response.destroy())
  })
  const bodyless = /^(GET|HEAD|OPTIONS)$/.test(method) && request.headers['content-length'] === undefined
  upstream.on('error', (error: NodeJS.ErrnoException) => {
    if (response.headersSent || response.destroyed) response.destroy()
    else if (upstream.reusedSocket && error.code === 'ECONNRESET' && bodyless && !fresh)
      forward(request, response, to, true)
    else to.failed()
  })
  response.on('close', () => {
    if (!response.writableFinished) upstream.destroy()
  })
  if (bodyless) upstream.end()
  else request.pipe(upstream)
}
