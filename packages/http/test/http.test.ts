import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Clock } from '@release-actions/ports'
import { createHttp, type Http, type HttpOptions } from '../src/index.ts'

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
const CERT = fixture('server.crt')
const KEY = fixture('server.key')

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** Real time for the limits, but pauses between attempts are only written down. */
function clock(pauses: number[] = []): Clock {
  return {
    now: () => performance.now(),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (ms !== 30_000 && ms !== 50) {
          pauses.push(ms)
          return resolve()
        }
        const timer = setTimeout(resolve, ms)
        signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
      }),
  }
}

function client(options: Partial<HttpOptions> & { pauses?: number[] } = {}): Http {
  const made = createHttp({ clock: clock(options.pauses), random: () => 0.5, ...options })
  closing.push(() => made.close())
  return made
}

async function listen<S extends net.Server>(server: S): Promise<{ server: S; port: number }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    if (server instanceof http.Server || server instanceof https.Server) server.closeAllConnections()
    server.close()
  })
  return { server, port: (server.address() as AddressInfo).port }
}

const serve = (handler: http.RequestListener): Promise<{ port: number }> => listen(http.createServer(handler))

describe('a request', () => {
  test('carries method, headers and body, and gives back what came', async () => {
    const { port } = await serve((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        response.setHeader('X-Seen', [request.method ?? '', request.headers['x-own'] as string])
        response.statusCode = 201
        response.end(`${request.url} ${Buffer.concat(chunks).toString()}`)
      })
    })
    const answer = await client().request({
      method: 'POST',
      url: `http://127.0.0.1:${port}/a/b?c=d`,
      headers: { 'X-Own': 'yes' },
      body: 'grüße',
    })
    expect(answer).toMatchObject({ status: 201, body: '/a/b?c=d grüße', headers: { 'x-seen': 'POST, yes' } })
  })

  test('uses one connection again', async () => {
    let connections = 0
    const { port, server } = await listen(http.createServer((_, response) => response.end('ok')))
    server.on('connection', () => connections++)
    const it = client()
    for (let i = 0; i < 3; i++) await it.request({ method: 'GET', url: `http://127.0.0.1:${port}/` })
    expect(connections).toBe(1)
  })

  test('to a closed port says which host and why', async () => {
    const { port, server } = await listen(net.createServer())
    await new Promise((resolve) => server.close(resolve))
    const failing = client().request({ method: 'GET', url: `http://127.0.0.1:${port}/x`, retry: 'never' })
    await expect(failing).rejects.toMatchObject({
      code: 'unreachable',
      message: `127.0.0.1:${port} cannot be reached: the connection was refused (ECONNREFUSED)`,
    })
  })

  test('that takes too long is a timeout that names the limit', async () => {
    const { port } = await serve((_, response) => void response.write('a bit'))
    const failing = client().request({ method: 'GET', url: `http://127.0.0.1:${port}/`, timeout: 50 })
    await expect(failing).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('50 ms'),
    })
  })

  test('ends as cancelled when its signal aborts', async () => {
    const abort = new AbortController()
    const { port } = await serve(() => abort.abort())
    const failing = client().request({
      method: 'GET',
      url: `http://127.0.0.1:${port}/`,
      signal: abort.signal,
    })
    await expect(failing).rejects.toMatchObject({ code: 'cancelled' })
  })

  test('refuses an answer beyond its limit', async () => {
    const { port } = await serve((_, response) => response.end('x'.repeat(2000)))
    const failing = client().request({
      method: 'GET',
      url: `http://127.0.0.1:${port}/`,
      maxBytes: 1000,
      retry: 'never',
    })
    await expect(failing).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('1000 bytes'),
    })
  })
})

describe('the retry policy', () => {
  async function failing(
    script: readonly ((response: http.ServerResponse) => void)[],
  ): Promise<{ url: string; calls: () => number }> {
    let calls = 0
    const { port } = await serve((_, response) => script[Math.min(calls++, script.length - 1)]?.(response))
    return { url: `http://127.0.0.1:${port}/`, calls: () => calls }
  }
  const status =
    (code: number, headers: Record<string, string> = {}) =>
    (response: http.ServerResponse): void =>
      void response.writeHead(code, headers).end()

  test('repeats a GET after a 503 and after a broken connection, with growing jittered pauses', async () => {
    const pauses: number[] = []
    const { url, calls } = await failing([status(503), (response) => response.destroy(), status(200)])
    expect(await client({ pauses }).request({ method: 'GET', url })).toMatchObject({ status: 200 })
    expect(calls()).toBe(3)
    expect(pauses).toEqual([100, 200])
  })

  test('waits as long as Retry-After says', async () => {
    const pauses: number[] = []
    const { url } = await failing([status(429, { 'retry-after': '3' }), status(200)])
    await client({ pauses }).request({ method: 'GET', url })
    expect(pauses).toEqual([3000])
  })

  test('waits no longer once there are only seconds left', async () => {
    const { url, calls } = await failing([status(429, { 'retry-after': '20' }), status(429), status(200)])
    const hurried = new AbortController()
    const slept: number[] = []
    const now = (): number => 0
    const sleep: Clock['sleep'] = (ms, signal) => {
      slept.push(ms)
      if (ms < 20_000) return Promise.resolve()
      return new Promise((resolve) => {
        signal?.addEventListener('abort', () => resolve(), { once: true })
        if (ms === 20_000) hurried.abort()
      })
    }
    const made = client({ clock: { now, sleep }, hurried: hurried.signal, random: () => 1 })
    expect(await made.request({ method: 'GET', url })).toMatchObject({ status: 200 })
    expect(calls()).toBe(3)
    expect(slept.filter((ms) => ms !== 30_000)).toEqual([20_000, 200])
  })

  test('gives the 429 back when Retry-After is past the deadline', async () => {
    const { url, calls } = await failing([status(429, { 'retry-after': '3600' }), status(200)])
    expect(await client().request({ method: 'GET', url })).toMatchObject({ status: 429 })
    expect(calls()).toBe(1)
  })

  test('repeats a POST or PATCH only when the caller says that it is harmless', async () => {
    for (const [retry, expected] of [
      ['idempotent', 1],
      ['always', 2],
      ['never', 1],
    ] as const) {
      const { url, calls } = await failing([status(500), status(200)])
      await client().request({ method: 'PATCH', url, retry })
      expect(calls()).toBe(expected)
    }
  })

  test('ends after its attempts with the last answer', async () => {
    const { url, calls } = await failing([status(502)])
    expect(await client().request({ method: 'GET', url, policy: { attempts: 3 } })).toMatchObject({
      status: 502,
    })
    expect(calls()).toBe(3)
  })
})

describe('a stream', () => {
  test('hands over what comes as it comes, and says when the connection breaks', async () => {
    const { port } = await serve((_, response) => {
      response.write('one\n')
      setTimeout(() => response.destroy(), 30)
    })
    const stream = await client().stream({ method: 'GET', url: `http://127.0.0.1:${port}/` })
    const seen: string[] = []
    const reading = (async () => {
      for await (const chunk of stream.chunks) seen.push(Buffer.from(chunk).toString())
    })()
    await expect(reading).rejects.toMatchObject({ code: 'unreachable' })
    expect(seen).toEqual(['one\n'])
  })

  test('ends when the client closes', async () => {
    const { port } = await serve((_, response) => void response.write('one\n'))
    const it = client()
    const stream = await it.stream({ method: 'GET', url: `http://127.0.0.1:${port}/` })
    const reading = (async () => {
      for await (const _ of stream.chunks) it.close()
    })()
    await expect(reading).rejects.toMatchObject({ code: 'unreachable' })
  })
})

describe('TLS', () => {
  const secure = (): Promise<{ port: number }> =>
    listen(https.createServer({ cert: CERT, key: KEY }, (_, response) => response.end('secret')))

  test('an authority that is not trusted is refused, and the message says so', async () => {
    const { port } = await secure()
    const failing = client().request({ method: 'GET', url: `https://127.0.0.1:${port}/`, retry: 'never' })
    await expect(failing).rejects.toMatchObject({ message: expect.stringContaining('self-signed') })
  })

  test('a given authority is trusted, a name can be expected, and checking can be turned off', async () => {
    const { port } = await secure()
    const it = client()
    for (const tls of [{ ca: CERT }, { ca: CERT, servername: 'release.test' }, { insecure: true }]) {
      const answer = await it.request({ method: 'GET', url: `https://127.0.0.1:${port}/`, tls })
      expect(answer.body).toBe('secret')
    }
    const other = { ca: CERT, servername: 'other.test' }
    await expect(
      it.request({ method: 'GET', url: `https://127.0.0.1:${port}/`, tls: other, retry: 'never' }),
    ).rejects.toMatchObject({ message: expect.stringContaining('another name') })
  })

  test('goes through an HTTP proxy by CONNECT, with the credentials in its URL', async () => {
    const { port } = await secure()
    const seen: string[] = []
    const proxy = http.createServer()
    proxy.on('connect', (request, socket) => {
      seen.push(`${request.url} ${request.headers['proxy-authorization']}`)
      const up = net.connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        up.pipe(socket).pipe(up)
      })
      socket.on('error', () => up.destroy())
      up.on('error', () => socket.destroy())
    })
    const listening = await listen(proxy)
    const HTTPS_PROXY = `http://me:p%40ss@127.0.0.1:${listening.port}`
    const it = client({ proxyEnv: { HTTPS_PROXY } })
    const answer = await it.request({ method: 'GET', url: 'https://release.test:8443/', tls: { ca: CERT } })
    await it.request({ method: 'GET', url: 'https://release.test:8443/', tls: { ca: CERT } })
    expect(answer.body).toBe('secret')
    expect(seen).toEqual([`release.test:8443 Basic ${Buffer.from('me:p@ss').toString('base64')}`])
  })

  test('a proxy that refuses is named', async () => {
    const proxy = http.createServer()
    proxy.on('connect', (_, socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'))
    const { port } = await listen(proxy)
    const it = client({ proxyEnv: { https_proxy: `http://127.0.0.1:${port}` } })
    await expect(
      it.request({ method: 'GET', url: 'https://release.test/', retry: 'never' }),
    ).rejects.toMatchObject({
      message: expect.stringContaining(`the proxy 127.0.0.1:${port} answered 407`),
    })
  })
})

test('plain http is handed to the proxy whole', async () => {
  const { port } = await serve((request, response) => response.end(`${request.url} ${request.headers.host}`))
  const it = client({ proxyEnv: { HTTP_PROXY: `127.0.0.1:${port}` } })
  const answer = await it.request({ method: 'GET', url: 'http://metrics.test/q?x=1' })
  expect(answer.body).toBe('http://metrics.test/q?x=1 metrics.test')
})
