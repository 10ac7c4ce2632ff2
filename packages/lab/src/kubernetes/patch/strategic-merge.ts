import { copyOf, isObject, type Json, type JsonObject } from '../json.ts'
import { fieldOf, itemOf, type Schema } from '../schema/schema.ts'

/**
 * Applies a strategic merge patch to a copy of `document`: as a merge patch, but lists with a merge key (containers,
 * env, ports, volumes …) merge by it. Understands `$patch: delete | replace | merge`, `$deleteFromPrimitiveList/…`,
 * `$setElementOrder/…` and `$retainKeys`.
 */
export function applyStrategicMerge(document: Json, patch: Json, schema: Schema): Json {
  if (!isObject(patch)) return copyOf(patch)
  if (patch['$patch'] === 'replace') return withoutDirectives(patch)
  if (patch['$patch'] === 'delete') return {}
  const merged: JsonObject = isObject(document) ? copyOf(document) : {}
  const retained = patch['$retainKeys']
  if (Array.isArray(retained)) {
    for (const key of Object.keys(merged)) if (!retained.includes(key)) delete merged[key]
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue
    const inner = fieldOf(schema, key) ?? {}
    if (value === null) delete merged[key]
    else if (Array.isArray(value)) merged[key] = mergeList(merged[key], value, inner)
    else merged[key] = applyStrategicMerge(merged[key] ?? null, value, inner)
  }
  directives(merged, patch, schema)
  return merged
}

function mergeList(current: Json | undefined, patch: readonly Json[], schema: Schema): Json[] {
  const before = Array.isArray(current) ? current : []
  const key = schema.mergeKey
  if (!schema.merge) return copyOf([...patch])
  if (key === undefined) return [...new Set([...before, ...patch])]
  if (patch.some((item) => isObject(item) && item['$patch'] === 'replace' && item[key] === undefined)) {
    return copyOf(patch.filter((item) => !(isObject(item) && item['$patch'] === 'replace')))
  }
  const merged = copyOf(before)
  for (const item of patch) {
    if (!isObject(item)) continue
    const at = merged.findIndex((candidate) => isObject(candidate) && candidate[key] === item[key])
    if (item['$patch'] === 'delete') {
      if (at >= 0) merged.splice(at, 1)
    } else if (at >= 0) merged[at] = applyStrategicMerge(merged[at] ?? null, item, itemOf(schema))
    else merged.push(applyStrategicMerge(null, item, itemOf(schema)))
  }
  return merged
}

/** `$deleteFromPrimitiveList/finalizers: [x]` and `$setElementOrder/containers: [{name: a}, …]`. */
function directives(merged: JsonObject, patch: JsonObject, schema: Schema): void {
  for (const [directive, value] of Object.entries(patch)) {
    const [kind, field = ''] = directive.split('/')
    const list = merged[field]
    if (!Array.isArray(value) || !Array.isArray(list)) continue
    if (kind === '$deleteFromPrimitiveList') merged[field] = list.filter((item) => !value.includes(item))
    if (kind === '$setElementOrder') {
      const key = fieldOf(schema, field)?.mergeKey
      const id = (item: Json): Json => (key !== undefined && isObject(item) ? (item[key] ?? null) : item)
      const order = value.map(id)
      // What the order does not name stays where it is relative to the others: behind them.
      const place = (item: Json): number =>
        order.includes(id(item)) ? order.indexOf(id(item)) : order.length
      merged[field] = [...list].sort((a, b) => place(a) - place(b))
    }
  }
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return copyOf(Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$'))))
}
