import { allocate } from '../admission/allocate.ts'
import { applyDefaults } from '../admission/defaults.ts'
import { invalidValue } from '../admission/names.ts'
import { validate } from '../admission/validate.ts'
import { isObject, listAt, objectAt, stringAt, type JsonObject } from '../json.ts'
import { apiVersionOf, type Kind } from '../kinds.ts'
import { ownChanges, readManagers, writeManagers, type Manager } from '../patch/managed-fields.ts'
import { decode, DecodeFailed, pruneUnknown } from '../schema/decode.ts'
import { schemaOf } from '../schema/schema.ts'
import type { Draft, KubeObject, Store } from '../store.ts'
import { badRequest, invalid, modified, StatusError } from './status-error.ts'

/** How a write was asked for. */
export interface WriteOptions {
  /** The `fieldManager` parameter, or the name that the user agent begins with. */
  readonly manager: string
  readonly subresource: 'status' | 'scale' | undefined
  readonly dryRun: boolean
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict'
  /** Tells the client, in a Warning header. */
  readonly warn: (text: string) => void
}

/**
 * A body as an object of its kind, with defaults.
 * @param from `body`: wrong types are 400; `patch`: what a patch made of the object, wrong types are 422
 * @throws StatusError
 */
export function admit(
  kind: Kind,
  body: JsonObject,
  options: WriteOptions,
  from: 'body' | 'patch',
): JsonObject {
  const schema = schemaOf(kind)
  const object = withType(kind, body)
  const wrong = (problem: string): StatusError =>
    from === 'body'
      ? badRequest(
          `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${problem}`,
        )
      : invalid(undefined, '', [invalidValue('patch', JSON.stringify(object), problem)])
  try {
    const { object: read, unknown } = kind.custom ? pruneUnknown(object, schema) : decode(object, schema)
    const problems = unknown.map((field) => `unknown field "${field}"`)
    if (problems.length > 0 && options.fieldValidation === 'Strict')
      throw wrong(`strict decoding error: ${problems.join(', ')}`)
    if (options.fieldValidation === 'Warn') for (const problem of problems) options.warn(problem)
    applyDefaults(kind, read)
    return read
  } catch (error) {
    if (error instanceof DecodeFailed) throw wrong(error.message)
    throw error
  }
}

function withType(kind: Kind, body: JsonObject): JsonObject {
  const apiVersion = apiVersionOf(kind)
  const [givenVersion, givenKind] = [stringAt(body, 'apiVersion') ?? '', stringAt(body, 'kind') ?? '']
  if ((givenVersion !== '' && givenVersion !== apiVersion) || (givenKind !== '' && givenKind !== kind.kind)) {
    const version = givenVersion.split('/').at(-1) ?? ''
    const conversion = `converting (${version}.${givenKind}) to (${kind.group === '' ? 'core' : kind.group}.${kind.kind}): unknown conversion`
    throw badRequest(
      `${givenKind} in version "${version}" cannot be handled as a ${kind.kind}: ${conversion}`,
    )
  }
  return {
    ...body,
    apiVersion,
    kind: kind.kind,
    metadata: isObject(body['metadata']) ? body['metadata'] : {},
  }
}

/** The object's place is the URL's: what the body says must agree. */
export function place(object: JsonObject, namespace: string | undefined, name: string | undefined): void {
  const metadata = objectAt(object, 'metadata')
  const [ownName, ownNamespace] = [stringAt(metadata, 'name') ?? '', stringAt(metadata, 'namespace') ?? '']
  if (name !== undefined && ownName !== '' && ownName !== name) {
    throw badRequest(`the name of the object (${ownName}) does not match the name on the URL (${name})`)
  }
  if (ownNamespace !== '' && ownNamespace !== (namespace ?? '')) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  if (name !== undefined) metadata['name'] = name
  if (ownName === '' && name === undefined) delete metadata['name']
  if (namespace !== undefined) metadata['namespace'] = namespace
}

/** Stores a new object. @throws StatusError */
export function createObject(
  store: Store,
  kind: Kind,
  admitted: JsonObject,
  options: WriteOptions,
  managers?: readonly Manager[],
): KubeObject {
  const metadata = objectAt(admitted, 'metadata')
  if (stringAt(metadata, 'resourceVersion')) {
    throw new StatusError(500, '', 'resourceVersion should not be set on objects to be created')
  }
  if (kind.hasStatus) delete admitted['status']
  const owners =
    managers ??
    ownChanges([], { ...by(options), kind, subresource: undefined }, undefined, admitted, schemaOf(kind))
  for (const key of [
    'uid',
    'creationTimestamp',
    'generation',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'selfLink',
  ]) {
    delete metadata[key]
  }
  metadata['managedFields'] = writeManagers(owners)
  allocate(kind, admitted)
  validate(kind, admitted, undefined)
  const draft = admitted as unknown as Draft
  if (!options.dryRun) return store.create(kind, draft)
  const { resourceVersion: _version, ...rehearsed } = store.fork().create(kind, draft).metadata
  return { ...admitted, metadata: rehearsed } as unknown as KubeObject
}

/**
 * Stores a changed object: its main part, or with `subresource: 'status'` its status and annotations.
 * @throws StatusError 409 when its resourceVersion is not the stored one, 422 when it is not valid
 */
export function updateObject(
  store: Store,
  kind: Kind,
  current: KubeObject,
  admitted: JsonObject,
  options: WriteOptions,
  managers?: readonly Manager[],
): KubeObject {
  const before = current as unknown as JsonObject
  const name = current.metadata.name
  const metadata = objectAt(admitted, 'metadata')
  const version = stringAt(metadata, 'resourceVersion') ?? ''
  if (version !== '' && version !== current.metadata.resourceVersion) throw modified(kind, name)
  const uid = stringAt(metadata, 'uid') ?? ''
  if (uid !== '' && uid !== current.metadata.uid)
    throw invalid(kind, name, [invalidValue('metadata.uid', uid, 'field is immutable')])
  keepAssigned(kind, admitted, before)
  const next = options.subresource === 'status' ? statusOf(before, admitted) : mainOf(kind, before, admitted)
  const owners =
    managers ??
    ownChanges(givenManagers(metadata, current), { ...by(options), kind }, before, next, schemaOf(kind))
  objectAt(next, 'metadata')['managedFields'] = writeManagers(owners)
  validate(kind, next, before)
  const written = next as unknown as KubeObject
  const write = (to: Store): KubeObject => {
    if (options.subresource !== 'status') return to.update(kind, written)
    return to.replaceStatus(kind, written)
  }
  return write(options.dryRun ? store.fork() : store)
}

function by(options: WriteOptions): { name: string; subresource: string | undefined } {
  return { name: options.manager, subresource: options.subresource }
}

/** Managers as sent, when they were; `[{}]` clears them. */
function givenManagers(metadata: JsonObject, current: KubeObject): Manager[] {
  const given = listAt(metadata, 'managedFields')
  if (given.length === 0) return readManagers(current.metadata.managedFields)
  const [first] = given
  return given.length === 1 && isObject(first) && Object.keys(first).length === 0 ? [] : readManagers(given)
}

function mainOf(kind: Kind, before: JsonObject, admitted: JsonObject): JsonObject {
  const next = { ...admitted }
  if (!kind.hasStatus) return next
  delete next['status']
  return before['status'] === undefined ? next : { ...next, status: before['status'] }
}

function statusOf(before: JsonObject, admitted: JsonObject): JsonObject {
  const metadata = { ...objectAt(before, 'metadata') }
  delete metadata['annotations']
  const { annotations, uid } = objectAt(admitted, 'metadata')
  const next: JsonObject = {
    ...before,
    metadata: {
      ...metadata,
      ...(annotations === undefined ? {} : { annotations }),
      ...(uid === undefined ? {} : { uid }),
    },
  }
  delete next['status']
  return admitted['status'] === undefined ? next : { ...next, status: admitted['status'] }
}

/** What the server once decided stays when a client does not repeat it. */
function keepAssigned(kind: Kind, admitted: JsonObject, before: JsonObject): void {
  const metadata = objectAt(admitted, 'metadata')
  const stored = objectAt(before, 'metadata')
  for (const key of [
    'uid',
    'creationTimestamp',
    'generation',
    'generateName',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ]) {
    if (metadata[key] === undefined && stored[key] !== undefined) metadata[key] = stored[key]
  }
  metadata['resourceVersion'] = stored['resourceVersion'] ?? ''
  const [spec, old] = [objectAt(admitted, 'spec'), objectAt(before, 'spec')]
  const assigned = {
    Service: ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'],
    Job: ['selector'],
  }[kind.kind]
  if (kind.kind === 'Service' && spec['type'] === 'ExternalName') return
  for (const key of assigned ?? [])
    if (spec[key] === undefined && old[key] !== undefined) spec[key] = old[key]
}
