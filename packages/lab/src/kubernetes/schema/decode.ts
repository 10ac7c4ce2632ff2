import { isObject, type Json, type JsonObject } from '../json.ts'
import { fieldOf, isOpen, itemOf, type ScalarType, type Schema } from './schema.ts'

/** A body that is not an object of its kind: the wrong type somewhere. The message is Go's, as the API server passes it on. */
export class DecodeFailed extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DecodeFailed'
  }
}

export interface Decoded {
  readonly object: JsonObject
  /** Paths of fields that the kind does not have: dropped, and warned about or refused. */
  readonly unknown: readonly string[]
}

/**
 * Reads a body as an object of a built-in kind: fields that it does not have are dropped, nulls and empty optional
 * lists and maps vanish, as they do in the API server's typed storage.
 * @throws DecodeFailed
 */
export function decode(body: JsonObject, schema: Schema): Decoded {
  const unknown: string[] = []
  const object = read(body, schema, [], 'Object', unknown)
  return { object: isObject(object) ? object : {}, unknown }
}

/** Drops the fields that a custom resource's schema does not have; types are for {@link ./custom.ts} to check. */
export function pruneUnknown(body: JsonObject, schema: Schema): Decoded {
  const unknown: string[] = []
  const walk = (value: Json, at: Schema, path: string): Json => {
    if (Array.isArray(value)) return value.map((item, i) => walk(item, itemOf(at), `${path}[${String(i)}]`))
    if (!isObject(value) || isOpen(at)) return value
    const entries = Object.entries(value).flatMap(([key, inner]): [string, Json][] => {
      const name = path === '' ? key : `${path}.${key}`
      const field = fieldOf(at, key)
      if (field === undefined) unknown.push(name)
      return field === undefined || inner === null ? [] : [[key, walk(inner, field, name)]]
    })
    return Object.fromEntries(entries)
  }
  const object = walk(body, schema, '')
  return { object: isObject(object) ? object : {}, unknown }
}

/** Undefined where Go would hold the zero value that is not written. */
function read(
  value: Json,
  schema: Schema,
  path: readonly string[],
  struct: string,
  unknown: string[],
): Json | undefined {
  if (value === null) return undefined
  if (isOpen(schema)) return value
  if (schema.properties !== undefined) return readStruct(value, schema, path, unknown, struct)
  if (schema.values !== undefined) {
    if (!isObject(value)) throw mismatch(value, path, struct, 'map[string]string')
    const entries = Object.entries(value).flatMap(([key, inner]): [string, Json][] => {
      const read_ = read(inner, fieldOf(schema, key) ?? {}, [...path, key], struct, unknown)
      return [[key, read_ ?? '']]
    })
    return Object.fromEntries(entries)
  }
  if (schema.items !== undefined) {
    if (!Array.isArray(value)) throw mismatch(value, path, struct, `[]${goType(itemOf(schema))}`)
    return value.map((item, i) => read(item, itemOf(schema), indexed(path, i), struct, unknown) ?? {})
  }
  if (schema.type !== undefined) return readScalar(value, schema.type, path, struct)
  return value
}

function readStruct(
  value: Json,
  schema: Schema,
  path: readonly string[],
  unknown: string[],
  outer: string,
): JsonObject {
  if (!isObject(value)) throw mismatch(value, path, outer, goType(schema))
  const struct = (schema.name ?? outer).split('.').at(-1) ?? outer
  const entries = Object.entries(value).flatMap(([key, inner]): [string, Json][] => {
    const field = fieldOf(schema, key)
    if (field === undefined) {
      unknown.push([...path, key].join('.'))
      return []
    }
    const result = read(inner, field, [...path, key], struct, unknown)
    const optional = schema.required?.includes(key) !== true
    return result === undefined || (optional && isEmptyCollection(result, field)) ? [] : [[key, result]]
  })
  return Object.fromEntries(entries)
}

function isEmptyCollection(value: Json, schema: Schema): boolean {
  if (schema.items !== undefined) return Array.isArray(value) && value.length === 0
  return schema.values !== undefined && isObject(value) && Object.keys(value).length === 0
}

function readScalar(value: Json, type: ScalarType, path: readonly string[], struct: string): Json {
  switch (type) {
    case 'string':
      if (typeof value !== 'string') throw mismatch(value, path, struct, 'string')
      return value
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(value, path, struct, 'bool')
      return value
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value)) throw mismatch(value, path, struct, 'int32')
      return value
    case 'number':
      if (typeof value !== 'number') throw mismatch(value, path, struct, 'float64')
      return value
    case 'time':
      if (typeof value !== 'string') throw mismatch(value, path, struct, 'string')
      return readTime(value)
    case 'microtime':
      if (typeof value !== 'string') throw mismatch(value, path, struct, 'string')
      return readMicroTime(value)
  }
}

/** RFC 3339; kept in whole seconds, in UTC. */
function readTime(text: string): string {
  const at = Date.parse(text)
  if (!/^\d{4}-\d\d-\d\dT/.test(text) || Number.isNaN(at)) {
    throw new DecodeFailed(
      `parsing time "${text}" as "2006-01-02T15:04:05Z07:00": cannot parse "${text}" as "2006"`,
    )
  }
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

/** RFC 3339 with exactly six decimals: milliseconds alone are refused, as the API server does. */
function readMicroTime(text: string): string {
  const matched = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})(Z|[+-]\d\d:\d\d)$/.exec(text)
  if (matched === null || Number.isNaN(Date.parse(text))) {
    const rest = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(.*)$/.exec(text)?.[1]
    const problem =
      rest === undefined ? `cannot parse "${text}" as "2006"` : `cannot parse "${rest}" as ".000000"`
    throw new DecodeFailed(`parsing time "${text}" as "2006-01-02T15:04:05.000000Z07:00": ${problem}`)
  }
  return text
}

function indexed(path: readonly string[], i: number): string[] {
  return [...path.slice(0, -1), `${path.at(-1) ?? ''}[${String(i)}]`]
}

function goType(schema: Schema): string {
  if (schema.type === 'integer') return 'int32'
  if (schema.type === 'boolean') return 'bool'
  return schema.type ?? (schema.name ?? 'object').replace(/^(\w+)\.(\w+)\./, '$2.')
}

function mismatch(value: Json, path: readonly string[], struct: string, type: string): DecodeFailed {
  const given = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  const shown = typeof value === 'number' && type === 'int32' ? `number ${String(value)}` : given
  const field = path.map((part) => part.replace(/\[\d+\]$/, '')).join('.')
  return new DecodeFailed(
    `json: cannot unmarshal ${shown} into Go struct field ${struct}.${field} of type ${type}`,
  )
}
