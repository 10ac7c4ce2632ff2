import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Faults } from '../faults.ts'
import { ADMIN, ANONYMOUS, Users, type User } from '../rbac/users.ts'
import { RequestLog } from '../request-log.ts'
import type { Store } from '../store.ts'
import { CertificateAuthority } from '../tls/certificates.ts'
import { Handler } from './handler.ts'
import { writeKubeconfig, type ServiceAccountName } from './kubeconfig.ts'
import { Dropped, internal, sendStatus } from './reply.ts'
import { parseTarget, verbOf, type ApiRequest } from './request.ts'
import { StatusError } from './status-error.ts'
import type { Workloads } from './workloads.ts'

export interface ApiServerOptions {
  readonly store: Store
  /** Logs and proxies; without it they are answered 501. May be set later. */
  readonly workloads?: Workloads
  /** Between the bookmarks of a watch that asks for them, in milliseconds; 1000 unless said. */
  readonly bookmarkMs?: number
  /**
   * HTTPS with a certificate authority of its own, as a real cluster: kubectl sends credentials over nothing else.
   * The admin's kubeconfig then has a client certificate, as kind's has; plain HTTP unless said.
   */
  readonly tls?: boolean
}

/** An HTTP server on loopback that speaks the Kubernetes API for the kinds in kinds.ts. */
export class ApiServer implements AsyncDisposable {
  readonly store: Store
  readonly users = new Users()
  readonly faults = new Faults()
  readonly requests = new RequestLog()
  workloads: Workloads | undefined
  readonly #handler: Handler
  readonly #authority: CertificateAuthority | undefined
  readonly #server: Server

  private constructor({ store, workloads, bookmarkMs = 1000, tls = false }: ApiServerOptions) {
    this.store = store
    this.workloads = workloads
    const { users, faults } = this
    this.#handler = new Handler({ store, users, faults, bookmarkMs, workloads: () => this.workloads })
    const serve = (incoming: IncomingMessage, response: ServerResponse): void => {
      void this.#serve(incoming, response)
    }
    if (tls) {
      const authority = new CertificateAuthority()
      const { certificate: cert, key } = authority.server()
      // Who has no client certificate may still have a token.
      const clients = { ca: authority.certificate, requestCert: true, rejectUnauthorized: false }
      this.#authority = authority
      this.#server = createTlsServer({ cert, key, ...clients }, serve)
    } else {
      this.#authority = undefined
      this.#server = createServer(serve)
    }
  }

  /** Starts listening on 127.0.0.1, on a port that the system gives. */
  static async start(options: ApiServerOptions): Promise<ApiServer> {
    const api = new ApiServer(options)
    await new Promise<void>((resolve, reject) => {
      api.#server.once('error', reject)
      api.#server.listen(0, '127.0.0.1', resolve)
    })
    return api
  }

  /** `http://127.0.0.1:PORT`, or `https:` with `tls`. */
  get url(): string {
    const port = String((this.#server.address() as AddressInfo).port)
    return `${this.#authority === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
  }

  /** A kubeconfig, as JSON: the admin's, or a service account's with a token. */
  kubeconfig(user?: ServiceAccountName): string {
    return writeKubeconfig(this.url, this.#authority, this.users, user)
  }

  /** Forgets past versions: a watch that starts from one is answered 410 Expired. */
  compact(): void {
    this.#handler.history.compact()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.faults.clear()
    this.#handler.close()
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve()
      })
    })
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    let note: (status: number) => void = () => undefined
    try {
      const request = await this.#read(incoming)
      note = this.requests.record(request)
      note(await this.#handler.answer(request, incoming, response))
    } catch (error) {
      if (error instanceof Dropped || response.destroyed) {
        response.destroy()
        return
      }
      const status = error instanceof StatusError ? error : internal(error)
      if (response.headersSent) response.destroy()
      else sendStatus(response, status)
      note(status.code)
    }
  }

  /** @throws StatusError 401 */
  async #read(incoming: IncomingMessage): Promise<ApiRequest> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const url = new URL(incoming.url ?? '/', 'http://127.0.0.1')
    const target = parseTarget(url.pathname)
    const method = incoming.method ?? 'GET'
    const user = certified(incoming) ?? this.users.identify(incoming.headers.authorization)
    const request: ApiRequest = {
      method,
      path: url.pathname,
      query: url.searchParams,
      verb: verbOf(method, target, url.searchParams),
      target,
      user: user ?? ANONYMOUS,
      userAgent: incoming.headers['user-agent'] ?? '',
      contentType: incoming.headers['content-type'] ?? '',
      accept: incoming.headers.accept ?? '',
      body: Buffer.concat(chunks),
    }
    if (user === undefined) {
      this.requests.record(request)(401)
      throw new StatusError(401, 'Unauthorized', 'Unauthorized')
    }
    return request
  }
}

/** Whom a client certificate of our own authority names; undefined without one. */
function certified({ socket, headers }: IncomingMessage): User | undefined {
  if (headers.authorization !== undefined || !(socket instanceof TLSSocket) || !socket.authorized)
    return undefined
  return socket.getPeerCertificate().subject.CN === ADMIN.name ? ADMIN : undefined
}
