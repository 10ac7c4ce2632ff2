/**
 * The input's text without the space around it; undefined when it is not given or empty. Lines that are all indented
 * lose what they have in common: to trim the first one alone would make other YAML of the rest.
 */
export function givenText(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const text = env[variable(name)]
  if (text === undefined || text.trim() === '') return undefined
  return text.includes('\n') ? outdented(text) : text.trim()
}

function outdented(text: string): string {
  const lines = text
    .replace(/^(?:[^\S\n]*\n)+/, '')
    .trimEnd()
    .split('\n')
  const indents = lines
    .filter((line) => line.trim() !== '')
    .map((line) => line.length - line.trimStart().length)
  const common = Math.min(...indents)
  return lines.map((line) => line.slice(common)).join('\n')
}

/** The variable in which the runner hands over an input: upper case, spaces as underscores, dashes kept. */
export function variable(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`
}
