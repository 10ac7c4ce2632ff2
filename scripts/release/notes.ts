/** What a release's page says: the people's own words of CHANGELOG.md, then every commit since the one before. */
import type { Git } from './git.ts'

export interface NotesOrder {
  readonly version: string
  readonly commit: string
  /** The tag of the release before; undefined for the first. */
  readonly since: string | undefined
}

/** @returns Markdown */
export function notesOf(git: Git, { version, commit, since }: NotesOrder): string {
  const log = git(['log', '--no-merges', '--reverse', '--format=%h%x1f%s%x1f%b%x1e', ...range(commit, since)])
  const commits = log
    .split('\x1e')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [id = '', subject = '', body = ''] = entry.split('\x1f')
      return { id, subject, body }
    })
  const breaking = commits.flatMap(({ body }) =>
    [...body.matchAll(/^BREAKING CHANGE: ?([^]*?)(?=\n\n|$)/gm)].map(([, text = '']) => text.trim()),
  )
  const sections = [
    highlights(git, commit, version),
    ...(breaking.length === 0
      ? []
      : [`## Breaking changes\n\n${breaking.map((text) => `- ${text}`).join('\n')}`]),
    `## Commits\n\n${commits.map(({ id, subject }) => `- ${subject} (${id})`).join('\n')}`,
  ]
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`
}

function range(commit: string, since: string | undefined): readonly string[] {
  return since === undefined ? [commit] : [commit, `^${since}`]
}

/** The section of CHANGELOG.md that is headed `## 1.2.3`; empty when there is none. */
function highlights(git: Git, commit: string, version: string): string {
  if (git(['ls-tree', commit, 'CHANGELOG.md']) === '') return ''
  const sections = git(['show', `${commit}:CHANGELOG.md`]).split(/^## /m)
  const found = sections.find((section) => section.split('\n', 1)[0]?.trim() === version)
  return found === undefined ? '' : found.slice(found.indexOf('\n')).trim()
}
