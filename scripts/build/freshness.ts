/** Compares what is in `dist/` with what the sources give. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Sentences that say what differs; empty when the folder holds exactly these files. */
export function differences(folder: string, files: ReadonlyMap<string, string>): readonly string[] {
  const present = existsSync(folder) ? readdirSync(folder) : []
  const found: string[] = []
  for (const [name, text] of files) {
    if (!present.includes(name)) found.push(`${name} is missing`)
    else if (readFileSync(join(folder, name), 'utf8') !== text) found.push(`${name} differs`)
  }
  for (const name of present) if (!files.has(name)) found.push(`${name} is left over`)
  return found
}

/** Makes the folder hold exactly these files. */
export function replaceFolder(folder: string, files: ReadonlyMap<string, string>): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of files) writeFileSync(join(folder, name), text)
}
