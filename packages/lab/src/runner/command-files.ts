/**
 * The files that a step writes for the runner: GITHUB_OUTPUT, GITHUB_STATE, GITHUB_ENV, GITHUB_PATH and
 * GITHUB_STEP_SUMMARY. Format: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes that a step's summary may hold. */
const SUMMARY_LIMIT = 1024 * 1024

export interface CommandFiles {
  /** Variable name → path; made empty for each phase of a step. */
  readonly paths: Readonly<
    Record<'GITHUB_OUTPUT' | 'GITHUB_STATE' | 'GITHUB_ENV' | 'GITHUB_PATH' | 'GITHUB_STEP_SUMMARY', string>
  >
  read(): Written
}

export interface Written {
  readonly outputs: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  /** Newest first, as they go in front of PATH. */
  readonly path: readonly string[]
  /** Markdown. */
  readonly summary: string
  /** What the runner would have said of a file that it could not read. */
  readonly errors: readonly string[]
}

export function commandFiles(folder: string): CommandFiles {
  mkdirSync(folder, { recursive: true })
  const make = (name: string): string => {
    const path = join(folder, name)
    writeFileSync(path, '')
    return path
  }
  const paths = {
    GITHUB_OUTPUT: make('output'),
    GITHUB_STATE: make('state'),
    GITHUB_ENV: make('env'),
    GITHUB_PATH: make('path'),
    GITHUB_STEP_SUMMARY: make('summary'),
  }
  return {
    paths,
    read() {
      const errors: string[] = []
      const pairs = (path: string): Readonly<Record<string, string>> => {
        const found: Record<string, string> = {}
        try {
          for (const [name, value] of parsePairs(readFileSync(path, 'utf8'))) found[name] = value
        } catch (error) {
          errors.push(
            `Unable to process file command '${path.split('/').at(-1) ?? ''}' successfully.`,
            messageOf(error),
          )
        }
        return found
      }
      const [outputs, state, env] = [
        pairs(paths.GITHUB_OUTPUT),
        pairs(paths.GITHUB_STATE),
        pairs(paths.GITHUB_ENV),
      ]
      const bytes = readFileSync(paths.GITHUB_STEP_SUMMARY)
      const size = Math.ceil(bytes.length / 1024)
      if (bytes.length > SUMMARY_LIMIT) {
        errors.push(
          `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got ${size}k.`,
        )
      }
      return {
        outputs,
        state,
        env,
        path: readFileSync(paths.GITHUB_PATH, 'utf8').split(/\r?\n/).filter(Boolean).reverse(),
        summary: bytes.length > SUMMARY_LIMIT ? '' : bytes.toString('utf8'),
        errors,
      }
    },
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * `name=value`, or `name<<DELIMITER`, lines, `DELIMITER`. Pairs before a mistake still count: it is a generator.
 * @throws Error as the runner words it
 */
export function* parsePairs(text: string): Generator<readonly [name: string, value: string]> {
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (line === '') continue
    const [equals, heredoc] = [line.indexOf('='), line.indexOf('<<')]
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      if (equals === 0) throw new Error(`Invalid format '${line}'. Name must not be empty`)
      yield [line.slice(0, equals), line.slice(equals + 1)]
    } else if (heredoc >= 0) {
      const [name, delimiter] = [line.slice(0, heredoc), line.slice(heredoc + 2)]
      if (name === '' || delimiter === '') {
        throw new Error(`Invalid format '${line}'. Name must not be empty and delimiter must not be empty`)
      }
      const end = lines.indexOf(delimiter, at + 1)
      if (end < 0) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`)
      yield [name, lines.slice(at + 1, end).join('\n')]
      at = end
    } else throw new Error(`Invalid format '${line}'`)
  }
}
