import { InvalidInput, messageOf } from '@release-actions/values'
import { isMap, isSeq, LineCounter, parseDocument, type Document } from 'yaml'
import type { Origin, Path } from './problem.ts'

/** Shown whenever braces may have broken a query. */
export const BLOCK_SCALAR_HINT = [
  'PromQL belongs in a block scalar, since braces break flow YAML:',
  '  query: >-',
  '    sum(rate(http_requests_total{pod=~"{{ pods }}"}[{{ window }}]))',
]

/** A YAML text as plain data, and where in the text each value stands. */
export interface YamlDocument {
  readonly data: unknown
  /** 1-based; where the path leads to nothing, of what is around it. */
  place(path: Path): { readonly line: number; readonly column: number }
}

/**
 * Anchors, aliases and merge keys are resolved; a key may be written once.
 * @param file shown in messages
 * @throws InvalidInput with line and column where it is not YAML
 */
export function openYaml(input: string, text: string, file: string | undefined): YamlDocument {
  const { document, lines } = parsed(input, text, file)
  return {
    data: plain(input, document),
    place: (path) => {
      const { line, col } = lines.linePos(nearestOffset(document, path) ?? 0)
      return { line, column: col }
    },
  }
}

/**
 * YAML as plain data, with the lines for messages.
 * @throws InvalidInput with line and column where it is not YAML
 */
export function readYaml(
  input: string,
  text: string,
  file: string | undefined,
): { data: unknown; origin: Origin } {
  const { document, lines } = parsed(input, text, file)
  return { data: plain(input, document), origin: originOf(input, file, document, lines) }
}

function parsed(
  input: string,
  text: string,
  file: string | undefined,
): { readonly document: Document; readonly lines: LineCounter } {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    logLevel: 'error',
    merge: true,
    prettyErrors: false,
    uniqueKeys: true,
  })
  const [error] = document.errors
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0])
    const typed = text.split('\n')[line - 1]?.trim() ?? ''
    const where = `line ${line}, column ${col}${file === undefined ? '' : ` of ${file}`}`
    throw new InvalidInput(
      input,
      typed,
      `YAML that parses (${where}: ${error.message.split('\n')[0] ?? ''})`,
      {
        fix: /[{}]/.test(typed) || text.includes('{{') ? BLOCK_SCALAR_HINT : [],
      },
    )
  }
  return { document, lines }
}

function plain(input: string, document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    // An alias of nothing, or so many that a small text would become a huge one.
    throw new InvalidInput(input, 'its aliases', `anchors that exist, in moderation (${messageOf(cause)})`, {
      cause,
    })
  }
}

function originOf(input: string, file: string | undefined, document: Document, lines: LineCounter): Origin {
  return {
    input,
    ...(file === undefined ? {} : { file }),
    line: (path) => {
      const offset = nearestOffset(document, path)
      return offset === undefined ? undefined : lines.linePos(offset).line
    },
    gateName: (index) => {
      const name: unknown = document.getIn([index, 'name'])
      return typeof name === 'string' ? name : undefined
    },
  }
}

/** Of the key that the path ends in; where that is missing, of what is around it. */
function nearestOffset(document: Document, path: Path): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const offset = offsetOf(document, path.slice(0, length))
    if (offset !== undefined) return offset
  }
  return undefined
}

function offsetOf(document: Document, path: Path): number | undefined {
  const last = path.at(-1)
  const parent: unknown = path.length <= 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (last === undefined) return rangeOf(document.contents)
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => String(key) === String(last))
    return pair === undefined ? undefined : rangeOf(pair.key)
  }
  return isSeq(parent) && typeof last === 'number' ? rangeOf(parent.items[last]) : undefined
}

function rangeOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined
  const { range } = node
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined
}
