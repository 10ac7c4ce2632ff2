import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FaultEffect, Faults } from '../faults.ts'
import { isObject, type JsonObject } from '../json.ts'
import { KINDS } from '../kinds.ts'
import { Authorizer, forbidden } from '../rbac/authorize.ts'
import { reviewAccess, reviewRules } from '../rbac/reviews.ts'
import { ANONYMOUS, serviceAccountUser, type Users } from '../rbac/users.ts'
import type { Store } from '../store.ts'
import { discover } from './discovery.ts'
import { History } from './history.ts'
import { selection } from './listing.ts'
import { Namespaces } from './namespaces.ts'
import { answerLog, answerProxy } from './nodes.ts'
import { suffer } from './ordered-faults.ts'
import { splitProxyName } from './proxy.ts'
import { Dropped, notFoundPage, send, type Done } from './reply.ts'
import type { ApiRequest } from './request.ts'
import { notAllowed, Resources, unknownResource, type ResourceRequest } from './resources.ts'
import { badRequest, notFound, StatusError } from './status-error.ts'
import { asTable, wantsTable } from './table.ts'
import { watch } from './watch.ts'
import type { Workloads } from './workloads.ts'

export interface HandlerOptions {
  readonly store: Store
  readonly users: Users
  readonly faults: Faults
  readonly workloads: () => Workloads | undefined
  /** Between the bookmarks of a watch, in milliseconds. */
  readonly bookmarkMs: number
}

/** Answers requests: first the faults that a test ordered, then whether the user may, then what was asked for. */
export class Handler {
  readonly history: History
  readonly #options: HandlerOptions
  readonly #authorizer: Authorizer
  readonly #namespaces: Namespaces
  readonly #resources: Resources

  constructor(options: HandlerOptions) {
    const { store } = options
    this.#options = options
    this.#authorizer = new Authorizer(store)
    this.history = new History(store)
    this.#namespaces = new Namespaces(store)
    this.#resources = new Resources(store, this.history, this.#namespaces)
  }

  close(): void {
    this.history.close()
    this.#namespaces.close()
  }

  /**
   * @returns the status that was sent
   * @throws StatusError, or Dropped when the connection is to be closed
   */
  async answer(request: ApiRequest, incoming: IncomingMessage, response: ServerResponse): Promise<number> {
    if (request.contentType.includes('protobuf') && request.target?.subresource !== 'proxy') {
      const message =
        'the embedded API server reads JSON, not protobuf: use `kubectl create -f` or `kubectl apply -f`'
      throw new StatusError(415, 'UnsupportedMediaType', message)
    }
    const { faults } = this.#options
    const effects = faults.strike(request)
    for (const effect of effects) await suffer(effect, faults)
    this.#authorize(request)
    const { target } = request
    if (request.verb === 'watch' && target?.kind !== undefined && target.subresource === undefined) {
      return this.#watch({ ...request, target: { ...target, kind: target.kind } }, response, effects)
    }
    const warnings: string[] = []
    const done = await faults.around(request, () => this.#dispatch(request, incoming, response, warnings))
    if (effects.some(({ kind }) => kind === 'drop-after')) throw new Dropped()
    if (done.kind === 'streamed') return done.status
    const garbage = effects.find((effect) => effect.kind === 'garbage')
    if (garbage !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(garbage.body ?? '')
      return 200
    }
    const headers =
      warnings.length === 0 ? {} : { warning: warnings.map((text) => `299 - ${JSON.stringify(text)}`) }
    send(response, done.status, rendering(request)(done.body), headers)
    return done.status
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
      this.#options.store.get(target.kind, target.namespace, name ?? '') === undefined
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
    const { store } = this.#options
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
    const workloads = this.#options.workloads()
    if (subresource === 'log' && kind.kind === 'Pod') return answerLog(store, workloads, request, response)
    if (subresource === 'proxy' && (kind.kind === 'Pod' || kind.kind === 'Service')) {
      return answerProxy(store, workloads, request, incoming, response)
    }
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
    const cut = watch(this.#options.store, this.history, response, {
      kind,
      query: request.query,
      selects,
      bookmarkMs: this.#options.bookmarkMs,
      render: rendering(request),
    })
    const ended = this.#options.faults.watching(request, cut)
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
    if (this.#options.store.get(KINDS.ServiceAccount, namespace, name) === undefined)
      throw notFound(KINDS.ServiceAccount, name)
    const token = this.#options.users.issue(serviceAccountUser(namespace, name))
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
}

/** A person's kubectl wants tables, everybody else objects. */
function rendering({ accept, target }: ApiRequest): (object: object) => object {
  const kind = target?.kind
  if (kind === undefined || !wantsTable(accept)) return (object) => object
  return (object) => asTable(kind, object)
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
