import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Faults, type FaultEffect } from '../faults.ts'
import { isObject, listAt, objectAt, type JsonObject } from '../json.ts'
import { Authorizer, forbidden } from '../rbac/authorize.ts'
import { reviewAccess, reviewRules } from '../rbac/reviews.ts'
import { ADMIN, ANONYMOUS, serviceAccountUser, Users, type User } from '../rbac/users.ts'
import { RequestLog } from '../request-log.ts'
import { KINDS } from '../kinds.ts'
import type { Store } from '../store.ts'
import { CertificateAuthority } from '../tls/certificates.ts'
import { discover } from './discovery.ts'
import { History } from './history.ts'
import { selection } from './listing.ts'
import { Namespaces } from './namespaces.ts'
import { noEndpoints, passOn, splitProxyName } from './proxy.ts'
import { parseTarget, verbOf, type ApiRequest } from './request.ts'
import { notAllowed, Resources, unknownResource, type ResourceRequest } from './resources.ts'
import { badRequest, notFound, StatusError } from './status-error.ts'
import { asTable, wantsTable } from './table.ts'
import { watch } from './watch.ts'
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
  readonly #authorizer: Authorizer
  readonly #history: History
  readonly #namespaces: Namespaces
  readonly #resources: Resources
  readonly #bookmarkMs: number
  readonly #authority: CertificateAuthority | undefined
  readonly #server: Server

  private constructor({ store, workloads, bookmarkMs = 1000, tls = false }: ApiServerOptions) {
    this.store = store
    this.workloads = workloads
    this.#bookmarkMs = bookmarkMs
    this.#authorizer = new Authorizer(store)
    this.#history = new History(store)
    this.#namespaces = new Namespaces(store)
    this.#resources = new Resources(store, this.#history, this.#namespaces)
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

  /** A kubeconfig, as JSON: the admin's (a client certificate with `tls`, else a token), or a service account's (a token). */
  kubeconfig(user?: { readonly serviceAccount: string; readonly namespace: string }): string {
    const base64 = (pem: string): string => Buffer.from(pem).toString('base64')
    const cluster = {
      server: this.url,
      ...(this.#authority === undefined
        ? { 'insecure-skip-tls-verify': true } // @kubernetes/client-node speaks plain HTTP only when told so.
        : { 'certificate-authority-data': base64(this.#authority.certificate) }),
    }
    const admin = this.#authority?.client(ADMIN.name, 'system:masters')
    const credentials =
      user !== undefined
        ? { token: this.users.issue(serviceAccountUser(user.namespace, user.serviceAccount)) }
        : admin === undefined
          ? { token: this.users.adminToken }
          : { 'client-certificate-data': base64(admin.certificate), 'client-key-data': base64(admin.key) }
    const context = {
      cluster: 'lab',
      user: 'lab',
      ...(user === undefined ? {} : { namespace: user.namespace }),
    }
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'lab', cluster }],
      users: [{ name: 'lab', user: credentials }],
      contexts: [{ name: 'lab', context }],
      'current-context': 'lab',
    })
  }

  /** Forgets past versions: a watch that starts from one is answered 410 Expired. */
  compact(): void {
    this.#history.compact()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.faults.clear()
    this.#history.close()
    this.#namespaces.close()
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
      note(await this.#answer(request, incoming, response))
    } catch (error) {
      if (error instanceof Dropped || response.destroyed) {
        response.destroy()
        return
      }
      const status = error instanceof StatusError ? error : internal(error)
      if (response.headersSent) response.destroy()
      else send(response, status.code, status.body(), retryAfter(status))
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

  /** @returns the status that was sent */
  async #answer(request: ApiRequest, incoming: IncomingMessage, response: ServerResponse): Promise<number> {
    if (request.contentType.includes('protobuf') && request.target?.subresource !== 'proxy') {
      const message =
        'the embedded API server reads JSON, not protobuf: use `kubectl create -f` or `kubectl apply -f`'
      throw new StatusError(415, 'UnsupportedMediaType', message)
    }
    const effects = this.faults.strike(request)
    for (const effect of effects) await this.#suffer(effect)
    this.#authorize(request)
    const { target } = request
    if (request.verb === 'watch' && target?.kind !== undefined && target.subresource === undefined) {
      return this.#watch({ ...request, target: { ...target, kind: target.kind } }, response, effects)
    }
    const warnings: string[] = []
    const done = await this.faults.around(request, () =>
      this.#dispatch(request, incoming, response, warnings),
    )
    if (effects.some(({ kind }) => kind === 'drop-after')) throw new Dropped()
    if (done.kind === 'streamed') return done.status
    const garbage = effects.find((effect) => effect.kind === 'garbage')
    if (garbage !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(garbage.body ?? '')
      return 200
    }
    const headers =
      warnings.length === 0 ? {} : { warning: warnings.map((text) => `299 - ${JSON.stringify(text)}`) }
    const body =
      wantsTable(request.accept) && target?.kind !== undefined ? asTable(target.kind, done.body) : done.body
    send(response, done.status, body, headers)
    return done.status
  }

  async #suffer(effect: FaultEffect): Promise<void> {
    switch (effect.kind) {
      case 'status':
        throw ordered(effect)
      case 'delay':
        await new Promise((resolve) => setTimeout(resolve, effect.ms))
        return
      case 'drop-before':
        throw new Dropped()
      case 'freeze':
        await this.faults.frozen()
        return
      case 'drop-after':
      case 'garbage':
      case 'cut':
        // These strike later: when the answer is sent, or when the watch runs.
        return
    }
  }

  /** @throws StatusError 403 */
  #authorize(request: ApiRequest): void {
    const { user, verb, target } = request
    if (target === undefined) {
      const open = request.path === '/version' || request.path.endsWith('z')
      if (open || user !== ANONYMOUS) return
      throw new StatusError(
        403,
        'Forbidden',
        `forbidden: User "${user.name}" cannot get path "${request.path}"`,
        {},
      )
    }
    const isProxy = target.subresource === 'proxy'
    const name = isProxy && target.name !== undefined ? splitProxyName(target.name).name : target.name
    const wanted = {
      verb,
      group: target.group,
      resource: target.resource,
      subresource: target.subresource,
      namespace: target.namespace,
      name,
    }
    if (!this.#authorizer.decide(user, wanted).allowed) throw forbidden(user, wanted)
    // An apply that makes the object needs the right to create it, too.
    const creates =
      verb === 'patch' &&
      request.contentType.startsWith('application/apply-patch') &&
      target.subresource === undefined
    if (
      creates &&
      target.kind !== undefined &&
      this.store.get(target.kind, target.namespace, name ?? '') === undefined
    ) {
      const create = { ...wanted, verb: 'create' }
      if (!this.#authorizer.decide(user, create).allowed) throw forbidden(user, create)
    }
  }

  async #dispatch(
    request: ApiRequest,
    incoming: IncomingMessage,
    response: ServerResponse,
    warnings: string[],
  ): Promise<Done> {
    const { target } = request
    if (
      target === undefined ||
      (request.method === 'GET' && discover(request.path) !== undefined && target.kind === undefined)
    ) {
      return this.#discovery(request, response)
    }
    if (target.group === 'authorization.k8s.io') return this.#review(request)
    const { kind, subresource } = target
    if (kind === undefined) {
      if (discover(`/apis/${target.group}/${target.version}`) === undefined && target.group !== '')
        return notFoundPage(response)
      throw unknownResource()
    }
    if (subresource === 'log' && kind.kind === 'Pod') return this.#log(request, response)
    if (subresource === 'proxy' && (kind.kind === 'Pod' || kind.kind === 'Service'))
      return this.#proxy(request, incoming, response)
    if (subresource === 'token' && kind.kind === 'ServiceAccount') return this.#token(request)
    const resource: ResourceRequest = { ...request, target: { ...target, kind } }
    return { kind: 'body', ...this.#resources.answer(resource, (text) => warnings.push(text)) }
  }

  #discovery(request: ApiRequest, response: ServerResponse): Done {
    if (['/healthz', '/livez', '/readyz'].includes(request.path)) {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('ok')
      return { kind: 'streamed', status: 200 }
    }
    const document = discover(request.path)
    return document === undefined ? notFoundPage(response) : { kind: 'body', status: 200, body: document }
  }

  #watch(request: ResourceRequest, response: ServerResponse, effects: readonly FaultEffect[]): number {
    const { kind, namespace } = request.target
    const selects = selection(kind, namespace, request.query)
    const cut = watch(this.store, this.#history, response, {
      kind,
      query: request.query,
      selects,
      bookmarkMs: this.#bookmarkMs,
      render: rendering(request),
    })
    const ended = this.faults.watching(request, cut)
    const timers = effects.flatMap((effect) =>
      effect.kind === 'cut' ? [setTimeout(cut, effect.afterMs)] : [],
    )
    response.once('close', () => {
      ended()
      for (const timer of timers) clearTimeout(timer)
    })
    return 200
  }

  #review(request: ApiRequest): Done {
    if (request.verb !== 'create') throw notAllowed()
    const review = parseBody(request)
    switch (request.target?.resource) {
      case 'selfsubjectaccessreviews':
        return { kind: 'body', status: 201, body: reviewAccess(this.#authorizer, request.user, review) }
      case 'selfsubjectrulesreviews':
        return { kind: 'body', status: 201, body: reviewRules(this.#authorizer, request.user, review) }
      default:
        throw unknownResource()
    }
  }

  /** `kubectl create token`: a bearer token for a service account. */
  #token({ target, verb }: ApiRequest): Done {
    const [namespace, name] = [target?.namespace ?? '', target?.name ?? '']
    if (verb !== 'create') throw notAllowed()
    if (this.store.get(KINDS.ServiceAccount, namespace, name) === undefined)
      throw notFound(KINDS.ServiceAccount, name)
    const token = this.users.issue(serviceAccountUser(namespace, name))
    const expirationTimestamp = new Date(Date.now() + 3_600_000).toISOString()
    const body = {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace },
      spec: {},
      status: { token, expirationTimestamp },
    }
    return { kind: 'body', status: 201, body }
  }

  async #log({ target, query }: ApiRequest, response: ServerResponse): Promise<Done> {
    const pod = this.store.get(KINDS.Pod, target?.namespace, target?.name ?? '')
    if (pod === undefined) throw notFound(KINDS.Pod, target?.name ?? '')
    const names = listAt(pod['spec'], 'containers').map((container) =>
      String(isObject(container) ? container['name'] : ''),
    )
    const container = query.get('container') ?? undefined
    if (container === undefined && names.length > 1) {
      throw badRequest(
        `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names.join(' ')}]`,
      )
    }
    const inits = listAt(pod['spec'], 'initContainers').map((one) => String(isObject(one) ? one['name'] : ''))
    if (container !== undefined && ![...names, ...inits].includes(container)) {
      throw badRequest(`container ${container} is not valid for pod ${pod.metadata.name}`)
    }
    const number = (key: string): number | undefined => (query.has(key) ? Number(query.get(key)) : undefined)
    const text = await this.#need().log(pod, {
      container,
      previous: query.get('previous') === 'true',
      follow: query.get('follow') === 'true',
      timestamps: query.get('timestamps') === 'true',
      tailLines: number('tailLines'),
      sinceSeconds: number('sinceSeconds'),
      limitBytes: number('limitBytes'),
    })
    response.writeHead(200, { 'content-type': 'text/plain' })
    if (typeof text === 'string') response.write(text)
    else {
      for await (const part of text) {
        if (response.destroyed) break
        response.write(part)
      }
    }
    response.end()
    return { kind: 'streamed', status: 200 }
  }

  async #proxy(request: ApiRequest, incoming: IncomingMessage, response: ServerResponse): Promise<Done> {
    const { target } = request
    const { name, port } = splitProxyName(target?.name ?? '')
    const kind = target?.kind?.kind === 'Pod' ? KINDS.Pod : KINDS.Service
    const object = this.store.get(kind, target?.namespace, name)
    if (object === undefined) throw notFound(kind, name)
    if (kind.kind === 'Service') {
      const address = await this.#need().serviceAddress(object, port)
      if (address === undefined) throw noEndpoints(name)
      return { kind: 'streamed', status: await passOn(address, request, incoming, response) }
    }
    const address = await this.#need().podAddress(object, port === undefined ? undefined : Number(port))
    if (address === undefined) {
      const ip = objectAt(object, 'status')['podIP']
      const dialled = `${typeof ip === 'string' ? ip : ''}:${port ?? '80'}`
      const message = `error trying to reach service: dial tcp ${dialled}: connect: connection refused`
      throw new StatusError(503, 'ServiceUnavailable', message)
    }
    return { kind: 'streamed', status: await passOn(address, request, incoming, response) }
  }

  #need(): Workloads {
    if (this.workloads === undefined)
      throw new StatusError(501, 'NotImplemented', 'this API server has no nodes')
    return this.workloads
  }
}

type Done =
  | { readonly kind: 'body'; readonly status: number; readonly body: object }
  | { readonly kind: 'streamed'; readonly status: number }

/** A person's kubectl wants tables, everybody else objects. */
function rendering({ accept, target }: ApiRequest): (object: object) => object {
  const kind = target?.kind
  if (kind === undefined || !wantsTable(accept)) return (object) => object
  return (object) => asTable(kind, object)
}

/** Whom a client certificate of our own authority names; undefined without one. */
function certified({ socket, headers }: IncomingMessage): User | undefined {
  if (headers.authorization !== undefined || !(socket instanceof TLSSocket) || !socket.authorized)
    return undefined
  return socket.getPeerCertificate().subject.CN === ADMIN.name ? ADMIN : undefined
}

/** The connection is closed without an answer. */
class Dropped extends Error {
  override readonly name = 'Dropped'
}

function notFoundPage(response: ServerResponse): Done {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n')
  return { kind: 'streamed', status: 404 }
}

function send(
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

function retryAfter(status: StatusError): Record<string, string> {
  const seconds = status.details?.retryAfterSeconds
  return seconds === undefined ? {} : { 'retry-after': String(seconds) }
}

function parseBody(request: ApiRequest): JsonObject {
  let body: unknown
  try {
    body = JSON.parse(request.body.toString())
  } catch (error) {
    throw badRequest(String(error))
  }
  return isObject(body) ? body : {}
}

/** A bug of the lab, said loudly: a test that meets it must not take it for Kubernetes' own. */
function internal(error: unknown): StatusError {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new StatusError(
    500,
    'InternalError',
    `Internal error occurred: the embedded API server failed: ${text}`,
  )
}

const REASONS: Readonly<Record<number, readonly [string, string]>> = {
  401: ['Unauthorized', 'Unauthorized'],
  403: ['Forbidden', 'forbidden by order of a test'],
  409: [
    'Conflict',
    'the object has been modified; please apply your changes to the latest version and try again',
  ],
  429: ['TooManyRequests', 'Too many requests, please try again later.'],
  500: ['InternalError', 'Internal error occurred: ordered by a test'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'the server was unable to return a response in the time allotted'],
}

function ordered({
  code,
  message,
  retryAfter: seconds,
}: Extract<FaultEffect, { kind: 'status' }>): StatusError {
  const [reason, text] = REASONS[code] ?? ['', 'ordered by a test']
  return new StatusError(
    code,
    reason,
    message ?? text,
    seconds === undefined ? undefined : { retryAfterSeconds: seconds },
  )
}
