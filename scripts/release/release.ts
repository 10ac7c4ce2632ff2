/**
 * A release of this repository: a commit on top of main that holds only what runners download, the tags that name it,
 * and its notes. Everything is refused before anything is written; nothing is pushed unless asked for.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { gitOf, resolved, type Git } from './git.ts'
import { notesOf } from './notes.ts'
import { writeReleaseTree } from './tree.ts'
import { compareVersions, parseVersion, printVersion, versionsOf, type Version } from './version.ts'

export interface ReleaseOrder {
  readonly root: string
  /** `1.2.3` */
  readonly version: string
  /** Says what would be, and makes no tag. */
  readonly dryRun?: boolean
  /** Pushes the tags to `origin`. */
  readonly push?: boolean
  /** A folder for what is downloaded by hand: each version's tree, packed. Also of a dry run, whose commits are the same. */
  readonly archive?: string
  /** `owner/name`; default: from the address of `origin`. */
  readonly repository?: string
  /** @returns what is wrong with dist/, undefined when it is what the sources give */
  readonly staleDist: () => Promise<string | undefined>
}

export interface Release {
  readonly version: string
  /** The commit of main. */
  readonly source: string
  readonly repository: string
  /** Tags by name, with the commit that each names; the major's only when it moves. */
  readonly tags: Readonly<Record<string, string>>
  readonly actions: readonly string[]
  readonly workflows: readonly string[]
  /** Markdown */
  readonly notes: string
}

/** @throws Error that says in one sentence why there is no release */
export async function release(order: ReleaseOrder): Promise<Release> {
  const git = gitOf(order.root)
  const version = parseVersion(order.version)
  if (version === undefined) {
    throw new Error(`"${order.version}" is no version: 1.2.3 or 1.2.3-rc.1, without a v, is legal`)
  }
  const known = versionsOf(git(['tag', '--list']).split('\n'))
  const source = checkedSource(git, version, known)
  const repository = order.repository ?? repositoryOf(git)
  if (repository === undefined) {
    throw new Error('origin is no GitHub repository; say --repository owner/name')
  }
  const stale = await order.staleDist()
  if (stale !== undefined) throw new Error(`dist/ is not what the sources give: ${stale}`)
  if (order.push === true) checkPushed(git, source)

  const name = `v${printVersion(version)}`
  const common = { commit: source, repository }
  const main = writeReleaseTree(git, common)
  const server = writeReleaseTree(git, { ...common, siblings: { repository, ref: name } })
  const before = known
    .filter((one) => compareVersions(one, version) < 0)
    .sort(compareVersions)
    .at(-1)
  const notes = notesOf(git, {
    version: printVersion(version),
    commit: source,
    since: before === undefined ? undefined : `v${printVersion(before)}`,
  })
  const commits = {
    [name]: commitOf(git, main.tree, source, `Release ${name}`),
    [`${name}-ghes`]: commitOf(git, server.tree, source, `Release ${name} for GitHub Enterprise Server`),
  }
  if (order.archive !== undefined) pack(git, commits, order.archive)
  const moving = movesMajor(version, known)
    ? {
        [`v${version.major}`]: commits[name] ?? '',
        [`v${version.major}-ghes`]: commits[`${name}-ghes`] ?? '',
      }
    : {}
  const done = { version: printVersion(version), source, repository, tags: { ...commits, ...moving }, notes }
  if (order.dryRun !== true) {
    const tags = { versions: commits, majors: moving }
    const before = Object.keys(moving).map((tag) => [tag, resolved(git, `refs/tags/${tag}`)] as const)
    setTags(git, tags, notes)
    if (order.push === true) {
      try {
        push(git, tags)
      } catch (error) {
        // As if it had not been tried: what is not published must not look released.
        git(['tag', '--delete', ...Object.keys(commits)])
        for (const [tag, sha] of before)
          git(sha === undefined ? ['tag', '--delete', tag] : ['tag', '--force', tag, sha])
        throw error
      }
    }
  }
  return { ...done, actions: main.actions, workflows: main.workflows }
}

/** @returns the commit to release @throws Error when the repository is in no state for it */
function checkedSource(git: Git, version: Version, known: readonly Version[]): string {
  const branch = git(['rev-parse', '--abbrev-ref', 'HEAD'])
  if (branch !== 'main') throw new Error(`releases are made on main, and this is ${branch}`)
  const dirty = git(['status', '--porcelain'])
    .split('\n')
    .filter((line) => line !== '')
  if (dirty.length > 0) {
    const what = dirty.length === 1 ? 'change,' : 'changes, such as'
    throw new Error(`the working tree has ${dirty.length} uncommitted ${what} ${dirty[0]?.slice(3) ?? ''}`)
  }
  if (known.some((one) => compareVersions(one, version) === 0)) {
    throw new Error(`v${printVersion(version)} is there already, and a release is never changed`)
  }
  return git(['rev-parse', 'HEAD'])
}

/** `v1` names the newest release of its major: no pre-release, and no patch of an older minor. */
function movesMajor(version: Version, known: readonly Version[]): boolean {
  if (version.pre !== undefined) return false
  return known.every(
    (one) => one.major !== version.major || one.pre !== undefined || compareVersions(one, version) < 0,
  )
}

/** A commit with the time of main's, so that the same release is the same commit, also when it is only tried. */
function commitOf(git: Git, tree: string, parent: string, message: string): string {
  const date = git(['log', '-1', '--format=%cI', parent])
  return git(['commit-tree', tree, '-p', parent, '-m', message], { date })
}

/** `release-actions-1.2.3.tar.gz` for each commit, of which the same one gives the same bits. */
function pack(git: Git, commits: Readonly<Record<string, string>>, folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const [tag, commit] of Object.entries(commits)) {
    const name = `release-actions-${tag.slice(1)}`
    const output = join(folder, `${name}.tar.gz`)
    git(['archive', '--format=tar.gz', `--prefix=${name}/`, `--output=${output}`, commit])
  }
}

/** `owner/name` of the address of `origin`. */
function repositoryOf(git: Git): string | undefined {
  if (!git(['remote']).split('\n').includes('origin')) return undefined
  const url = git(['remote', 'get-url', 'origin'])
  const [, repository] = /[/:]([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(url) ?? []
  return repository
}

/** @throws Error when origin does not have the commit at the head of main */
function checkPushed(git: Git, source: string): void {
  const [there = 'nothing'] = git(['ls-remote', 'origin', 'refs/heads/main']).split(/\s/)
  if (there !== source) {
    throw new Error(
      `main of origin is at ${there === '' ? 'nothing' : there}, and here at ${source}: push or pull first`,
    )
  }
}

interface Tags {
  /** `v1.2.3` and its rendering, with the commit of each. */
  readonly versions: Readonly<Record<string, string>>
  /** `v1` and its rendering; empty when they stay. */
  readonly majors: Readonly<Record<string, string>>
}

function setTags(git: Git, { versions, majors }: Tags, notes: string): void {
  for (const [tag, commit] of Object.entries(versions)) {
    // As it is: git would take headings of Markdown for comments.
    git(['tag', '--annotate', '--cleanup=verbatim', '--file=-', tag, commit], { input: `${tag}\n\n${notes}` })
  }
  for (const [tag, commit] of Object.entries(majors)) git(['tag', '--force', tag, commit])
}

/** All tags or none. A version's is never forced; the major's is what moves. */
function push(git: Git, { versions, majors }: Tags): void {
  git([
    'push',
    '--atomic',
    'origin',
    ...Object.keys(versions).map((tag) => `refs/tags/${tag}`),
    ...Object.keys(majors).map((tag) => `+refs/tags/${tag}`),
  ])
}
