import type { Manifest } from './objects.ts'

/** How a user applies a manifest: `kubectl apply`, with `--server-side`, and with `--force-conflicts` as well. */
export type Applying = 'client' | 'server' | 'forced'

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

type Fields = Readonly<Record<string, unknown>>

/** The object as kubectl creates it: it remembers what was applied. */
export function withLastApplied(object: Manifest): Manifest {
  const { annotations } = object.metadata as { readonly annotations?: Fields }
  const remembered = { ...annotations, [LAST_APPLIED]: JSON.stringify(object) }
  return { ...object, metadata: { ...object.metadata, annotations: remembered } }
}

/**
 * What kubectl sends for an object that is there: every field of the manifest, and null for each that the manifest had
 * when it was applied last and has no longer. Fields that others have added are not in it, and stay.
 */
export function clientSidePatch(present: Manifest, object: Manifest): Fields {
  const { annotations } = present.metadata as { readonly annotations?: Readonly<Record<string, string>> }
  const last = JSON.parse(annotations?.[LAST_APPLIED] ?? '{}') as Fields
  return merged(last, withLastApplied(object))
}

function merged(last: Fields, now: Fields): Fields {
  const gone = Object.keys(last).filter((key) => !(key in now))
  const kept = Object.entries(now).map(([key, value]): readonly [string, unknown] => {
    const before = last[key]
    return [key, isFields(value) && isFields(before) ? merged(before, value) : value]
  })
  return Object.fromEntries([...kept, ...gone.map((key) => [key, null] as const)])
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
