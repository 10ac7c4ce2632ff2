/** The input's text, trimmed; undefined when it is not given or empty. */
export function givenText(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const text = env[variable(name)]?.trim()
  return text === '' ? undefined : text
}

/** The variable in which the runner hands over an input: upper case, spaces as underscores, dashes kept. */
export function variable(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`
}
