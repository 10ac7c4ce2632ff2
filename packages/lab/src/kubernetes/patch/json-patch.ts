import { copyOf, isObject, sameJson, type Json } from '../json.ts'

/** A patch that cannot be applied: a failed `test`, a path that is not there, an operation that is none. */
export class PatchFailed extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PatchFailed'
  }
}

/**
 * Applies a JSON Patch (RFC 6902) to a copy of `document`, all or nothing.
 *
 * One leniency is the real API server's: `replace` of a field that an object does not have adds it.
 * @throws PatchFailed
 */
export function applyJsonPatch(document: Json, operations: readonly Json[]): Json {
  const root = { document: copyOf(document) }
  for (const operation of operations) {
    if (!isObject(operation)) throw new PatchFailed('an operation is not an object')
    const { op, path, from, value } = operation
    const target = pointer(path)
    switch (op) {
      case 'test':
        if (!sameJson(read(root, target, 'absent is null'), value ?? null)) {
          throw new PatchFailed(`test failed: ${String(path)}`)
        }
        break
      case 'add':
        add(root, target, copyOf(value ?? null))
        break
      case 'replace':
        replace(root, target, copyOf(value ?? null))
        break
      case 'remove':
        remove(root, target)
        break
      case 'move': {
        const moved = read(root, pointer(from), 'must exist')
        remove(root, pointer(from))
        add(root, target, moved)
        break
      }
      case 'copy':
        add(root, target, copyOf(read(root, pointer(from), 'must exist')))
        break
      default:
        throw new PatchFailed(`unexpected operation ${String(op)}`)
    }
  }
  return root.document
}

interface Root {
  document: Json
}

function pointer(path: Json | undefined): string[] {
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/')))
    throw new PatchFailed(`bad path ${String(path)}`)
  return path === ''
    ? []
    : path
        .slice(1)
        .split('/')
        .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function container(root: Root, path: readonly string[]): Json {
  let at: Json = root.document
  for (const part of path.slice(0, -1)) {
    const next: Json | undefined = Array.isArray(at)
      ? at[index(part, at.length - 1)]
      : isObject(at)
        ? at[part]
        : undefined
    if (next === undefined || next === null) throw new PatchFailed(`no such path /${path.join('/')}`)
    at = next
  }
  return at
}

function index(part: string, max: number): number {
  const at = /^(0|[1-9]\d*)$/.test(part) ? Number(part) : -1
  if (at < 0 || at > max) throw new PatchFailed(`no such index ${part}`)
  return at
}

function last(path: readonly string[]): string {
  return path.at(-1) ?? ''
}

function read(root: Root, path: readonly string[], missing: 'absent is null' | 'must exist'): Json {
  if (path.length === 0) return root.document
  const within = container(root, path)
  if (Array.isArray(within)) return within[index(last(path), within.length - 1)] ?? null
  const found = isObject(within) ? within[last(path)] : undefined
  if (found === undefined && missing === 'must exist')
    throw new PatchFailed(`no such field /${path.join('/')}`)
  return found ?? null
}

function add(root: Root, path: readonly string[], value: Json): void {
  if (path.length === 0) {
    root.document = value
    return
  }
  const within = container(root, path)
  if (Array.isArray(within)) {
    within.splice(last(path) === '-' ? within.length : index(last(path), within.length), 0, value)
  } else if (isObject(within)) within[last(path)] = value
  else throw new PatchFailed(`cannot add to /${path.join('/')}`)
}

function replace(root: Root, path: readonly string[], value: Json): void {
  if (path.length === 0) {
    root.document = value
    return
  }
  const within = container(root, path)
  if (Array.isArray(within)) within[index(last(path), within.length - 1)] = value
  else if (isObject(within)) within[last(path)] = value
  else throw new PatchFailed(`cannot replace /${path.join('/')}`)
}

function remove(root: Root, path: readonly string[]): void {
  const within = container(root, path)
  if (Array.isArray(within)) within.splice(index(last(path), within.length - 1), 1)
  else if (isObject(within) && Object.hasOwn(within, last(path))) delete within[last(path)]
  else throw new PatchFailed(`no such field /${path.join('/')}`)
}
