/** Where the repository is, whatever the current folder. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** An absolute path inside the repository. */
export function inRepo(...parts: readonly string[]): string {
  return join(ROOT, ...parts)
}
