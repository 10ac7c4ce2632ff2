/** A client that asks at a constant rate, whatever the answers do: an open loop, so a slow server is seen as slow. */
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { Samples, type Sample } from './samples.ts'

export interface LoadResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface LoadOptions {
  readonly url: string
  /** The Host header, where the router goes by it. */
  readonly host?: string
  /** Requests a second. */
  readonly rate: number
  /** False: a new connection for each request, which is what kube-proxy decides by. */
  readonly keepAlive: boolean
  /** Who answered: `(response) => response.headers['x-version']`. */
  readonly versionOf: (response: LoadResponse) => string | readonly string[] | undefined
  readonly timeoutMs: number
  /** Requests under way at once, at most; what would exceed it is not sent and counted as missed. */
  readonly maxInFlight?: number
}

export interface Load extends Omit<Samples, 'all'> {
  /** In the order of their ends. */
  readonly samples: readonly Sample[]
  /** Requests that were due and not sent, because too many were under way or this process was held up. */
  readonly missed: number
  /** Ends the load. @returns once the last request under way has ended */
  stop(): Promise<void>
}

/** Of the requests due while this process was held up, those of so many milliseconds are caught up with. */
const CATCH_UP = 100

const now = (): number => performance.timeOrigin + performance.now()

export function startLoad(options: LoadOptions): Load {
  const { rate, keepAlive, maxInFlight = Math.max(50, rate) } = options
  if (!(rate > 0 && rate <= 5000))
    throw new RangeError(`rate is from 0 to 5000 requests a second, not ${rate}`)
  const url = new URL(options.url)
  const agent = url.protocol === 'https:' ? new HttpsAgent({ keepAlive }) : new HttpAgent({ keepAlive })
  const all: Sample[] = []
  const underWay = new Set<Promise<void>>()
  const began = performance.now()
  let due = 0
  let missed = 0
  const tick = setInterval(
    () => {
      const wanted = Math.floor(((performance.now() - began) / 1000) * rate) + 1
      const most = Math.max(1, Math.ceil((CATCH_UP / 1000) * rate))
      missed += Math.max(0, wanted - due - most)
      due = Math.max(due, wanted - most)
      for (; due < wanted; due++) {
        if (underWay.size >= maxInFlight) {
          missed++
          continue
        }
        const one = ask(options, url, agent).then((sample) => {
          all.push(sample)
          underWay.delete(one)
        })
        underWay.add(one)
      }
    },
    Math.max(1, Math.min(20, 1000 / rate)),
  )
  const seen = new Samples(all)
  return {
    samples: all,
    get missed() {
      return missed
    },
    between: (from, to) => seen.between(from, to),
    counts: (from, to) => seen.counts(from, to),
    failed: (from, to) => seen.failed(from, to),
    share: (version, from, to) => seen.share(version, from, to),
    lastSeen: (version) => seen.lastSeen(version),
    percentile: (percent, from, to) => seen.percentile(percent, from, to),
    async stop() {
      clearInterval(tick)
      await Promise.all(underWay)
      agent.destroy()
    },
  }
}

/** One request; never rejects: a failure is a sample too. */
function ask(options: LoadOptions, url: URL, agent: HttpAgent): Promise<Sample> {
  const at = now()
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve) => {
    let ended = false
    const end = (answer: LoadResponse | undefined, error?: string, status?: number): void => {
      if (ended) return
      ended = true
      clearTimeout(timer)
      const named = answer === undefined ? undefined : options.versionOf(answer)
      const version = typeof named === 'object' ? named[0] : named
      const code = answer?.status ?? status
      const ok = answer !== undefined && answer.status >= 200 && answer.status < 400
      resolve({ at, version, status: code, ok, latency: now() - at, error })
    }
    const headers = {
      'user-agent': 'release-actions-lab',
      ...(options.host === undefined ? {} : { host: options.host }),
    }
    const request = start(url, { agent, headers }, (response) => {
      const status = response.statusCode ?? 0
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        end({ status, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }),
      )
      response.on('error', (error: NodeJS.ErrnoException) =>
        end(undefined, error.code ?? error.message, status),
      )
    })
    const timer = setTimeout(() => {
      end(undefined, 'timeout')
      request.destroy()
    }, options.timeoutMs)
    request.on('error', (error: NodeJS.ErrnoException) => end(undefined, error.code ?? error.message))
    request.end()
  })
}
