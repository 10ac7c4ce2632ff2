import { readFileSync } from 'node:fs'
import { apiVersionOf, type Kind } from '../kinds.ts'

/** A type by name (`string`, `integer`, `number`, `boolean`, `time`, `microtime`, `any`), a definition (`#core.v1.PodSpec`), or a schema. */
export type SchemaNode = string | Schema

/** `time` is RFC 3339; `microtime` is the same with exactly six decimals. */
export type ScalarType = 'string' | 'integer' | 'number' | 'boolean' | 'time' | 'microtime'

/** What the API server knows of a field: its type, how its lists merge, and for custom resources its rules. */
export interface Schema {
  type?: ScalarType
  /** Of a resolved definition: `core.v1.PodSpec`. */
  name?: string
  /** A definition or a type name, with the merge rules below. */
  ref?: string
  /** An object with these fields. */
  properties?: Record<string, SchemaNode>
  required?: string[]
  /** A map from any key. */
  values?: SchemaNode
  /** A list. It is atomic unless it has `keys` or `set`. */
  items?: SchemaNode
  /** Server-side apply merges the list's objects by these fields. */
  keys?: string[]
  /** Server-side apply merges the list as a set. */
  set?: boolean
  /** Server-side apply owns the object as a whole. */
  atomic?: boolean
  /** Strategic merge: the list merges, by this field when its items are objects. */
  merge?: boolean
  mergeKey?: string
  /** Strategic merge: what `$retainKeys` does not name is cleared. */
  retainKeys?: boolean
  default?: unknown
  enum?: unknown[]
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
}
export interface Schemas {
  /** By `apps/v1/Deployment`. */
  kinds: Record<string, SchemaNode>
  definitions: Record<string, SchemaNode>
}

const schemas = JSON.parse(readFileSync(new URL('schemas.json', import.meta.url), 'utf8')) as Schemas

const ANY: Schema = {}

/** The schema of a kind; one that allows everything for kinds without (KEDA's). */
export function schemaOf(kind: Pick<Kind, 'group' | 'version' | 'kind'>): Schema {
  return resolve(schemas.kinds[`${apiVersionOf(kind)}/${kind.kind}`])
}

const resolved = new Map<string, Schema>()

/** Follows references; merge rules at the place of use win over the definition's. */
export function resolve(node: SchemaNode | undefined): Schema {
  if (node === undefined) return ANY
  if (typeof node === 'string') {
    const known = resolved.get(node) ?? named(node)
    resolved.set(node, known)
    return known
  }
  if (node.ref === undefined) return node
  const { ref, ...rules } = node
  return { ...resolve(ref), ...rules }
}

function named(node: string): Schema {
  if (node.startsWith('#')) return { ...resolve(schemas.definitions[node.slice(1)]), name: node.slice(1) }
  return node === 'any' ? ANY : { type: node as ScalarType }
}

/** The schema of a field of an object, or of a key of a map; undefined when there is no such field. */
export function fieldOf(schema: Schema, name: string): Schema | undefined {
  if (schema.properties !== undefined) {
    const node = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
    return node === undefined ? undefined : resolve(node)
  }
  return resolve(schema.values)
}

export function itemOf(schema: Schema): Schema {
  return resolve(schema.items)
}

/** Whether nothing is known of what is inside: quantities, ports by name or number, objects of kinds without a schema. */
export function isOpen(schema: Schema): boolean {
  return (
    schema.type === undefined &&
    schema.properties === undefined &&
    schema.values === undefined &&
    schema.items === undefined
  )
}
