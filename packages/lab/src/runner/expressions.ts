/** The little of GitHub's expressions that action.yml files need: `${{ github.… }}`, and conditions on the job's state. */

export type JobState = 'success' | 'failure' | 'cancelled'

/** Renders `${{ github.token }}` and the like. @throws Error for an expression that this runner does not know */
export function render(text: string, github: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (whole, expression: string) => {
    const [, name] = /^github\.(\w+)$/.exec(expression) ?? []
    if (name === undefined) throw new Error(`this runner cannot evaluate ${whole}; it knows github.* only`)
    return github[name] ?? ''
  })
}

/** `always()`, `failure() || cancelled()`, `!cancelled() && success()`; no brackets. */
export function holds(condition: string, state: JobState): boolean {
  const bare = condition.replace(/^\s*\$\{\{(.*)\}\}\s*$/, '$1')
  return bare
    .split('||')
    .some((alternative) => alternative.split('&&').every((term) => termHolds(term.trim(), state)))
}

function termHolds(term: string, state: JobState): boolean {
  if (term.startsWith('!')) return !termHolds(term.slice(1).trim(), state)
  switch (term) {
    case 'always()':
      return true
    case 'success()':
      return state === 'success'
    case 'failure()':
      return state === 'failure'
    case 'cancelled()':
      return state === 'cancelled'
    default:
      throw new Error(`this runner cannot evaluate the condition ${JSON.stringify(term)}`)
  }
}
