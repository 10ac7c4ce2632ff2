/**
 * A release of this repository as others get it: made by the release script from what the working tree holds, in a
 * repository of its own, and unpacked like the archive that a runner downloads.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { inRepo } from '../../../scripts/lib/repo.ts'
import { release, type Release } from '../../../scripts/release/release.ts'

/** What a release is made of, and what the script wants to see. */
const SOURCES = ['.github', 'LICENSE', 'README.md', 'SECURITY.md', 'CHANGELOG.md', 'schema']

/** The bundles of this repository, or those of another folder. */
const DIST = process.env['RELEASE_DIST'] ?? inRepo('dist')

export const REPOSITORY = 'org/release-actions'

export interface Published extends Disposable {
  readonly made: Release
  /** A copy of this repository, with the release's tags. */
  readonly source: string
  /** @returns a folder with the tree of a tag */
  unpack(tag: string): string
}

/** A repository on `main` with all that a release is made of. */
export function copyOfThisRepository(): string {
  const root = mkdtempSync(join(tmpdir(), 'release-source-'))
  for (const path of SOURCES.filter((path) => existsSync(inRepo(path)))) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    cpSync(inRepo(path), join(root, path), { recursive: true })
  }
  cpSync(DIST, join(root, 'dist'), { recursive: true })
  initialise(root, 'Make everything')
  return root
}

export async function publish(version: string): Promise<Published> {
  const source = copyOfThisRepository()
  const folders = [source]
  const made = await release({
    root: source,
    version,
    repository: REPOSITORY,
    staleDist: () => Promise.resolve(undefined),
  })
  return {
    made,
    source,
    unpack(tag) {
      const folder = mkdtempSync(join(tmpdir(), 'release-tree-'))
      folders.push(folder)
      const archive = execFileSync('git', ['archive', tag], { cwd: source, maxBuffer: 256 * 1024 * 1024 })
      execFileSync('tar', ['-x', '-C', folder], { input: archive })
      return folder
    },
    [Symbol.dispose]: () => folders.forEach((path) => rmSync(path, { recursive: true, force: true })),
  }
}

/** Makes the folder a repository with one commit on `main`. @returns the commit */
export function initialise(root: string, message: string): string {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
  git('init', '--quiet', '--initial-branch=main')
  git('config', 'user.name', 'Somebody')
  git('config', 'user.email', 'somebody@example.test')
  git('add', '--all')
  git('commit', '--quiet', '--message', message)
  return git('rev-parse', 'HEAD')
}
