/** RFC 6902, the operations that we use. */
export type JsonPatch = readonly JsonPatchOperation[]
export type JsonPatchOperation =
  | { readonly op: 'test' | 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

/** A JSON pointer (RFC 6901): `pointer('metadata', 'annotations', 'a/b')` → `/metadata/annotations/a~1b`. */
export function pointer(...parts: readonly (string | number)[]): string {
  return parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The patch holds only for this very version of the object. */
export function sameVersion(resourceVersion: string | undefined): JsonPatchOperation {
  return { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion }
}
