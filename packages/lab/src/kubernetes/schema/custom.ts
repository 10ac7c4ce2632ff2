import type { StatusCause } from '../api/status-error.ts'
import { copyOf, isObject, type Json, type JsonObject } from '../json.ts'
import { fieldOf, itemOf, resolve, type Schema } from './schema.ts'

/** Fills in the defaults of a custom resource's schema, in place, all the way down. */
export function applySchemaDefaults(value: Json, schema: Schema): void {
  if (Array.isArray(value)) for (const item of value) applySchemaDefaults(item, itemOf(schema))
  if (!isObject(value)) return
  for (const [key, node] of Object.entries(schema.properties ?? {})) {
    const fallback = resolve(node).default
    if (fallback !== undefined && value[key] === undefined) value[key] = copyOf(fallback) as Json
  }
  for (const [key, inner] of Object.entries(value)) applySchemaDefaults(inner, fieldOf(schema, key) ?? {})
}

/** What a custom resource's schema finds wrong: types, required fields, enums, ranges, patterns, lengths. */
export function validateSchema(value: Json, schema: Schema, path = ''): StatusCause[] {
  const type = typeOf(schema)
  const given = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value
  const fits = type === undefined || given === type || (type === 'integer' && Number.isInteger(value))
  if (!fits) {
    const message = `Invalid value: "${given}": ${path} in body must be of type ${type}: "${given}"`
    return [{ reason: 'FieldValueTypeInvalid', message, field: path }]
  }
  const causes = [...ownCauses(value, schema, path)]
  if (Array.isArray(value)) {
    value.forEach((item, i) => causes.push(...validateSchema(item, itemOf(schema), `${path}[${String(i)}]`)))
  } else if (isObject(value)) {
    for (const key of schema.required ?? []) {
      if (value[key] === undefined)
        causes.push({ reason: 'FieldValueRequired', message: 'Required value', field: join(path, key) })
    }
    for (const [key, inner] of Object.entries(value)) {
      // Metadata is checked as every object's is.
      if (path === '' && key === 'metadata') continue
      causes.push(...validateSchema(inner, fieldOf(schema, key) ?? {}, join(path, key)))
    }
  }
  return causes
}

function* ownCauses(value: Json, schema: Schema, path: string): Generator<StatusCause> {
  const broken = (message: string): StatusCause => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(value)}: ${path} in body ${message}`,
    field: path,
  })
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    const supported = schema.enum.map((one) => JSON.stringify(one)).join(', ')
    const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`
    yield { reason: 'FieldValueNotSupported', message, field: path }
  }
  if (typeof value === 'number') {
    if (value < (schema.minimum ?? -Infinity))
      yield broken(`should be greater than or equal to ${String(schema.minimum)}`)
    if (value > (schema.maximum ?? Infinity))
      yield broken(`should be less than or equal to ${String(schema.maximum)}`)
  }
  if (typeof value === 'string') {
    if (value.length < (schema.minLength ?? 0))
      yield broken(`should be at least ${String(schema.minLength)} chars long`)
    if (value.length > (schema.maxLength ?? Infinity))
      yield tooLong(path, `may not be more than ${String(schema.maxLength)} bytes`)
    if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
      yield broken(`should match '${schema.pattern}'`)
  }
  if (Array.isArray(value)) {
    const [least, most] = [schema.minItems ?? 0, schema.maxItems ?? Infinity]
    if (value.length < least) yield broken(`should have at least ${String(least)} items`)
    if (value.length > most) {
      const message = `Too many: ${String(value.length)}: must have at most ${String(most)} items`
      yield { reason: 'FieldValueTooMany', message, field: path }
    }
  }
}

function tooLong(field: string, limit: string): StatusCause {
  return { reason: 'FieldValueTooLong', message: `Too long: ${limit}`, field }
}

function typeOf(schema: Schema): string | undefined {
  if (schema.properties !== undefined || schema.values !== undefined) return 'object'
  if (schema.items !== undefined) return 'array'
  if (schema.type === 'time' || schema.type === 'microtime') return 'string'
  return schema.type
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

/** The rules between fields that the Gateway API writes in CEL, as far as a client is likely to break them. */
export function validateGateway(object: JsonObject): StatusCause[] {
  const causes: StatusCause[] = []
  const walk = (value: Json, path: string): void => {
    if (Array.isArray(value)) value.forEach((item, i) => walk(item, `${path}[${String(i)}]`))
    if (!isObject(value)) return
    const isReference = /backendRefs\[\d+\]$|backendRef$/.test(path)
    if (isReference && value['kind'] === 'Service' && value['group'] === '' && value['port'] === undefined) {
      const message = 'Invalid value: "object": Must have port for Service reference'
      causes.push({ reason: 'FieldValueInvalid', message, field: path })
    }
    for (const [key, inner] of Object.entries(value)) walk(inner, join(path, key))
  }
  if (object['kind'] === 'HTTPRoute') walk(object['spec'] ?? null, 'spec')
  return causes
}

/** What the API server adds when the schema's errors kept it from checking the rules between fields. */
export const RULES_NOT_CHECKED: StatusCause = {
  reason: 'FieldValueInvalid',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  field: '<nil>',
}
