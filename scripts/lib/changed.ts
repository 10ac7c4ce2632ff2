/** Which files a person has touched, so that what was looked at before need not be looked at again. */
import { spawnSync } from 'node:child_process'
import { ROOT } from './repo.ts'

/** Where the others' work is, which CI has linted. Without it, the last commit. */
const BASE = 'origin/main'
/** What decides over files that are not touched themselves. */
const DECIDES = /^(eslint\.config\.|\.prettier|package(-lock)?\.json$|tsconfig|scripts\/lint)/

/**
 * The files that differ from what `origin/main` and the branch have in common, those that git does not know yet among
 * them, relative to the repository.
 * @returns undefined: all of them, since git cannot tell or the rules themselves have changed
 */
export function changedFiles(root: string = ROOT): readonly string[] | undefined {
  const differing = differingFiles(root, 'd')
  const unknown = git(root, 'ls-files', '--others', '--exclude-standard')
  if (differing === undefined || unknown === undefined) return undefined
  const files = [...differing, ...linesOf(unknown)]
  return files.some((file) => DECIDES.test(file)) ? undefined : files
}

/** The files that are gone since: nothing can be linted in them, but what imported one is not touched and may not compile. */
export function deletedFiles(root: string = ROOT): readonly string[] {
  return differingFiles(root, 'D') ?? []
}

/** @param filter which, as git's --diff-filter takes it: `D` those that are gone, `d` all others */
function differingFiles(root: string, filter: 'D' | 'd'): readonly string[] | undefined {
  const base = git(root, 'merge-base', 'HEAD', BASE) ?? git(root, 'rev-parse', 'HEAD')
  if (base === undefined) return undefined
  const differing = git(root, 'diff', '--no-renames', '--name-only', `--diff-filter=${filter}`, base.trim())
  return differing === undefined ? undefined : linesOf(differing)
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '')
}

/** What it prints; undefined when it fails, or when there is no git. */
function git(root: string, ...args: readonly string[]): string | undefined {
  const run = spawnSync('git', args, { cwd: root, encoding: 'utf8' })
  return run.status === 0 ? run.stdout : undefined
}
