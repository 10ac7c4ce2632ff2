import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import {
  binomialBounds,
  Samples,
  startLoad,
  withinBinomial,
  type LoadOptions,
  type Sample,
} from '../../src/load/index.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(
  listener: RequestListener,
): Promise<{ readonly url: string; readonly connections: () => number }> {
  const server = createServer(listener)
  servers.push(server)
  let connections = 0
  server.on('connection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    connections: () => connections,
  }
}

const options = (url: string): LoadOptions => ({
  url,
  rate: 200,
  keepAlive: false,
  versionOf: ({ headers }) => headers['x-version'],
  timeoutMs: 1000,
})
const until = async (enough: () => boolean): Promise<void> => {
  while (!enough()) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('the load', () => {
  test('counts the answers per version, the failures among them, and sends the host asked for', async () => {
    let n = 0
    const hosts = new Set<unknown>()
    const { url } = await serve((request, response) => {
      hosts.add(request.headers.host)
      n++
      response.writeHead(n % 4 === 0 ? 503 : 200, { 'x-version': n % 2 === 0 ? 'v2' : 'v1' }).end('ok')
    })
    const load = startLoad({ ...options(url), host: 'shop.example' })
    await until(() => load.samples.length >= 40)
    await load.stop()
    const total = load.samples.length
    expect(hosts).toEqual(new Set(['shop.example']))
    expect(load.counts()).toEqual({ v1: Math.ceil(total / 2), v2: Math.floor(total / 2) })
    expect(load.share('v1')).toBeCloseTo(Math.ceil(total / 2) / total)
    expect(load.failed()).toHaveLength(Math.floor(total / 4))
    expect(load.failed()[0]).toMatchObject({ status: 503, version: 'v2', ok: false, error: undefined })
  })

  test('opens a connection for each request, or keeps one', async () => {
    const fresh = await serve((_, response) => response.end())
    const kept = await serve((_, response) => response.end())
    for (const [{ url }, keepAlive] of [
      [fresh, false],
      [kept, true],
    ] as const) {
      // One at a time: those that a busy machine sends side by side need a connection each.
      const load = startLoad({ ...options(url), keepAlive, maxInFlight: 1 })
      await until(() => load.samples.length >= 20)
      await load.stop()
      expect(load.failed()).toEqual([])
    }
    expect(fresh.connections()).toBeGreaterThanOrEqual(20)
    expect(kept.connections()).toBeLessThan(10)
  })

  test('goes on while nobody answers in time, and says why a request failed', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/reset') response.destroy()
    })
    const late = startLoad({ ...options(url), timeoutMs: 30, maxInFlight: 5 })
    await until(() => late.samples.length >= 10)
    await late.stop()
    expect(new Set(late.samples.map(({ error }) => error))).toEqual(new Set(['timeout']))
    expect(late.missed).toBeGreaterThan(0)
    for (const [wrong, error] of [
      [`${url}reset`, 'ECONNRESET'],
      ['http://127.0.0.1:1/', 'ECONNREFUSED'],
    ] as const) {
      const load = startLoad(options(wrong))
      await until(() => load.samples.length >= 1)
      await load.stop()
      expect(load.samples[0]).toMatchObject({ ok: false, status: undefined, version: undefined, error })
    }
  })

  test('keeps to its rate', async () => {
    const { url } = await serve((_, response) => response.end())
    const load = startLoad({ ...options(url), rate: 100 })
    const began = performance.now()
    await until(() => load.samples.length >= 30)
    const most = ((performance.now() - began) / 1000) * 100 + 2
    await load.stop()
    expect(load.samples.length).toBeLessThanOrEqual(most)
  })
})

describe('samples', () => {
  const sample = (at: number, version: string, latency = 1, ok = true): Sample => ({
    at,
    version,
    latency,
    ok,
    status: ok ? 200 : 500,
    error: undefined,
  })
  const samples = new Samples([
    sample(10, 'a', 30),
    sample(20, 'b', 5),
    sample(30, 'a', 10),
    sample(40, 'b', 99, false),
  ])

  test('answer for a window that begins where it says and ends before its end', () => {
    expect(samples.counts(10, 30)).toEqual({ a: 1, b: 1 })
    expect(samples.share('a', 20, 41)).toBeCloseTo(1 / 3)
    expect(samples.share('a', 50)).toBeUndefined()
    expect(samples.failed(0, 40)).toEqual([])
  })

  test('know when a version was last heard of, and the latencies of good answers', () => {
    expect([samples.lastSeen('a'), samples.lastSeen('b'), samples.lastSeen('c')]).toEqual([
      40,
      139,
      undefined,
    ])
    expect([samples.percentile(0), samples.percentile(50), samples.percentile(100)]).toEqual([5, 10, 30])
    expect(samples.percentile(50, 100)).toBeUndefined()
  })
})

describe('binomial bounds', () => {
  /** By plain summation in exact integers: C(n, k) with p = a/b. */
  function exact(n: number, a: number, b: number, tail: number): { least: number; most: number } {
    const weights: bigint[] = []
    let choose = 1n
    for (let k = 0; k <= n; k++) {
      weights.push(choose * BigInt(a) ** BigInt(k) * BigInt(b - a) ** BigInt(n - k))
      choose = (choose * BigInt(n - k)) / BigInt(k + 1)
    }
    const total = BigInt(b) ** BigInt(n)
    const limit = (total * BigInt(Math.round(tail * 1e9))) / 1_000_000_000n
    const below = (values: readonly bigint[]): number => {
      let sum = 0n
      return values.findIndex((value) => (sum += value) > limit)
    }
    return { least: below(weights), most: n - below(weights.toReversed()) }
  }

  test.each([
    [200, 1, 20],
    [1000, 1, 4],
    [300, 1, 2],
    [50, 9, 10],
    [1, 1, 2],
  ])('are those of exact sums for n = %i, p = %i/%i', (n, a, b) => {
    expect(binomialBounds(n, a / b, 0.999)).toEqual(exact(n, a, b, 0.0005))
  })

  test('are a point for a share of 0 or 1, and hold for many requests', () => {
    expect(binomialBounds(100, 0, 0.999)).toEqual({ least: 0, most: 0 })
    expect(binomialBounds(100, 1, 0.999)).toEqual({ least: 100, most: 100 })
    const { least, most } = binomialBounds(100_000, 0.25, 0.999)
    expect([Math.round((25_000 - least) / 10), Math.round((most - 25_000) / 10)]).toEqual([45, 45])
    expect([withinBinomial(0, 100, 0.05), withinBinomial(0, 200, 0.05)]).toEqual([true, false])
  })

  test('refuse what is no probability', () => {
    expect(() => binomialBounds(10, 5, 0.999)).toThrow('p is a share')
    expect(() => binomialBounds(1.5, 0.5, 0.999)).toThrow('whole number')
    expect(() => binomialBounds(10, 0.5, 99.9)).toThrow('confidence')
  })
})
