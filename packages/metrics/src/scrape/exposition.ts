/** What a pod's /metrics says. */
export interface Exposition {
  /** Samples by metric name, as they stand on their lines (`x_bucket`, `x_sum`, … are names of their own). */
  readonly samples: ReadonlyMap<string, readonly ExposedSample[]>
  /** `# TYPE`: family name → type, in lower case. */
  readonly types: ReadonlyMap<string, string>
}

export interface ExposedSample {
  readonly labels: Readonly<Record<string, string>>
  /** NaN and the infinities included. */
  readonly value: number
}

/** The text is not what it should be. As Prometheus does, one bad line refuses the whole. */
export class MalformedExposition extends Error {
  constructor(line: number, text: string, what: string) {
    super(
      `line ${line} of the metrics is malformed (${what}): ${text.length > 120 ? `${text.slice(0, 119)}…` : text}`,
    )
    this.name = 'MalformedExposition'
  }
}

/**
 * Reads Prometheus's text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/), with what
 * OpenMetrics 1.0 and the UTF-8 names of version 1.0.0 add to it: exemplars, `# EOF`, `{"quoted.name", …}`.
 * Timestamps and exemplars are skipped.
 * @throws MalformedExposition
 */
export function parseExposition(text: string): Exposition {
  const samples = new Map<string, ExposedSample[]>()
  const types = new Map<string, string>()
  const lines = text.split('\n')
  for (const [i, raw] of lines.entries()) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1).trim() : raw.trim()
    if (line === '') continue
    if (line.startsWith('#')) {
      const [, name, type] = /^#\s+TYPE\s+("(?:[^"\\]|\\.)*"|\S+)\s+(\S+)/.exec(line) ?? []
      if (name !== undefined && type !== undefined)
        types.set(name.startsWith('"') ? unescape(name.slice(1, -1)) : name, type.toLowerCase())
      if (line === '# EOF') break
      continue
    }
    const { name, labels, value } = new Line(line, i + 1).sample()
    const list = samples.get(name)
    if (list === undefined) samples.set(name, [{ labels, value }])
    else list.push({ labels, value })
  }
  return { samples, types }
}

/** One sample line, read from left to right. */
class Line {
  readonly #text: string
  readonly #number: number
  #at = 0

  constructor(text: string, number: number) {
    this.#text = text
    this.#number = number
  }

  sample(): { name: string; labels: Record<string, string>; value: number } {
    let name = this.#match(/[a-zA-Z_:][a-zA-Z0-9_:]*/y)
    this.#spaces()
    const labels: Record<string, string> = {}
    if (this.#take('{')) {
      for (;;) {
        this.#spaces()
        if (this.#take('}')) break
        const quoted = this.#text[this.#at] === '"'
        const label = quoted ? this.#quoted() : this.#match(/[a-zA-Z_][a-zA-Z0-9_.]*/y)
        if (label === undefined) throw this.#bad('a label name is expected')
        this.#spaces()
        if (quoted && name === undefined && this.#text[this.#at] !== '=') name = label
        else {
          if (!this.#take('=')) throw this.#bad('"=" is expected')
          this.#spaces()
          labels[label] = this.#quoted()
        }
        this.#spaces()
        if (!this.#take(',') && this.#text[this.#at] !== '}') throw this.#bad('"," or "}" is expected')
      }
    }
    if (name === undefined) throw this.#bad('a metric name is expected')
    this.#spaces()
    const typed = this.#match(/\S+/y)
    const value = typed === undefined ? undefined : readValue(typed)
    if (value === undefined) throw this.#bad('a value is expected')
    // A timestamp and, from OpenMetrics, an exemplar may follow.
    if (!/^(\s+-?[\d.eE+-]+)?(\s+#\s+\{.*)?\s*$/.test(this.#text.slice(this.#at)))
      throw this.#bad('a timestamp is expected')
    return { name, labels, value }
  }

  #quoted(): string {
    const matched = this.#match(/"(?:[^"\\]|\\.)*"/y)
    if (matched === undefined) throw this.#bad('a quoted text is expected')
    return unescape(matched.slice(1, -1))
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const matched = pattern.exec(this.#text)?.[0]
    if (matched !== undefined) this.#at += matched.length
    return matched
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at += 1
    return true
  }

  #spaces(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at += 1
  }

  #bad(what: string): MalformedExposition {
    return new MalformedExposition(this.#number, this.#text, what)
  }
}

function unescape(text: string): string {
  return text.includes('\\')
    ? text.replace(/\\(.)/gs, (_, char: string) => (char === 'n' ? '\n' : char))
    : text
}

/** A number as Go writes it: `+Inf`, `NaN`, `1.5e-09`. */
function readValue(text: string): number | undefined {
  if (/^nan$/i.test(text)) return NaN
  const [, sign] = /^([+-]?)inf(?:inity)?$/i.exec(text) ?? []
  if (sign !== undefined) return sign === '-' ? -Infinity : Infinity
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined
}
