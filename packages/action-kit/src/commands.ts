import { appendFileSync } from 'node:fs'

/**
 * The runner's workflow commands and command files. The same bytes as @actions/core's, which a test compares; not
 * @actions/core itself, because its one entry point loads an HTTP client in every step (docs/adr).
 */
export type CommandName = 'error' | 'warning' | 'notice' | 'debug' | 'group' | 'endgroup' | 'add-mask'

/** `::error title=…::message`, as one line whatever the texts hold. */
export function command(
  name: CommandName,
  message: string,
  properties: Readonly<Record<string, string>> = {},
): string {
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`)
  return `::${name}${list.length > 0 ? ` ${list.join(',')}` : ''}::${escapeData(message)}`
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

/** Sets outputs or state: `file` is the path in GITHUB_OUTPUT or GITHUB_STATE. No file (a run by hand): nothing. */
export function appendPairs(file: string | undefined, pairs: Readonly<Record<string, string>>): void {
  if (file === undefined || file === '') return
  const text = Object.entries(pairs)
    .map(([name, value]) => heredoc(name, value))
    .join('')
  if (text !== '') appendFileSync(file, text)
}

/**
 * `name<<DELIMITER`, the value, the delimiter. The delimiter occurs nowhere in name or value, so that untrusted text
 * cannot end the value and set an output of its own.
 */
function heredoc(name: string, value: string): string {
  let delimiter = 'ghadelimiter_release_actions'
  for (let n = 0; name.includes(delimiter) || value.includes(delimiter); n++)
    delimiter = `ghadelimiter_${n}_release_actions`
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`
}

/**
 * Untrusted text as one harmless line of the log each: no line begins with a workflow command, the old `##[command]`
 * form (which the runner finds anywhere in a line) is broken up, and control characters are gone.
 */
export function harmlessLines(text: string): readonly string[] {
  return text.split(/\r\n|\r|\n/).map((line) =>
    line
      .replaceAll('\t', '    ')
      .replace(/\p{Cc}(?:\[[0-9;?]*[A-Za-z])?/gu, '')
      .replaceAll('##[', '## [')
      .replace(/^(\s*):(?=:)/, '$1\u200b:'),
  )
}
