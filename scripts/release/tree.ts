/**
 * The tree of a release: what a runner downloads for `uses: org/release-actions/canary-step@v1`, and nothing else. The
 * trees of `dist/` are taken as they are, so that a face of the release is what main has committed, to the last bit.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { renderForServer, type Siblings } from '../workflows/render.ts'
import type { Git } from './git.ts'

/** Taken as they are, where there are any. */
const FILES = ['LICENSE', 'schema/release-actions.schema.json']
/** Taken with links that lead to main. */
const PAGES = ['README.md', 'SECURITY.md']
const FOLDERS = ['.github/actions']
const WORKFLOWS = '.github/workflows'

export interface Released {
  /** SHA of the tree. */
  readonly tree: string
  /** Names of the actions, which are folders of it. */
  readonly actions: readonly string[]
  /** Names of the reusable workflows' files. */
  readonly workflows: readonly string[]
}

export interface TreeOrder {
  /** The commit of main that is released. */
  readonly commit: string
  /** Where the actions are found by runners that do not know `$/`; undefined: workflows as they are. */
  readonly siblings?: Siblings
  /** `owner/name`, for the links of the pages; undefined: they stay relative. */
  readonly repository: string | undefined
}

/** Writes the tree of a release into the repository's objects. Touches neither index nor working tree. */
export function writeReleaseTree(git: Git, { commit, siblings, repository }: TreeOrder): Released {
  const folder = mkdtempSync(join(tmpdir(), 'release-index-'))
  const index = join(folder, 'index')
  try {
    const actions = names(git, commit, 'dist/')
    if (actions.length === 0) throw new Error(`dist/ of ${commit} holds no action`)
    for (const name of actions) git(['read-tree', `--prefix=${name}/`, `${commit}:dist/${name}`], { index })
    for (const path of FOLDERS.filter((path) => exists(git, commit, path)))
      git(['read-tree', `--prefix=${path}/`, `${commit}:${path}`], { index })
    for (const path of FILES.filter((path) => exists(git, commit, path)))
      add(git, index, path, git(['rev-parse', `${commit}:${path}`]))
    for (const path of PAGES.filter((path) => exists(git, commit, path)))
      add(
        git,
        index,
        path,
        blob(git, `${withLinks(git(['show', `${commit}:${path}`]), commit, repository)}\n`),
      )
    const workflows = reusable(git, commit)
    for (const name of workflows) {
      const path = `${WORKFLOWS}/${name}`
      const sha =
        siblings === undefined
          ? git(['rev-parse', `${commit}:${path}`])
          : blob(git, renderForServer(path, `${git(['show', `${commit}:${path}`])}\n`, siblings))
      add(git, index, path, sha)
    }
    const tree = git(['write-tree'], { index })
    prove(git, { tree, actions, workflows }, commit)
    return { tree, actions, workflows }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @throws Error when a face of the release is not what main has in dist/ */
function prove(git: Git, { tree, actions }: Released, commit: string): void {
  for (const name of actions) {
    const [face, built] = [`${tree}:${name}`, `${commit}:dist/${name}`].map((at) => git(['rev-parse', at]))
    if (face !== built) throw new Error(`${name} of the release is ${face}, dist/${name} of main is ${built}`)
  }
}

/** The workflows that others may call. */
function reusable(git: Git, commit: string): readonly string[] {
  if (!exists(git, commit, WORKFLOWS)) return []
  return names(git, commit, `${WORKFLOWS}/`).filter((name) => {
    const { on } = parse(git(['show', `${commit}:${WORKFLOWS}/${name}`])) as { readonly on?: unknown }
    return typeof on === 'object' && on !== null && 'workflow_call' in on
  })
}

function exists(git: Git, commit: string, path: string): boolean {
  return git(['ls-tree', commit, path]) !== ''
}

function names(git: Git, commit: string, folder: string): readonly string[] {
  return git(['ls-tree', '--name-only', commit, folder])
    .split('\n')
    .filter((line) => line !== '')
    .map((path) => path.slice(folder.length))
}

function blob(git: Git, text: string): string {
  return git(['hash-object', '-w', '--stdin'], { input: text })
}

function add(git: Git, index: string, path: string, sha: string): void {
  git(['update-index', '--add', '--cacheinfo', `100644,${sha},${path}`], { index })
}

/** Relative links of a page lead to the commit that is released: what they name is not in the release. */
function withLinks(markdown: string, commit: string, repository: string | undefined): string {
  if (repository === undefined) return markdown
  const at = (kind: 'blob' | 'raw'): string => `https://github.com/${repository}/${kind}/${commit}/`
  return markdown
    .replace(/(!\[[^\]]*\]\()(?![a-z]+:|#)/g, `$1${at('raw')}`)
    .replace(/((?<!!)\[[^\]]*\]\()(?![a-z]+:|#)/g, `$1${at('blob')}`)
}
