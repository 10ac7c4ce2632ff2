import { createHash } from 'node:crypto'

export const DIGEST = /^sha256:[0-9a-f]{64}$/

/** `sha256:…` of a text as UTF-8, or of bytes. */
export function digestOf(content: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}
