import { createHash, randomInt } from 'node:crypto'

/** The letters that Kubernetes uses for generated names: no vowels, nothing that looks like another. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789'

/** A generated name's end: five letters, as the API server gives to `generateName`. */
export function suffix(): string {
  return Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}

/** A short name for content: the same content always has the same one. As `pod-template-hash`, ten letters. */
export function contentHash(content: unknown): string {
  const digest = createHash('sha256').update(canonical(content)).digest()
  return Array.from(digest.subarray(0, 10), (byte) => LETTERS[byte % LETTERS.length]).join('')
}

/** JSON with sorted keys and without undefined values: equal for equal content. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** A time as Kubernetes writes it: RFC 3339, whole seconds. */
export function timestamp(at: number = Date.now()): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}
