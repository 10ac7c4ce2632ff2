import { isObject, objectAt, stringAt, type Json, type JsonObject } from '../json.ts'
import { apiVersionOf, type Kind } from '../kinds.ts'
import { apply, type Conflict } from '../patch/apply.ts'
import { applyJsonPatch, PatchFailed } from '../patch/json-patch.ts'
import { readManagers } from '../patch/managed-fields.ts'
import { applyMergePatch } from '../patch/merge-patch.ts'
import { applyStrategicMerge } from '../patch/strategic-merge.ts'
import { schemaOf } from '../schema/schema.ts'
import { pruneUnknown } from '../schema/decode.ts'
import type { KubeObject, Store } from '../store.ts'
import { badRequest, invalid, modified, notFound, StatusError } from './status-error.ts'
import { admit, createObject, place, updateObject, type WriteOptions } from './writing.ts'

export const PATCH_TYPES = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
} as const

export type PatchType = (typeof PATCH_TYPES)[keyof typeof PATCH_TYPES]

/** @throws StatusError 415 for what the kind cannot be patched with */
export function patchTypeOf(contentType: string, kind: Kind): PatchType {
  const type = contentType.split(';')[0]?.trim() ?? ''
  const known = Object.hasOwn(PATCH_TYPES, type) ? PATCH_TYPES[type as keyof typeof PATCH_TYPES] : undefined
  if (known === undefined)
    throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
  if (known === 'strategic' && kind.custom) {
    const accepted = Object.keys(PATCH_TYPES).filter((one) => !one.includes('strategic'))
    const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`
    throw new StatusError(415, 'UnsupportedMediaType', message)
  }
  return known
}

/** Applies a JSON, merge or strategic merge patch to an object as it is stored. @throws StatusError */
export function patchedBody(
  kind: Kind,
  current: JsonObject,
  type: Exclude<PatchType, 'apply'>,
  patch: Json,
): JsonObject {
  const patched = patchWith(kind, current, type, patch)
  if (!isObject(patched)) throw new StatusError(422, 'Invalid', REJECTED, {})
  return patched
}

/** What the real server says of a JSON patch that does not apply, a failed `test` among them. */
const REJECTED = 'the server rejected our request due to an error in our request'

function patchWith(kind: Kind, current: JsonObject, type: Exclude<PatchType, 'apply'>, patch: Json): Json {
  switch (type) {
    case 'json':
      if (!Array.isArray(patch)) {
        throw badRequest(
          'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
        )
      }
      try {
        return applyJsonPatch(current, patch)
      } catch (error) {
        if (error instanceof PatchFailed) throw new StatusError(422, 'Invalid', REJECTED, {})
        throw error
      }
    case 'merge':
      return applyMergePatch(current, patch)
    case 'strategic':
      return applyStrategicMerge(current, patch, schemaOf(kind))
  }
}

/** Patches a stored object. @throws StatusError */
export function patchObject(
  store: Store,
  kind: Kind,
  current: KubeObject,
  type: Exclude<PatchType, 'apply'>,
  patch: Json,
  options: WriteOptions,
): KubeObject {
  const patched = patchedBody(kind, current as unknown as JsonObject, type, patch)
  const admitted = admit(kind, patched, options, 'patch')
  place(admitted, current.metadata.namespace, current.metadata.name)
  return updateObject(store, kind, current, admitted, options)
}

/**
 * Server-side apply: creates what is not there.
 * @throws StatusError 409 that names the managers whose fields would change
 */
export function applyObject(
  store: Store,
  kind: Kind,
  at: {
    readonly namespace: string | undefined
    readonly name: string
    readonly current: KubeObject | undefined
  },
  body: Json,
  force: boolean,
  options: WriteOptions,
): KubeObject {
  const config = readConfiguration(kind, body, at.name)
  place(config, at.namespace, at.name)
  const version = stringAt(objectAt(config, 'metadata'), 'resourceVersion')
  const current = at.current
  if (version !== undefined && version !== current?.metadata.resourceVersion) {
    throw current === undefined ? notFound(kind, at.name) : modified(kind, at.name)
  }
  const live: JsonObject = current === undefined ? { metadata: {} } : (current as unknown as JsonObject)
  const by = { name: options.manager, kind, force, subresource: options.subresource }
  const applied = apply(live, readManagers(current?.metadata.managedFields), config, by, schemaOf(kind))
  if (applied.conflicts.length > 0) throw applyConflict(applied.conflicts)
  const admitted = admit(kind, applied.object, options, 'patch')
  if (current === undefined) return createObject(store, kind, admitted, options, applied.managers)
  return updateObject(store, kind, current, admitted, options, applied.managers)
}

/** A configuration names its own type, and only fields that the kind has. */
function readConfiguration(kind: Kind, body: Json, name: string): JsonObject {
  const [version, kindName] = [stringAt(body, 'apiVersion') ?? '', stringAt(body, 'kind') ?? '']
  if (!isObject(body) || version !== apiVersionOf(kind) || kindName !== kind.kind) {
    const [group, v] = version.includes('/') ? version.split('/') : ['', version]
    throw badRequest(`invalid object type: ${group ?? ''}/${v ?? ''}, Kind=${kindName}`)
  }
  if (objectAt(body, 'metadata')['managedFields'] !== undefined)
    throw badRequest('metadata.managedFields must be nil')
  const { object, unknown } = pruneUnknown(body, schemaOf(kind))
  if (unknown.length > 0) {
    const fields = unknown.map((field) => `.${field}: field not declared in schema`).join('\n  ')
    const what = `(/${name}; ${version}, Kind=${kind.kind})`
    throw new StatusError(500, '', `failed to create typed patch object ${what}: ${fields}`)
  }
  return object
}

export function managerRequired(): StatusError {
  const cause = {
    reason: 'FieldValueRequired',
    message: 'Required value: is required for apply patch',
    field: 'fieldManager',
  }
  return invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [cause])
}

function applyConflict(conflicts: readonly Conflict[]): StatusError {
  const causes = conflicts.flatMap(({ manager, fields }) => {
    const using = manager.operation === 'Update' ? ` using ${manager.apiVersion}` : ''
    const subresource = manager.subresource === undefined ? '' : ` with subresource "${manager.subresource}"`
    return fields.map((field) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with "${manager.name}"${subresource}${using}`,
      field,
    }))
  })
  const [first] = causes
  const count = causes.length
  if (count === 1 && first !== undefined) {
    return new StatusError(
      409,
      'Conflict',
      `Apply failed with 1 conflict: ${first.message}: ${first.field}`,
      { causes },
    )
  }
  const byManager = Map.groupBy(causes, ({ message }) => message.replace('conflict with', 'conflicts with'))
  const lines = [...byManager].map(
    ([who, own]) => `${who}:\n${own.map(({ field }) => `- ${field}`).join('\n')}`,
  )
  return new StatusError(
    409,
    'Conflict',
    `Apply failed with ${String(count)} conflicts: ${lines.join('\n')}`,
    { causes },
  )
}
