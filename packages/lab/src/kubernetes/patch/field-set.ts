import { isObject, sameJson, type Json, type JsonObject } from '../json.ts'
import { fieldOf, isOpen, itemOf, type Schema } from '../schema/schema.ts'

/**
 * A set of field paths, as `managedFields` keeps it (FieldsV1): a tree whose branches are `f:name` (a field or a key
 * of a map), `k:{"name":"app"}` (an item of a list that merges by keys) and `v:"x"` (an item of a list that is a set).
 */
export interface FieldSet {
  /** Whether the path that ends here is in the set. */
  readonly member: boolean
  readonly children: ReadonlyMap<string, FieldSet>
}

export const EMPTY: FieldSet = { member: false, children: new Map() }
const LEAF: FieldSet = { member: true, children: new Map() }

export function isEmpty(set: FieldSet): boolean {
  return !set.member && [...set.children.values()].every(isEmpty)
}

function make(member: boolean, children: Iterable<readonly [string, FieldSet]>): FieldSet {
  return { member, children: new Map([...children].filter(([, child]) => !isEmpty(child))) }
}

function combine(a: FieldSet, b: FieldSet, keep: (inA: boolean, inB: boolean) => boolean): FieldSet {
  const keys = new Set([...a.children.keys(), ...b.children.keys()])
  return make(
    keep(a.member, b.member),
    [...keys].map(
      (key) => [key, combine(a.children.get(key) ?? EMPTY, b.children.get(key) ?? EMPTY, keep)] as const,
    ),
  )
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA || inB)
}
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA && !inB)
}
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA && inB)
}

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  return isEmpty(difference(a, b)) && isEmpty(difference(b, a))
}

/** Every path in the set, parents first. */
export function paths(set: FieldSet, at: readonly string[] = []): (readonly string[])[] {
  const below = [...set.children].flatMap(([key, child]) => paths(child, [...at, key]))
  return set.member ? [at, ...below] : below
}

/** `{"f:spec": {"f:replicas": {}}}` */
export function toFieldsV1(set: FieldSet): JsonObject {
  const entries: [string, Json][] = [...set.children]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, child]) => [
      key,
      child.children.size === 0 ? {} : { ...(child.member ? { '.': {} } : {}), ...toFieldsV1(child) },
    ])
  return Object.fromEntries(entries)
}

export function fromFieldsV1(fields: unknown): FieldSet {
  if (!isObject(fields)) return EMPTY
  const children = Object.entries(fields)
    .filter(([key]) => key !== '.')
    .map(([key, inner]): [string, FieldSet] => {
      const below = fromFieldsV1(inner)
      const alone = isObject(inner) && (Object.keys(inner).length === 0 || inner['.'] !== undefined)
      return [key, { member: alone, children: below.children }]
    })
  return { member: false, children: new Map(children) }
}

/** `.spec.template.spec.containers[name="app"].image`: a path as conflicts name it. */
export function showPath(path: readonly string[]): string {
  return path
    .map((part) => {
      if (part.startsWith('f:')) return `.${part.slice(2)}`
      if (part.startsWith('v:')) return `[=${part.slice(2)}]`
      const keys = JSON.parse(part.slice(2)) as JsonObject
      return `[${Object.entries(keys)
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join(',')}]`
    })
    .join('')
}

/** Keys that items may leave out, since the API server defaults them. */
const KEY_DEFAULTS: Readonly<Record<string, Json>> = { protocol: 'TCP' }

/** How a list's item is named in a path. */
export function itemKey(item: Json, schema: Schema): string {
  if (schema.keys === undefined) return `v:${JSON.stringify(item)}`
  const within = isObject(item) ? item : {}
  const named = [...schema.keys]
    .sort()
    .map((key): [string, Json] => [key, within[key] ?? KEY_DEFAULTS[key] ?? null])
  return `k:${JSON.stringify(Object.fromEntries(named.filter(([, value]) => value !== null)))}`
}

function mergesItems(schema: Schema): boolean {
  return schema.keys !== undefined || schema.set === true
}

/** Whether a value is owned as a whole. */
function isLeaf(value: Json, schema: Schema): boolean {
  if (Array.isArray(value)) return !mergesItems(schema)
  if (!isObject(value)) return true
  return schema.atomic === true || isOpen(schema) || Object.keys(value).length === 0
}

/** The fields that an applied configuration names. */
export function namedFields(value: Json, schema: Schema): FieldSet {
  if (isLeaf(value, schema)) return LEAF
  if (Array.isArray(value)) {
    return make(
      false,
      value.map((item) => {
        const below = schema.keys === undefined ? LEAF : namedFields(item, itemOf(schema))
        return [itemKey(item, schema), { member: true, children: below.children }] as const
      }),
    )
  }
  if (!isObject(value)) return LEAF
  return make(
    false,
    Object.entries(value).map(([key, inner]) => {
      const below = namedFields(inner, fieldOf(schema, key) ?? {})
      return [
        `f:${key}`,
        { member: below.member || schema.properties === undefined, children: below.children },
      ] as const
    }),
  )
}

export interface Comparison {
  readonly changed: FieldSet
  readonly removed: FieldSet
}

/**
 * The paths at which two objects differ: added or modified, and removed. A map, list or optional structure that
 * appears is itself a path, `required` ones (`pointerless`) are not.
 */
export function compare(
  before: Json | undefined,
  after: Json | undefined,
  schema: Schema,
  pointerless: ReadonlySet<string>,
): Comparison {
  if (before === undefined || before === null)
    return { changed: allFields(after, schema, pointerless), removed: EMPTY }
  if (after === undefined || after === null)
    return { changed: EMPTY, removed: allFields(before, schema, pointerless) }
  if (isLeaf(before, schema) || isLeaf(after, schema)) {
    return sameJson(before, after)
      ? { changed: EMPTY, removed: EMPTY }
      : differ(before, after, schema, pointerless)
  }
  const old = branches(before, schema)
  const now = branches(after, schema)
  const results = [...new Set([...old.keys(), ...now.keys()])].map((key) => {
    const inner = now.get(key) ?? old.get(key)
    const result = compare(old.get(key)?.value, now.get(key)?.value, inner?.schema ?? {}, pointerless)
    return [key, inner?.isItem === true || !pointerless.has(key) ? result : unmember(result)] as const
  })
  return {
    changed: make(
      false,
      results.map(([key, { changed }]) => [key, changed] as const),
    ),
    removed: make(
      false,
      results.map(([key, { removed }]) => [key, removed] as const),
    ),
  }
}

function differ(before: Json, after: Json, schema: Schema, pointerless: ReadonlySet<string>): Comparison {
  const now = allFields(after, schema, pointerless)
  return { changed: now, removed: difference(allFields(before, schema, pointerless), now) }
}

function unmember({ changed, removed }: Comparison): Comparison {
  const strip = (set: FieldSet): FieldSet => (set.children.size === 0 ? set : { ...set, member: false })
  return { changed: strip(changed), removed: strip(removed) }
}

function allFields(value: Json | undefined, schema: Schema, pointerless: ReadonlySet<string>): FieldSet {
  if (value === undefined || value === null) return EMPTY
  if (isLeaf(value, schema)) return LEAF
  const below = [...branches(value, schema)].map(([key, inner]) => {
    const fields = allFields(inner.value, inner.schema, pointerless)
    return [
      key,
      pointerless.has(key) && fields.children.size > 0 ? { ...fields, member: false } : fields,
    ] as const
  })
  return make(true, below)
}

interface Branch {
  readonly value: Json
  readonly schema: Schema
  readonly isItem: boolean
}

function branches(value: Json, schema: Schema): Map<string, Branch> {
  if (Array.isArray(value)) {
    const inner = schema.keys === undefined ? { type: 'string' as const } : itemOf(schema)
    return new Map(value.map((item) => [itemKey(item, schema), { value: item, schema: inner, isItem: true }]))
  }
  if (!isObject(value)) return new Map()
  return new Map(
    Object.entries(value).map(([key, inner]) => [
      `f:${key}`,
      { value: inner, schema: fieldOf(schema, key) ?? {}, isItem: false },
    ]),
  )
}
