import { InvalidInput } from '@release-actions/values'
import { isMap, isSeq, LineCounter, parseDocument, type Document } from 'yaml'
import type { Origin, Path } from './problem.ts'

/** Shown whenever braces may have broken a query. */
export const BLOCK_SCALAR_HINT = [
  'PromQL belongs in a block scalar, since braces break flow YAML:',
  '  query: >-',
  '    sum(rate(http_requests_total{pod=~"{{ pods }}"}[{{ window }}]))',
]

/**
 * YAML as plain data, with the lines for messages.
 * @throws InvalidInput with line and column where it is not YAML
 */
export function readYaml(
  input: string,
  text: string,
  file: string | undefined,
): { data: unknown; origin: Origin } {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    logLevel: 'error',
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
  return { data: document.toJS({ maxAliasCount: 100 }), origin: originOf(input, file, document, lines) }
}

function originOf(input: string, file: string | undefined, document: Document, lines: LineCounter): Origin {
  return {
    input,
    ...(file === undefined ? {} : { file }),
    line: (path) => lineOf(document, lines, path),
    gateName: (index) => {
      const name: unknown = document.getIn([index, 'name'])
      return typeof name === 'string' ? name : undefined
    },
  }
}

/** The line of the key that the path ends in; where that is missing, of what is around it. */
function lineOf(document: Document, lines: LineCounter, path: Path): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const offset = offsetOf(document, path.slice(0, length))
    if (offset !== undefined) return lines.linePos(offset).line
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
