import { formatPath, type Path, type YamlDocument } from '@release-actions/judge'
import { InvalidInput, messageOf, ReleaseError } from '@release-actions/values'

/** A mistake in the file: where, what stands there, and what would have been legal ("use …"). */
export interface Problem {
  readonly path: Path
  readonly value: unknown
  readonly legal: string
}

/** The file as errors speak of it. */
export interface Source {
  /** As the user knows it: `.github/release-actions.yml`. */
  readonly file: string
  readonly document: YamlDocument
}

/** `.github/release-actions.yml:12:5` */
export function placeOf({ file, document }: Source, path: Path): string {
  const { line, column } = document.place(path)
  return `${file}:${line}:${column}`
}

/** `services.shop.plan` */
export function nameOf(path: Path): string {
  const [first = 'the file', ...rest] = path
  return formatPath(String(first), rest)
}

export function errorOf(source: Source, { path, value, legal }: Problem): InvalidInput {
  const place = placeOf(source, path)
  return new InvalidInput(nameOf(path), value, `${legal} (${place})`, { object: place })
}

/** A person repairs a file once, so all that is wrong with it is said, though not more than can be read. */
const MOST_SHOWN = 20

/** @throws the one error, or all of them as one; nothing when there is none */
export function throwAll(file: string, errors: readonly InvalidInput[]): void {
  const [first] = errors
  if (first === undefined) return
  const messages = [...new Set(errors.map(messageOf))]
  if (messages.length === 1) throw first
  const more = messages.length - MOST_SHOWN
  throw new ReleaseError('invalid-input', `${file} has ${messages.length} mistakes`, {
    object: file,
    why: [...messages.slice(0, MOST_SHOWN), ...(more > 0 ? [`… and ${more} more`] : [])],
    cause: first,
  })
}
