import { InvalidInput, show, type Milliseconds } from '@release-actions/values'
import { readTyped } from './units.ts'

/** Keys and indexes from the gate list's root: `[2, 'scrape', 'port']`. */
export type Path = readonly (string | number)[]

/** Where the gates were written. */
export interface Origin {
  /** The input's name, or the key in a configuration file: `gates`, `pre-switch-gates`. */
  readonly input: string
  readonly file?: string
  /** 1-based line of a value, or of the nearest thing around it. */
  readonly line?: (path: Path) => number | undefined
  /** What to call a value, where that is not `input[2].key`: a gate of a configuration file may stand anywhere in it. */
  readonly called?: (path: Path) => string
  /** The name of the gate at an index, when it has one. */
  readonly gateName?: (index: number) => string | undefined
}

/** `gates[2].scrape.port`; keys with spaces are quoted. */
export function formatPath(input: string, path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    return /^[\w-]+$/.test(part) ? `${text}.${part}` : `${text}[${JSON.stringify(part)}]`
  }, input)
}

/**
 * The one error of the grammar: the key, its value, what is legal, and which gate on which line.
 * @param legal the end of the sentence "use …"
 */
export function problem(
  origin: Origin,
  path: Path,
  value: unknown,
  legal: string,
  fix: readonly string[] = [],
): InvalidInput {
  const [first] = path
  const name = typeof first === 'number' ? origin.gateName?.(first) : undefined
  const line = origin.line?.(path)
  const place = [
    name === undefined ? undefined : `gate ${show(name)}`,
    line === undefined ? undefined : `line ${line}`,
    origin.file === undefined ? undefined : `${line === undefined ? 'in' : 'of'} ${origin.file}`,
  ].filter((part) => part !== undefined)
  const where = place.join(', ').replace(/, of /, ' of ')
  return new InvalidInput(
    origin.called?.(path) ?? formatPath(origin.input, path),
    value,
    `${legal}${where === '' ? '' : ` (${where})`}`,
    { fix },
  )
}

/** @throws InvalidInput unless it is a duration above 0 */
export function readDuration(origin: Origin, path: Path, raw: string | 0): Milliseconds {
  const typed = readTyped(raw)
  if (typed?.kind === 'time' && typed.value > 0) return typed.value
  throw problem(origin, path, raw, 'a duration above 0 such as 30s or 5m')
}
