import { parseYaml, type Path } from '@release-actions/judge'
import { InvalidInput } from '@release-actions/values'
import { check, isMistaken } from './check.ts'
import { contradictions } from './contradictions.ts'
import { gateErrors } from './gates.ts'
import { errorOf, throwAll, type Source } from './problem.ts'
import { references } from './references.ts'
import type { RawConfig } from './schema.ts'

/** The configuration file, free of mistakes. */
export interface Config extends Source {
  readonly data: RawConfig
}

/** A file of hundreds of services has a tenth of this. */
export const MOST_BYTES = 262_144

/**
 * Reads the text of `.github/release-actions.yml`. All that is wrong with it is said at once: unknown keys, values that
 * are not legal, names of what does not exist, settings that contradict each other, gates that are none.
 * @param file as the user knows it; shown in messages, with line and column
 * @throws InvalidInput; several mistakes are one ReleaseError `invalid-input` that lists them
 */
export async function parseConfig(text: string, file: string): Promise<Config> {
  const bytes = new TextEncoder().encode(text).length
  if (bytes > MOST_BYTES) {
    throw new InvalidInput('config', `${bytes} bytes`, `a file of at most ${MOST_BYTES} bytes (${file})`)
  }
  const document = await parseYaml('config', text, file)
  const source = { file, document }
  const data = check(withoutExtensions(document.data))
  if (isMistaken(data)) {
    const sorted = [...data].sort((a, b) => offset(source, a.path) - offset(source, b.path))
    throwAll(
      file,
      sorted.map((problem) => errorOf(source, problem)),
    )
    throw new InvalidInput('config', file, 'a file that follows the schema')
  }
  const config: Config = { file, document, data }
  const problems = references(data)
  throwAll(
    file,
    problems.map((problem) => errorOf(source, problem)),
  )
  throwAll(file, [
    ...contradictions(data).map((problem) => errorOf(source, problem)),
    ...(await gateErrors(config)),
  ])
  return config
}

function offset({ document }: Source, path: Path): number {
  const { line, column } = document.place(path)
  return line * 10_000 + column
}

/** Keys that begin with `x-` at the top are the user's own: a place for anchors. */
function withoutExtensions(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return data
  return Object.fromEntries(Object.entries(data).filter(([key]) => !key.startsWith('x-')))
}
