import { glob, lstat, readdir, readlink } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { InvalidInput } from '@release-actions/values'

/** A file as it is packed or hashed: nothing of who owns it and when it changed. */
export interface FoundFile {
  /** Relative, with slashes. */
  readonly name: string
  /** Absolute. */
  readonly path: string
  readonly kind: 'file' | 'link'
  readonly executable: boolean
  /** Bytes. */
  readonly size: number
  /** Where a link leads, as it is written. */
  readonly target: string | undefined
}

/**
 * Files, whole folders and globs in a folder, sorted by name (by UTF-16 code units, the same in every locale).
 * @throws InvalidInput naming `input` for what finds nothing, or leads out of the folder
 */
export async function findFiles(
  input: string,
  patterns: readonly string[],
  root: string,
): Promise<readonly FoundFile[]> {
  const found = new Map<string, FoundFile>()
  for (const pattern of patterns) {
    const outside = new InvalidInput(input, pattern, 'a path inside the workspace')
    if (leadsOut(root, pattern)) throw outside
    const before = found.size
    const names = await matching(pattern, root)
    // `{..,.}/x` leads out only once its braces are opened.
    if (names.some((name) => leadsOut(root, name))) throw outside
    for (const name of names) for (const file of await filesBelow(root, name)) found.set(file.name, file)
    if (found.size === before && !names.some((name) => found.has(slashes(name))))
      throw new InvalidInput(input, pattern, 'a path or a glob that finds a file')
  }
  return sorted([...found.values()])
}

/** All files below a folder, sorted. @param skip is asked for each name, a folder's with a slash at its end */
export async function walk(
  root: string,
  skip: (name: string) => boolean = () => false,
): Promise<readonly FoundFile[]> {
  return sorted(await filesBelow(root, '', skip))
}

function leadsOut(root: string, name: string): boolean {
  const path = relative(root, resolve(root, name))
  return path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path)
}

async function matching(pattern: string, root: string): Promise<readonly string[]> {
  if (!/[*?[{]/.test(pattern)) {
    const there = await lstat(resolve(root, pattern)).catch(() => undefined)
    return there === undefined ? [] : [relative(root, resolve(root, pattern))]
  }
  const names: string[] = []
  for await (const name of glob(pattern, { cwd: root })) names.push(name)
  return names
}

async function filesBelow(
  root: string,
  name: string,
  skip: (name: string) => boolean = () => false,
): Promise<readonly FoundFile[]> {
  const path = join(root, name)
  const about = await lstat(path)
  const shown = slashes(name)
  if (about.isDirectory()) {
    if (name !== '' && skip(`${shown}/`)) return []
    const inside = await readdir(path)
    const parts: (readonly FoundFile[])[] = []
    for (const entry of inside) parts.push(await filesBelow(root, join(name, entry), skip))
    return parts.flat()
  }
  if (skip(shown)) return []
  const link = about.isSymbolicLink()
  // Sockets and devices are nothing that could be built from, or shipped.
  if (!link && !about.isFile()) return []
  return [
    {
      name: shown,
      path,
      kind: link ? 'link' : 'file',
      executable: (about.mode & 0o100) !== 0,
      size: link ? 0 : about.size,
      target: link ? await readlink(path) : undefined,
    },
  ]
}

function sorted(files: readonly FoundFile[]): readonly FoundFile[] {
  return files.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

function slashes(name: string): string {
  return name.split(sep).join('/')
}
