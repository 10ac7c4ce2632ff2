import { copyOf, isObject, type Json, type JsonObject } from '../json.ts'

/** Applies a JSON Merge Patch (RFC 7386) to a copy of `document`: null removes, lists are replaced. */
export function applyMergePatch(document: Json, patch: Json): Json {
  if (!isObject(patch)) return copyOf(patch)
  const merged: JsonObject = isObject(document) ? copyOf(document) : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else merged[key] = applyMergePatch(merged[key] ?? null, value)
  }
  return merged
}
