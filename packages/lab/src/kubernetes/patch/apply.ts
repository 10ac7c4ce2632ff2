import { copyOf, isObject, type Json, type JsonObject } from '../json.ts'
import { apiVersionOf, type Kind } from '../kinds.ts'
import { timestamp } from '../names.ts'
import { fieldOf, isOpen, itemOf, type Schema } from '../schema/schema.ts'
import {
  compare,
  difference,
  EMPTY,
  equalSets,
  intersection,
  isEmpty,
  itemKey,
  namedFields,
  paths,
  showPath,
  union,
  type FieldSet,
} from './field-set.ts'
import { losing, ownable, pointerless, type Manager } from './managed-fields.ts'

export interface Conflict {
  readonly manager: Manager
  readonly fields: readonly string[]
}
export interface Applied {
  readonly object: JsonObject
  readonly managers: readonly Manager[]
  readonly conflicts: readonly Conflict[]
}

/**
 * Server-side apply: merges what `by` names into the live object, takes out what it named before and no longer does
 * (and nobody else owns), and tells where that changes what others own. With `force` it takes those fields over.
 */
export function apply(
  live: JsonObject,
  managers: readonly Manager[],
  config: JsonObject,
  by: {
    readonly name: string
    readonly kind: Kind
    readonly force: boolean
    readonly subresource: string | undefined
  },
  schema: Schema,
): Applied {
  const named = namedFields(ownable(config, by.subresource), schema)
  const mine = (manager: Manager): boolean =>
    manager.name === by.name && manager.operation === 'Apply' && manager.subresource === by.subresource
  const before = managers.find(mine)
  const others = managers.filter((manager) => !mine(manager))

  const merged = asObject(merge(live, config, schema))
  const abandoned = difference(before?.fields ?? EMPTY, named)
  const kept = others.reduce((all, { fields }) => union(all, fields), named)
  const object = asObject(prune(merged, abandoned, kept, schema) ?? {})

  const { changed, removed } = compare(
    ownable(live, by.subresource),
    ownable(object, by.subresource),
    schema,
    pointerless(by.kind),
  )
  const conflicts = others
    .map((manager) => ({ manager, fields: paths(intersection(manager.fields, changed)).map(showPath) }))
    .filter(({ fields }) => fields.length > 0)
  const own: Manager = {
    name: by.name,
    operation: 'Apply',
    apiVersion: apiVersionOf(by.kind),
    subresource: by.subresource,
    time:
      before !== undefined && equalSets(before.fields, named) && isEmpty(changed) && isEmpty(removed)
        ? before.time
        : timestamp(),
    fields: named,
  }
  return {
    object,
    managers: [...others.map((manager) => losing(manager, union(changed, removed))), own],
    conflicts: by.force ? [] : conflicts,
  }
}

function asObject(value: Json): JsonObject {
  return isObject(value) ? value : {}
}

/** `config` laid over `live`: structures and maps by key, lists by their keys where they have any, else as a whole. */
function merge(live: Json | undefined, config: Json, schema: Schema): Json {
  if (isObject(config) && isObject(live) && schema.atomic !== true && !isOpen(schema)) {
    const merged = copyOf(live)
    for (const [key, value] of Object.entries(config))
      merged[key] = merge(live[key], value, fieldOf(schema, key) ?? {})
    return merged
  }
  if (Array.isArray(config) && Array.isArray(live) && (schema.keys !== undefined || schema.set === true)) {
    const merged = new Map(live.map((item) => [itemKey(item, schema), item]))
    for (const item of config) {
      const key = itemKey(item, schema)
      merged.set(key, schema.keys === undefined ? item : merge(merged.get(key), item, itemOf(schema)))
    }
    return copyOf([...merged.values()])
  }
  return copyOf(config)
}

/** Without what was abandoned, except where `kept` still has it or something below it. Undefined when nothing is left. */
function prune(value: Json, abandoned: FieldSet, kept: FieldSet, schema: Schema): Json | undefined {
  if (isEmpty(abandoned)) return value
  if (abandoned.member && isEmpty(kept)) return undefined
  if (Array.isArray(value)) {
    const left = value.flatMap((item) => {
      const key = itemKey(item, schema)
      const inner = prune(
        item,
        abandoned.children.get(key) ?? EMPTY,
        kept.children.get(key) ?? EMPTY,
        itemOf(schema),
      )
      return inner === undefined ? [] : [inner]
    })
    return left.length === 0 ? undefined : left
  }
  if (!isObject(value)) return value
  const left = Object.entries(value).flatMap(([key, inner]): [string, Json][] => {
    const path = `f:${key}`
    const after = prune(
      inner,
      abandoned.children.get(path) ?? EMPTY,
      kept.children.get(path) ?? EMPTY,
      fieldOf(schema, key) ?? {},
    )
    return after === undefined ? [] : [[key, after]]
  })
  return left.length === 0 && !kept.member ? undefined : Object.fromEntries(left)
}
