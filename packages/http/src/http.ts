import http from 'node:http'
import https from 'node:https'
import type { Clock } from '@release-actions/ports'
import { Cancelled, type Milliseconds, type ReleaseError, Unreachable } from '@release-actions/values'
import { createAgents } from './agents.ts'
import { tooSlow, unreachable } from './errors.ts'
import { type ProxyEnv, proxyAuthorization } from './proxy.ts'
import { mayRepeat, repeat, RETRY } from './retry.ts'
import type { Http, HttpAnswer, HttpRequest, HttpStream, StreamedBody } from './types.ts'

export interface HttpOptions {
  readonly clock: Clock
  /** 0 ≤ x < 1; for the jitter. Default Math.random. */
  readonly random?: () => number
  readonly proxyEnv?: ProxyEnv
  readonly userAgent?: string
  /** Aborts when there are only seconds left: no pause between attempts is long then, whatever a server asks for. */
  readonly hurried?: AbortSignal
  /** Connections to one host at a time. Default 16. */
  readonly maxSockets?: number
}

const TIMEOUT: Milliseconds = 30_000
const MAX_BYTES = 32 * 1024 * 1024

/** The one HTTP client: node:http(s) with keep-alive. The global fetch is not used: it costs 50 ms at exit. */
export function createHttp(options: HttpOptions): Http {
  const { clock, random = Math.random } = options
  const agents = createAgents(options.proxyEnv ?? {}, options.maxSockets ?? 16)
  const open = new Set<http.ClientRequest>()

  /** Sends once; resolves with the answer's head. `stop` ends the time limit. */
  async function head(request: HttpRequest): Promise<Head> {
    const { method, signal, timeout = TIMEOUT } = request
    const url = new URL(request.url)
    if (signal?.aborted === true) throw cancelled(method, url)
    const route = await agents.route(url, request.tls, request.proxy)
    const sent = clock.now()
    return new Promise<Head>((resolve, reject) => {
      const call = (url.protocol === 'https:' ? https : http).request({
        ...route.target,
        method,
        agent: route.agent,
        headers: {
          'user-agent': options.userAgent ?? 'release-actions',
          ...(route.through !== undefined && throughProxy(route.through, url)),
          ...lowerCase(request.headers ?? {}),
          ...(request.body !== undefined && { 'content-length': String(sizeOf(request.body)) }),
        },
      })
      let failure: ReleaseError | undefined
      const fail = (error: ReleaseError): ReleaseError => {
        failure ??= error
        call.destroy()
        return failure
      }
      const aborted = (): void => void fail(cancelled(method, url))
      signal?.addEventListener('abort', aborted, { once: true })
      const timer = new AbortController()
      void clock.sleep(timeout, timer.signal).then(() => {
        if (!timer.signal.aborted) fail(tooSlow(method, url, timeout))
      })
      // With a reason of its own, since the default one is an error with a stack that nobody reads.
      const stop = (): void => timer.abort('answered')
      const explain = (error: unknown): ReleaseError => failure ?? unreachable(method, url, error)
      open.add(call)
      call.once('close', () => {
        open.delete(call)
        stop()
        signal?.removeEventListener('abort', aborted)
      })
      call.on('error', (error) => reject(explain(error)))
      call.once('response', (response) => {
        // Whoever reads the body is told by the iterator; without a listener a late error would end the process.
        response.on('error', () => undefined)
        resolve({ response, url, sent, stop, explain, fail })
      })
      const { body } = request
      if (!isStreamed(body)) call.end(body)
      // What breaks here breaks the request; where the server has answered before it had all, its answer counts.
      else void pour(body, call).catch((error: unknown) => call.destroy(asError(error)))
    })
  }

  async function whole(request: HttpRequest): Promise<HttpAnswer> {
    const { response, url, sent, stop, explain, fail } = await head(request)
    const limit = request.maxBytes ?? MAX_BYTES
    const chunks: Buffer[] = []
    let size = 0
    // Not `for await`: an iterator for each of the answers that a start waits for is a good part of its time.
    const body = await new Promise<Buffer>((resolve, reject) => {
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        chunks.push(chunk)
        if (size <= limit) return
        const large = `${url.host}: the answer is larger than ${limit} bytes`
        reject(fail(new Unreachable(large, { object: url.pathname })))
      })
      response.once('end', () => resolve(Buffer.concat(chunks)))
      response.once('error', (error) => reject(explain(error)))
      // Closed before its end: an answer that was cut off is none.
      response.once('close', () =>
        reject(explain(new Error('the connection was closed in the middle of the answer'))),
      )
    })
    stop()
    const latency = clock.now() - sent
    return {
      status: response.statusCode ?? 0,
      headers: headersOf(response),
      body: body.toString('utf8'),
      latency,
    }
  }

  return {
    request(request) {
      const once = (): Promise<HttpAnswer> => whole(request)
      if (!mayRepeat(request.method, request.retry ?? 'idempotent')) return once()
      return repeat(once, { ...RETRY, ...request.policy }, clock, random, request.signal, options.hurried)
    },
    async stream(request): Promise<HttpStream> {
      const { response, stop, explain } = await head(request)
      stop()
      return {
        status: response.statusCode ?? 0,
        headers: headersOf(response),
        chunks: explained(response, explain),
        close: () => response.destroy(),
      }
    },
    close() {
      for (const call of open) call.destroy()
      agents.close()
    },
  }
}

interface Head {
  readonly response: http.IncomingMessage
  readonly url: URL
  readonly sent: number
  readonly stop: () => void
  readonly explain: (error: unknown) => ReleaseError
  readonly fail: (error: ReleaseError) => ReleaseError
}

function isStreamed(body: HttpRequest['body']): body is StreamedBody {
  return typeof body === 'object' && !(body instanceof Uint8Array)
}

function sizeOf(body: string | Uint8Array | StreamedBody): number {
  return isStreamed(body) ? body.size : Buffer.byteLength(body)
}

/** Writes as fast as the connection takes it. */
async function pour(body: StreamedBody, call: http.ClientRequest): Promise<void> {
  for await (const chunk of body.open()) {
    if (call.destroyed) return
    if (!call.write(chunk)) await writable(call)
  }
  call.end()
}

/** Resolves when the connection takes more, or is gone. */
function writable(call: http.ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      call.off('drain', done).off('close', done)
      resolve()
    }
    call.once('drain', done).once('close', done)
  })
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

async function* explained(
  response: http.IncomingMessage,
  explain: (error: unknown) => ReleaseError,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) yield chunk
  } catch (error) {
    throw explain(error)
  }
}

function cancelled(method: string, url: URL): Cancelled {
  return new Cancelled(`${method} ${url.host}${url.pathname} was cancelled`)
}

function throughProxy(proxy: URL, url: URL): Record<string, string> {
  const authorization = proxyAuthorization(proxy)
  return { host: url.host, ...(authorization !== undefined && { 'proxy-authorization': authorization }) }
}

function lowerCase(headers: NonNullable<HttpRequest['headers']>): http.OutgoingHttpHeaders {
  const entries = Object.entries(headers).map(([name, value]): [string, string | string[]] => [
    name.toLowerCase(),
    typeof value === 'string' ? value : [...value],
  ])
  return Object.fromEntries(entries)
}

function headersOf(response: http.IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}
