import { isObject, type Json, type JsonObject } from '../json.ts'
import type { Kind } from '../kinds.ts'
import { apiVersionOf } from '../kinds.ts'
import { timestamp } from '../names.ts'
import type { Schema } from '../schema/schema.ts'
import {
  compare,
  difference,
  equalSets,
  fromFieldsV1,
  isEmpty,
  toFieldsV1,
  union,
  type FieldSet,
} from './field-set.ts'

/** Who owns which fields: an entry of `metadata.managedFields`. */
export interface Manager {
  readonly name: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource: string | undefined
  readonly time: string
  readonly fields: FieldSet
}

export function readManagers(managedFields: unknown): Manager[] {
  if (!Array.isArray(managedFields)) return []
  return (managedFields as Json[]).filter(isObject).map((entry) => ({
    name: String(entry['manager'] ?? ''),
    operation: entry['operation'] === 'Apply' ? 'Apply' : 'Update',
    apiVersion: String(entry['apiVersion'] ?? ''),
    subresource: typeof entry['subresource'] === 'string' ? entry['subresource'] : undefined,
    time: String(entry['time'] ?? ''),
    fields: fromFieldsV1(entry['fieldsV1']),
  }))
}

/** Apply first, then by time, as the API server orders them. */
export function writeManagers(managers: readonly Manager[]): JsonObject[] {
  const rank = ({ operation, time, name }: Manager): string => `${operation} ${time} ${name}`
  return managers
    .filter(({ fields }) => !isEmpty(fields))
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
    .map(({ name, operation, apiVersion, subresource, time, fields }) => ({
      manager: name,
      operation,
      apiVersion,
      time,
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(fields),
      ...(subresource === undefined ? {} : { subresource }),
    }))
}

/** Structures that are always there, so that owning them says nothing. */
const BUILT_IN = new Set([
  'f:metadata',
  'f:spec',
  'f:status',
  'f:template',
  'f:strategy',
  'f:scaleTargetRef',
  'f:target',
  'f:resource',
  'f:containers',
])
const CUSTOM = new Set(['f:metadata'])

export function pointerless(kind: Kind): ReadonlySet<string> {
  return kind.custom ? CUSTOM : BUILT_IN
}

/** What is compared and owned: not what identifies the object or what only the server writes. */
export function ownable(object: JsonObject, subresource: string | undefined): JsonObject {
  const { apiVersion: _apiVersion, kind: _kind, metadata, status, ...rest } = object
  const {
    name: _name,
    namespace: _namespace,
    uid: _uid,
    resourceVersion: _version,
    generation: _generation,
    creationTimestamp: _created,
    deletionTimestamp: _deleted,
    deletionGracePeriodSeconds: _grace,
    managedFields: _managed,
    selfLink: _link,
    ...meta
  } = isObject(metadata) ? metadata : {}
  const labelled = Object.keys(meta).length === 0 ? {} : { metadata: meta }
  if (subresource === 'status') return { ...labelled, ...(status === undefined ? {} : { status }) }
  return { ...labelled, ...rest }
}

/**
 * The managers after `name` has written by create, update or a patch that is not an apply: it owns what it changed,
 * and others lose that.
 */
export function ownChanges(
  managers: readonly Manager[],
  by: { readonly name: string; readonly subresource: string | undefined; readonly kind: Kind },
  before: JsonObject | undefined,
  after: JsonObject,
  schema: Schema,
): Manager[] {
  const { changed, removed } = compare(
    before === undefined ? {} : ownable(before, by.subresource),
    ownable(after, by.subresource),
    schema,
    pointerless(by.kind),
  )
  if (isEmpty(changed) && isEmpty(removed)) return [...managers]
  const mine = (manager: Manager): boolean =>
    manager.name === by.name && manager.operation === 'Update' && manager.subresource === by.subresource
  const others = managers
    .filter((manager) => !mine(manager))
    .map((manager) => losing(manager, union(changed, removed)))
  const had = managers.find(mine)
  const fields = difference(union(had?.fields ?? fromFieldsV1({}), changed), removed)
  const own: Manager = {
    name: by.name,
    operation: 'Update',
    apiVersion: apiVersionOf(by.kind),
    subresource: by.subresource,
    time: had !== undefined && equalSets(had.fields, fields) ? had.time : timestamp(),
    fields,
  }
  return [...others, own]
}

export function losing(manager: Manager, lost: FieldSet): Manager {
  return { ...manager, fields: difference(manager.fields, lost) }
}
