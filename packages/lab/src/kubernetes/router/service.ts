import net, { type AddressInfo } from 'node:net'
import type { PodNetwork } from '../kubelet/network.ts'
import type { Answer, Question } from '../kubelet/sandbox.ts'
import type { Service } from '../objects.ts'
import { ENDPOINT_SLICE, isKind, SERVICE, type Objects } from '../typed.ts'
import { addressesOf, type Address, type Addresses } from './endpoints.ts'
import type { Random } from './random.ts'

export interface ServiceProxyOptions {
  readonly objects: Objects
  readonly network: PodNetwork
  /** How long a change of endpoints takes to have an effect, in milliseconds. */
  readonly delayMs: number
  readonly random: Random
}

/** What the proxy knows of one port of a Service. */
interface Known extends Addresses {
  readonly sticky: boolean
}

/**
 * The data path of Services, as kube-proxy makes it: an endpoint is chosen for each connection, and a connection stays
 * where it is until it closes.
 */
export class ServiceProxy {
  readonly #options: ServiceProxyOptions
  readonly #unsubscribe: () => void
  readonly #listeners = new Map<string, Promise<net.Server>>()
  readonly #sockets = new Set<net.Socket>()
  readonly #affinity = new Map<string, Address>()
  #known = new Map<string, Known>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: ServiceProxyOptions) {
    this.#options = options
    this.#unsubscribe = options.objects.store.subscribe(({ kind }) => {
      if (!isKind(kind, SERVICE) && !isKind(kind, ENDPOINT_SLICE)) return
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        this.#learn()
      }, options.delayMs)
    })
  }

  /** A listener on loopback for one port of a Service; the first port unless one is named. */
  async listen(namespace: string, name: string, port?: number): Promise<string> {
    const number = port ?? this.#options.objects.get(SERVICE, namespace, name)?.spec.ports?.[0]?.port
    if (number === undefined) throw new Error(`Service ${namespace}/${name} has no port`)
    const key = `${namespace}/${name}:${number}`
    const opened = this.#listeners.get(key) ?? this.#open(key)
    this.#listeners.set(key, opened)
    return `http://127.0.0.1:${((await opened).address() as AddressInfo).port}`
  }

  /** The loopback port where a new connection to a Service goes now; undefined when it is refused. */
  choose(key: string, client = ''): number | undefined {
    const known = this.#known.get(key)
    if (known === undefined) return undefined
    const { ready, leaving, sticky } = known
    const addresses = ready.length > 0 ? ready : leaving
    const before = sticky ? this.#affinity.get(`${key} ${client}`) : undefined
    const kept = addresses.find(({ ip, port }) => ip === before?.ip && port === before.port)
    const address = kept ?? addresses[Math.floor(this.#options.random() * addresses.length)]
    if (address === undefined) return undefined
    if (sticky) this.#affinity.set(`${key} ${client}`, address)
    return this.#options.network.resolve(address.ip, address.port)
  }

  /** Where a connection from a pod leads: pod addresses, cluster IPs and Service names. */
  resolve(namespace: string, { host, port }: Question): Answer {
    if (host.startsWith('10.244.')) return this.#options.network.resolve(host, port) ?? null
    const [name = '', other = namespace] = host.replace(/\.svc(\.cluster\.local)?\.?$/, '').split('.')
    const services = this.#options.objects.list(SERVICE)
    const service = /^10\./.test(host)
      ? services.find(({ spec }) => spec.clusterIP === host)
      : services.find(({ metadata }) => metadata.name === name && metadata.namespace === other)
    if (service === undefined) return /^10\.96\./.test(host) ? null : undefined
    return this.choose(keyOf(service, port)) ?? null
  }

  /** Whether new connections are made to an address that is not on its way out. */
  sendsTo(ip: string): boolean {
    return [...this.#known.values()].some(({ ready }) => ready.some((address) => address.ip === ip))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe()
    clearTimeout(this.#timer)
    for (const socket of this.#sockets) socket.destroy()
    const servers = await Promise.all(this.#listeners.values())
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  }

  #learn(): void {
    const { objects } = this.#options
    const entries = objects.list(SERVICE).flatMap((service) =>
      (service.spec.ports ?? []).map(({ port }): [string, Known] => {
        const addresses = addressesOf(objects, service, port) ?? { ready: [], leaving: [] }
        const sticky = service.spec.sessionAffinity === 'ClientIP'
        return [keyOf(service, port), { ...addresses, sticky }]
      }),
    )
    this.#known = new Map(entries)
  }

  #open(key: string): Promise<net.Server> {
    const server = net.createServer({ allowHalfOpen: true }, (client) => this.#connect(key, client))
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
  }

  #connect(key: string, client: net.Socket): void {
    const port = this.choose(key, client.remoteAddress)
    if (port === undefined) {
      client.resetAndDestroy()
      return
    }
    const backend = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    for (const [socket, other] of [
      [client, backend],
      [backend, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.pipe(other)
      socket.on('error', () => other.resetAndDestroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        // After an orderly end the other side still has bytes to send.
        if (!other.writableEnded) other.destroy()
      })
    }
  }
}

function keyOf({ metadata }: Service, port: number): string {
  return `${metadata.namespace}/${metadata.name}:${port}`
}
