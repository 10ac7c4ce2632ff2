import { isObject, objectAt, stringAt, type Json, type JsonObject } from '../json.ts'
import { isWrite, isTrue, type ApiRequest, type Target } from './request.ts'
import { KINDS, type Kind } from '../kinds.ts'
import type { DeleteOptions, KubeObject, Store } from '../store.ts'
import type { History } from './history.ts'
import { listObjects, selection, withoutType } from './listing.ts'
import type { Namespaces } from './namespaces.ts'
import { applyObject, managerRequired, patchedBody, patchObject, patchTypeOf } from './patching.ts'
import { hasScale, scaleOf, withScale } from './scale.ts'
import { badRequest, conflict, invalid, notFound, StatusError } from './status-error.ts'
import { admit, createObject, place, updateObject, type WriteOptions } from './writing.ts'
import { invalidValue } from '../admission/names.ts'

export interface Answer {
  readonly status: number
  readonly body: object
}
/** A request for a kind that is stored. */
export interface ResourceRequest extends ApiRequest {
  readonly target: Target & { readonly kind: Kind }
}

/** Kinds whose PUT must carry the version that it was decided on. */
const CONDITIONAL: ReadonlySet<string> = new Set([
  KINDS.Lease.kind,
  KINDS.PodDisruptionBudget.kind,
  KINDS.ServiceAccount.kind,
])
/** Kinds whose deletion answers with the object; the others answer with a Status when it is gone. */
const RETURNED: ReadonlySet<string> = new Set([KINDS.Pod.kind, KINDS.Service.kind, KINDS.ServiceAccount.kind])

/** Reads and writes stored objects, as requests ask. */
export class Resources {
  readonly #store: Store
  readonly #history: History
  readonly #namespaces: Namespaces

  constructor(store: Store, history: History, namespaces: Namespaces) {
    this.#store = store
    this.#history = history
    this.#namespaces = namespaces
  }

  /** @throws StatusError */
  answer(request: ResourceRequest, warn: (text: string) => void): Answer {
    const { target, verb } = request
    const options = isWrite(request) || request.query.has('dryRun') ? writeOptions(request, warn) : undefined
    if (target.subresource === 'scale' && hasScale(target.kind)) return this.#scale(request, options)
    if (target.subresource === 'eviction' && target.kind.kind === 'Pod') return this.#evict(target)
    const hasIt =
      target.subresource === undefined || (target.subresource === 'status' && target.kind.hasStatus)
    if (!hasIt) throw unknownResource()
    switch (verb) {
      case 'get':
        return { status: 200, body: this.#existing(target) }
      case 'list':
      case 'watch':
        return {
          status: 200,
          body: listObjects(this.#store, this.#history, target.kind, target.namespace, request.query),
        }
      case 'create':
        return this.#create(request, need(options))
      case 'update':
        return this.#update(request, need(options))
      case 'patch':
        return this.#patch(request, need(options))
      case 'delete':
        return this.#delete(request)
      case 'deletecollection':
        return this.#deleteCollection(request)
    }
  }

  #existing({ kind, namespace, name = '' }: ResourceRequest['target']): KubeObject {
    const found = this.#store.get(kind, namespace, name)
    if (found === undefined) throw notFound(kind, name)
    return found
  }

  #create(request: ResourceRequest, options: WriteOptions): Answer {
    const { kind, namespace, name, subresource } = request.target
    if (name !== undefined || subresource !== undefined || (kind.namespaced && namespace === undefined))
      throw notAllowed()
    const admitted = admit(kind, readObject(request, kind), options, 'body')
    place(admitted, kind.namespaced ? namespace : undefined, undefined)
    const given = stringAt(objectAt(admitted, 'metadata'), 'name') ?? ''
    if (kind.namespaced && namespace !== undefined) this.#namespaces.checkOpen(namespace, kind, given)
    return { status: 201, body: createObject(this.#store, kind, admitted, options) }
  }

  #update(request: ResourceRequest, options: WriteOptions): Answer {
    const { kind, namespace, name } = request.target
    if (name === undefined) throw notAllowed()
    const admitted = admit(kind, readObject(request, kind), options, 'body')
    place(admitted, kind.namespaced ? namespace : undefined, name)
    const { resourceVersion, uid } = objectAt(admitted, 'metadata')
    const current = this.#store.get(kind, namespace, name)
    if (current === undefined && kind.kind === 'Lease' && !resourceVersion) {
      return { status: 201, body: createObject(this.#store, kind, admitted, options) }
    }
    const existing = current ?? this.#existing(request.target)
    if ((kind.custom || CONDITIONAL.has(kind.kind)) && !resourceVersion) {
      const cause = invalidValue('metadata.resourceVersion', 0, 'must be specified for an update')
      throw invalid({ group: kind.group, kind: kind.plural }, name, [cause])
    }
    if (typeof uid === 'string' && uid !== '' && uid !== existing.metadata.uid) {
      throw conflict(kind, name, preconditionFailed('UID', uid, existing.metadata.uid))
    }
    return { status: 200, body: updateObject(this.#store, kind, existing, admitted, options) }
  }

  #patch(request: ResourceRequest, options: WriteOptions): Answer {
    const { kind, namespace, name } = request.target
    if (name === undefined) throw notAllowed()
    const type = patchTypeOf(request.contentType, kind)
    const patch = readJson(request, (problem) => badRequest(`error decoding patch: ${problem}`))
    if (type !== 'apply') {
      return {
        status: 200,
        body: patchObject(this.#store, kind, this.#existing(request.target), type, patch, options),
      }
    }
    if (!request.query.get('fieldManager')) throw managerRequired()
    const current = this.#store.get(kind, namespace, name)
    if (current === undefined && kind.namespaced && namespace !== undefined)
      this.#namespaces.checkOpen(namespace, kind, name)
    const force = isTrue(request.query.get('force'))
    const body = applyObject(this.#store, kind, { namespace, name, current }, patch, force, options)
    return { status: current === undefined ? 201 : 200, body }
  }

  #delete(request: ResourceRequest): Answer {
    const { kind, namespace, name = '' } = request.target
    const current = this.#existing(request.target)
    const { options, dryRun } = deleteOptions(request, current, kind)
    if (dryRun) return deleted(kind, current, current)
    const left =
      kind.kind === 'Namespace'
        ? this.#namespaces.remove(name)
        : this.#store.delete(kind, namespace, name, options)
    return deleted(kind, left ?? current, this.#store.get(kind, namespace, name))
  }

  #deleteCollection(request: ResourceRequest): Answer {
    const { kind, namespace } = request.target
    const selects = selection(kind, namespace, request.query)
    const items = this.#store.list(kind).filter(selects)
    for (const item of items) {
      const { options, dryRun } = deleteOptions(request, item, kind)
      if (!dryRun) this.#store.delete(kind, item.metadata.namespace, item.metadata.name, options)
    }
    const list = listObjects(this.#store, this.#history, kind, namespace, new URLSearchParams())
    return { status: 200, body: { ...list, items: kind.custom ? items : items.map(withoutType) } }
  }

  #scale(request: ResourceRequest, options: WriteOptions | undefined): Answer {
    const { kind } = request.target
    const current = this.#existing(request.target)
    if (request.verb === 'get') return { status: 200, body: scaleOf(current) }
    if (request.verb !== 'update' && request.verb !== 'patch') throw notAllowed()
    const before = scaleOf(current)
    const body = readJson(request, (problem) => badRequest(`error decoding patch: ${problem}`))
    const scale = request.verb === 'update' ? body : this.#patchedScale(request, before, body)
    const admitted = withScale(kind, current, isObject(scale) ? scale : {})
    return { status: 200, body: scaleOf(updateObject(this.#store, kind, current, admitted, need(options))) }
  }

  #patchedScale(request: ResourceRequest, scale: JsonObject, patch: Json): JsonObject {
    const type = patchTypeOf(request.contentType, request.target.kind)
    if (type === 'apply') throw badRequest('apply is not supported for scale')
    return patchedBody(request.target.kind, scale, type, patch)
  }

  #evict(target: ResourceRequest['target']): Answer {
    const pod = this.#existing(target)
    this.#store.delete(target.kind, pod.metadata.namespace, pod.metadata.name)
    return {
      status: 201,
      body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
    }
  }
}

function need(options: WriteOptions | undefined): WriteOptions {
  if (options === undefined) throw notAllowed()
  return options
}

export function notAllowed(): StatusError {
  return new StatusError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  )
}

export function unknownResource(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})
}

function preconditionFailed(what: string, asked: string, is: string): string {
  return `Precondition failed: ${what} in precondition: ${asked}, ${what} in object meta: ${is}`
}

function writeOptions(request: ResourceRequest, warn: (text: string) => void): WriteOptions {
  const { query, target, userAgent } = request
  const dryRun = query.get('dryRun')
  if (dryRun !== null && dryRun !== 'All') {
    const message = `Unsupported value: ${JSON.stringify([dryRun])}: supported values: "All"`
    const options = { create: 'CreateOptions', update: 'UpdateOptions', delete: 'DeleteOptions' }[
      request.verb as string
    ]
    const cause = { reason: 'FieldValueNotSupported', message, field: 'dryRun' }
    throw invalid({ group: 'meta.k8s.io', kind: options ?? 'PatchOptions' }, '', [cause])
  }
  const validation = query.get('fieldValidation')
  return {
    manager: query.get('fieldManager') || (userAgent.split('/')[0] ?? '') || 'unknown',
    subresource:
      target.subresource === 'status' || target.subresource === 'scale' ? target.subresource : undefined,
    dryRun: dryRun !== null,
    fieldValidation: validation === 'Strict' || validation === 'Ignore' ? validation : 'Warn',
    warn,
  }
}

function readJson(request: ApiRequest, refuse: (problem: string) => StatusError): Json {
  const text = request.body.toString()
  try {
    return JSON.parse(text) as Json
  } catch {
    throw refuse('unexpected end of JSON input')
  }
}

function readObject(request: ResourceRequest, kind: Kind): JsonObject {
  const text = request.body.toString()
  const unrecognized = (problem: string): StatusError =>
    badRequest(
      `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: ${problem} (${text.slice(0, 100)})`,
    )
  const body = readJson(request, unrecognized)
  if (!isObject(body)) throw unrecognized('json: cannot unmarshal into Go value')
  // Only built-in kinds are known by their URL alone.
  if (kind.custom && request.verb !== 'delete' && (stringAt(body, 'kind') ?? '') === '') {
    const missing = `Object 'Kind' is missing in '${text}' (${text.slice(0, 40)} ...)`
    throw badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): ${missing}`)
  }
  return body
}

/** From the query, the body, and the preconditions in it. @throws StatusError 409 when one does not hold */
function deleteOptions(
  request: ResourceRequest,
  current: KubeObject,
  kind: Kind,
): { options: DeleteOptions; dryRun: boolean } {
  const body = request.body.length === 0 ? {} : readObject(request, kind)
  const { uid, resourceVersion } = objectAt(body, 'preconditions')
  const { uid: currentUid, resourceVersion: currentVersion, name } = current.metadata
  if (typeof uid === 'string' && uid !== currentUid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${currentUid}). The object might have been deleted and then recreated`
    throw conflict({ group: kind.group, plural: kind.kind }, name, why)
  }
  if (typeof resourceVersion === 'string' && resourceVersion !== currentVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${currentVersion}). The object might have been modified`
    throw conflict({ group: kind.group, plural: kind.kind }, name, why)
  }
  const policy = request.query.get('propagationPolicy') ?? stringAt(body, 'propagationPolicy')
  const orphans = request.query.get('orphanDependents') === 'true' || body['orphanDependents'] === true
  const grace = request.query.get('gracePeriodSeconds') ?? body['gracePeriodSeconds']
  const propagation = orphans
    ? 'Orphan'
    : policy === 'Foreground' || policy === 'Orphan'
      ? policy
      : 'Background'
  const dryRun = request.query.has('dryRun') || Array.isArray(body['dryRun'])
  return {
    options: {
      propagation,
      ...(grace === undefined || grace === null ? {} : { gracePeriodSeconds: Number(grace) }),
    },
    dryRun,
  }
}

/** The object while it is still there, a Status when it has gone at once. */
function deleted(kind: Kind, object: KubeObject, left: KubeObject | undefined): Answer {
  const stays = left?.metadata.deletionTimestamp !== undefined
  if (stays || RETURNED.has(kind.kind)) return { status: 200, body: left ?? object }
  const { name, uid } = object.metadata
  const details = { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural, uid }
  return { status: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } }
}
