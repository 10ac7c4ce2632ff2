/**
 * Reads the YAML that tools write into kubeconfigs: block mappings and lists of plain or simply quoted texts, and no more.
 * The whole language is for the YAML package, which costs more to load than all else that a first look needs.
 * @returns undefined for anything else, however legal: then the YAML package must read it
 */
export function readSimpleYaml(text: string): unknown {
  const lines: Line[] = []
  for (const raw of text.split(/\r?\n/)) {
    if (/^\s*(#.*)?$/.test(raw) || (raw === '---' && lines.length === 0)) continue
    const [, indent = '', rest = ''] = /^( *)(.*?) *$/.exec(raw) ?? []
    if (!/^[\x20-\x7e]+$/.test(rest)) return undefined
    lines.push({ indent: indent.length, rest })
  }
  try {
    const reader = new Reader(lines)
    const value = reader.block(0)
    return reader.done() ? value : undefined
  } catch (error) {
    if (error instanceof NotSimple) return undefined
    throw error
  }
}

interface Line {
  readonly indent: number
  readonly rest: string
}

class NotSimple extends Error {}

/** `key:` and what follows it on the line. */
const ENTRY = /^([A-Za-z_][\w./-]*):(?: +(.*))?$/
/** Texts that mean themselves in every YAML: no indicator, no comment, no mapping inside. */
const PLAIN = /^(?:[A-Za-z0-9_./+=@-]|:(?! |$))(?:[\w ./+=@,%~()^-]|:(?! |$))*$/
/** What a YAML 1.2 core schema may read as something that is not a text, or that starts a list. */
const SPECIAL = /^(?:[-+.]?[0-9].*|[-+]?\.(?:inf|nan)|~|null|true|false|-|---|\.\.\.|- .*)$/i

class Reader {
  readonly #lines: readonly Line[]
  #at = 0

  constructor(lines: readonly Line[]) {
    this.#lines = lines
  }

  done(): boolean {
    return this.#at === this.#lines.length
  }

  /** The mapping or list whose lines start at exactly this column. */
  block(indent: number): unknown {
    const line = this.#lines[this.#at]
    if (line === undefined || line.indent !== indent) throw new NotSimple()
    return isItem(line.rest) ? this.#list(indent) : this.#mapping(indent)
  }

  #mapping(indent: number): Readonly<Record<string, unknown>> {
    const entries = new Map<string, unknown>()
    for (let line = this.#next(indent); line !== undefined; line = this.#next(indent)) {
      if (isItem(line.rest)) break
      const [, key, value = ''] = ENTRY.exec(line.rest) ?? []
      if (key === undefined || entries.has(key)) throw new NotSimple()
      this.#at++
      entries.set(key, value === '' ? this.#nested(indent) : scalar(value))
    }
    return Object.fromEntries(entries)
  }

  #list(indent: number): readonly unknown[] {
    const items: unknown[] = []
    for (let line = this.#next(indent); line !== undefined; line = this.#next(indent)) {
      if (!isItem(line.rest)) break
      const [, gap = '', rest = ''] = /^-( *)(.*)$/.exec(line.rest) ?? []
      if (rest === '' || gap.length > 1) throw new NotSimple()
      if (!ENTRY.test(rest)) {
        this.#at++
        items.push(scalar(rest))
        continue
      }
      // The item is a mapping whose first entry stands behind the dash, two columns further in.
      items.push(new Reader([{ indent: indent + 2, rest }, ...this.#deeper(indent)]).#whole(indent + 2))
    }
    return items
  }

  #whole(indent: number): unknown {
    const value = this.#mapping(indent)
    if (!this.done()) throw new NotSimple()
    return value
  }

  /** The lines of the current item after its first. */
  #deeper(indent: number): readonly Line[] {
    const from = this.#at + 1
    const end = this.#lines.findIndex((line, at) => at >= from && line.indent <= indent)
    this.#at = end < 0 ? this.#lines.length : end
    return this.#lines.slice(from, this.#at)
  }

  /** The value of a key with nothing behind it: a deeper block, or a list at the key's own column. */
  #nested(indent: number): unknown {
    const line = this.#lines[this.#at]
    if (line === undefined || line.indent < indent) return null
    if (line.indent === indent) return isItem(line.rest) ? this.#list(indent) : null
    return this.block(line.indent)
  }

  #next(indent: number): Line | undefined {
    const line = this.#lines[this.#at]
    if (line === undefined || line.indent < indent) return undefined
    if (line.indent > indent) throw new NotSimple()
    return line
  }
}

function isItem(rest: string): boolean {
  return rest === '-' || rest.startsWith('- ')
}

function scalar(text: string): unknown {
  if (text === 'null') return null
  if (text === 'true' || text === 'false') return text === 'true'
  if (text === '{}') return {}
  if (text === '[]') return []
  const quoted = /^"([^"\\]*)"$|^'([^']*)'$/.exec(text)
  if (quoted !== null) return quoted[1] ?? quoted[2] ?? ''
  if (/^-[A-Za-z-][\w./=@-]*$/.test(text) && text !== '---') return text
  if (!PLAIN.test(text) || SPECIAL.test(text)) throw new NotSimple()
  return text
}
