import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { canonical } from '../names.ts'
import type { PodNetwork } from '../kubelet/network.ts'
import {
  ENDPOINT_SLICE,
  GATEWAY,
  GATEWAY_CLASS,
  HTTP_ROUTE,
  isKind,
  SERVICE,
  type Objects,
} from '../typed.ts'
import { filterRequest, filterResponse, redirectOf, type Outgoing } from './filters.ts'
import { entryFor } from './match.ts'
import { endToEnd, forward } from './proxy.ts'
import { drawn, type Random } from './random.ts'
import { tableOf, type Backend, type Table } from './table.ts'
import { Throttle } from './throttle.ts'

const WATCHED = [HTTP_ROUTE, GATEWAY, GATEWAY_CLASS, SERVICE, ENDPOINT_SLICE]
/** As long as Traefik keeps an idle client connection. */
const IDLE_MS = 180_000

export interface RouterOptions {
  readonly objects: Objects
  readonly network: PodNetwork
  readonly throttleMs: number
  readonly random: Random
}

/** The data plane of the Gateway API: one HTTP listener for all routes. */
export class Router {
  readonly #network: PodNetwork
  readonly #random: Random
  readonly #server: http.Server
  readonly #agent = new http.Agent({ keepAlive: true })
  readonly #throttle: Throttle<Table>
  readonly #unsubscribe: () => void
  #table: Table = []
  #seen = ''
  #turn: NodeJS.Immediate | undefined

  constructor({ objects, network, throttleMs, random }: RouterOptions) {
    this.#network = network
    this.#random = random
    this.#throttle = new Throttle(throttleMs, (table) => {
      this.#table = table
    })
    this.#server = http.createServer({ keepAliveTimeout: IDLE_MS, requestTimeout: 0 }, (request, response) =>
      this.#serve(request, response),
    )
    this.#unsubscribe = objects.store.subscribe(({ kind }) => {
      if (WATCHED.some((watched) => isKind(kind, watched)))
        this.#turn ??= setImmediate(() => this.#look(objects))
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Whether the configuration in effect sends requests to an address. */
  sendsTo(ip: string): boolean {
    return this.#table.some(({ backends }) =>
      backends.some(({ to }) => to !== 'missing' && to.some((address) => address.ip === ip)),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe()
    if (this.#turn !== undefined) clearImmediate(this.#turn)
    this.#throttle.close()
    this.#agent.destroy()
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  /** Offers a new configuration when it differs from the last one. Requests that are on their way keep theirs. */
  #look(objects: Objects): void {
    this.#turn = undefined
    const table = tableOf(objects)
    const text = canonical(table)
    if (text === this.#seen) return
    this.#seen = text
    this.#throttle.offer(table)
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const entry = entryFor(this.#table, request)
    if (entry === undefined) return answer(response, 404, '404 page not found\n')
    const host = request.headers.host ?? ''
    const redirect = redirectOf(entry.filters, entry.match, host, request.url ?? '/')
    if (redirect !== undefined) {
      response.writeHead(redirect.status, { location: redirect.location }).end()
      return
    }
    const backend = drawn(entry.backends, this.#random)
    if (backend === undefined) return answer(response, 503, 'no available server\n')
    if (backend.to === 'missing') return answer(response, 500, '')
    const port = this.#portOf(backend)
    if (port === undefined) return answer(response, 503, 'no available server\n')
    if (port === 'refused') return answer(response, 502, 'Bad Gateway')
    const filters = [...entry.filters, ...backend.filters]
    const client = request.socket.remoteAddress ?? ''
    const forwarded = {
      'x-forwarded-for': client,
      'x-forwarded-host': host,
      'x-forwarded-proto': 'http',
      'x-real-ip': client,
    }
    const outgoing: Outgoing = {
      path: request.url ?? '/',
      headers: { ...endToEnd(request.headers), ...forwarded },
    }
    filterRequest(filters, entry.match, outgoing)
    forward(request, response, {
      port,
      path: outgoing.path,
      headers: outgoing.headers,
      agent: this.#agent,
      changeResponse: (answered) => filterResponse(filters, answered),
      failed: () => answer(response, 502, 'Bad Gateway'),
    })
  }

  /** Undefined: no endpoint; `refused`: one where nothing listens any more. */
  #portOf({ to }: Backend): number | 'refused' | undefined {
    if (to === 'missing') return undefined
    const address = to[Math.floor(this.#random() * to.length)]
    return address === undefined ? undefined : (this.#network.resolve(address.ip, address.port) ?? 'refused')
  }
}

function answer(response: ServerResponse, status: number, body: string): void {
  const type =
    body === '' ? {} : { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }
  response.writeHead(status, { ...type, 'content-length': Buffer.byteLength(body) }).end(body)
}
