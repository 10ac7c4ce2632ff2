/** The release of this repository, made in small repositories of their own. */
import { afterEach, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { inRepo } from '../../scripts/lib/repo.ts'
import { release, type Release, type ReleaseOrder } from '../../scripts/release/release.ts'
import { compareVersions, parseVersion, printVersion, type Version } from '../../scripts/release/version.ts'

const folders: string[] = []
afterEach(() => folders.splice(0).forEach((path) => rmSync(path, { recursive: true, force: true })))

const WORKFLOW = `name: canary
on:
  workflow_call: {}
jobs:
  release:
    runs-on: ubuntu-latest
    environment: &environment { name: production, deployment: false }
    steps:
      - uses: $/canary-step
  again:
    runs-on: ubuntu-latest
    environment: *environment
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
`

const FILES = {
  LICENSE: 'MIT\n',
  'SECURITY.md': 'Say it in private. [Releases](docs/a.md) are signed.\n',
  'README.md':
    '# Shop\n\n![a picture](docs/a.png) and [a page](docs/a.md), [far away](https://example.com/)\n',
  'CHANGELOG.md': '# Changes\n\n## 1.1.0\n\nEverything is **better**.\n\n## 1.0.0\n\nIt is there.\n',
  'package.json': '{}\n',
  'docs/a.md': 'text\n',
  'schema/release-actions.schema.json': '{}\n',
  'dist/canary-step/action.yml': 'name: canary\n',
  'dist/canary-step/index.js': 'main()\n',
  'dist/health-gate/index.js': 'judge()\n',
  '.github/actions/login/action.yml': 'name: login\n',
  '.github/workflows/canary.yml': WORKFLOW,
  '.github/workflows/ci.yml': 'on: push\njobs: {}\n',
}

interface Repository {
  readonly root: string
  git(...args: readonly string[]): string
  commit(message: string, files: Readonly<Record<string, string>>): string
  release(version: string, more?: Partial<ReleaseOrder>): Promise<Release>
}

function repository(): Repository {
  const root = mkdtempSync(join(tmpdir(), 'release-test-'))
  folders.push(root)
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
  const commit = (message: string, files: Readonly<Record<string, string>>): string => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    git('add', '--all')
    git('commit', '--quiet', '--allow-empty', '--message', message)
    return git('rev-parse', 'HEAD')
  }
  git('init', '--quiet', '--initial-branch=main')
  git('config', 'user.name', 'Somebody')
  git('config', 'user.email', 'somebody@example.test')
  git('remote', 'add', 'origin', 'https://github.com/octo/release-actions.git')
  commit('Make everything', FILES)
  const order = { root, staleDist: () => Promise.resolve(undefined) }
  return { root, git, commit, release: (version, more) => release({ ...order, version, ...more }) }
}

test('lifts each action to the root, bit for bit, and leaves the rest of main behind', async () => {
  const { git, release } = repository()
  const head = git('rev-parse', 'HEAD')
  const { source, actions, workflows } = await release('1.0.0')
  expect({ source, actions, workflows }).toEqual({
    source: head,
    actions: ['canary-step', 'health-gate'],
    workflows: ['canary.yml'],
  })
  for (const action of actions)
    expect(git('rev-parse', `v1:${action}`)).toBe(git('rev-parse', `main:dist/${action}`))
  expect(git('ls-tree', '-r', '--name-only', 'v1.0.0').split('\n')).toEqual([
    '.github/actions/login/action.yml',
    '.github/workflows/canary.yml',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'canary-step/action.yml',
    'canary-step/index.js',
    'health-gate/index.js',
    'schema/release-actions.schema.json',
  ])
  expect(git('rev-parse', 'v1.0.0^{commit}^')).toBe(head)
  expect(git('rev-parse', 'HEAD')).toBe(head)
  expect(git('status', '--porcelain')).toBe('')
})

test('names siblings by this repository and version where `$/` is not known', async () => {
  const { git, release } = repository()
  await release('1.0.0')
  expect(git('show', 'v1.0.0:.github/workflows/canary.yml')).toBe(WORKFLOW.trim())
  const rendered = git('show', 'v1.0.0-ghes:.github/workflows/canary.yml')
  expect(rendered).toContain('uses: octo/release-actions/canary-step@v1.0.0')
  expect(rendered).not.toMatch(/\$\/|deployment|[&*]environment/)
  expect(rendered).toContain('# v7.0.1')
  expect(git('rev-parse', 'v1-ghes:canary-step')).toBe(git('rev-parse', 'v1:canary-step'))
})

test('has the schema of the configuration file where editors are told to look for it', async () => {
  const { git, release } = repository()
  await release('1.0.0')
  const text = readFileSync(inRepo('schema/release-actions.schema.json'), 'utf8')
  const { $id } = JSON.parse(text) as { readonly $id: string }
  const [, ref = '', path = ''] =
    /^https:\/\/raw\.githubusercontent\.com\/org\/release-actions\/([^/]+)\/(.+)$/.exec($id) ?? []
  expect(git('show', `${ref}:${path}`)).toBe('{}')
})

test('leads the links of its pages to the commit that is released', async () => {
  const { git, release } = repository()
  const { source } = await release('1.0.0')
  const at = (kind: string): string => `https://github.com/octo/release-actions/${kind}/${source}/docs`
  expect(git('show', 'v1.0.0:README.md')).toContain(
    `![a picture](${at('raw')}/a.png) and [a page](${at('blob')}/a.md), [far away](https://example.com/)`,
  )
  expect(git('show', 'v1.0.0:SECURITY.md')).toContain(`[Releases](${at('blob')}/a.md)`)
})

test('moves the tag of the major to the newest release, and to nothing else', async () => {
  const { git, commit, release } = repository()
  const at = (ref: string): string => git('rev-parse', `${ref}^{commit}`)
  await release('1.0.0')
  commit('Repair it', { 'dist/canary-step/index.js': 'main(2)\n' })
  await release('1.1.0-rc.1')
  expect(at('v1')).toBe(at('v1.0.0'))
  await release('1.1.0')
  expect(at('v1')).toBe(at('v1.1.0'))
  await release('1.0.1')
  expect(at('v1')).toBe(at('v1.1.0'))
  await release('2.0.0')
  expect([at('v1'), at('v2')]).toEqual([at('v1.1.0'), at('v2.0.0')])
  // An immutable release has a tag with its notes; the major's is a plain name.
  expect(['v1.1.0', 'v1'].map((tag) => git('cat-file', '-t', tag))).toEqual(['tag', 'commit'])
})

test('writes the notes from the changelog and the commits since the release before', async () => {
  const { git, commit, release } = repository()
  await release('1.0.0')
  commit('Judge twice\n\nOnce was not enough.\n\nBREAKING CHANGE: `gate` is `gates` now', {})
  commit('Say it better', {})
  const { notes } = await release('1.1.0')
  expect(notes).toMatch(
    /^Everything is \*\*better\*\*\.\n\n## Breaking changes\n\n- `gate` is `gates` now\n\n/,
  )
  expect(notes).toMatch(/## Commits\n\n- Judge twice \([0-9a-f]{7,}\)\n- Say it better \([0-9a-f]{7,}\)\n$/)
  expect(git('tag', '--list', '--format=%(contents)', 'v1.1.0')).toContain(notes.trim())
})

test('shows with --dry-run the very commits that it would make, and makes no tag', async () => {
  const { git, release } = repository()
  const shown = await release('1.0.0', { dryRun: true })
  expect(git('tag')).toBe('')
  const made = await release('1.0.0')
  expect(made).toEqual(shown)
  expect(git('rev-parse', 'v1.0.0^{commit}')).toBe(shown.tags['v1.0.0'])
})

test('packs what a tag holds, in a dry run the same to the bit', async () => {
  const { git, release } = repository()
  const [tried, made] = ['tried', 'made'].map((name) => join(mkdtempSync(join(tmpdir(), 'release-')), name))
  if (tried === undefined || made === undefined) throw new Error('never')
  folders.push(dirname(tried), dirname(made))
  await release('1.0.0', { dryRun: true, archive: tried })
  await release('1.0.0', { archive: made })
  for (const version of ['1.0.0', '1.0.0-ghes']) {
    const name = `release-actions-${version}`
    const list = execFileSync('tar', ['-tzf', join(made, `${name}.tar.gz`)], { encoding: 'utf8' })
    const packed = list.split('\n').filter((path) => path !== '' && !path.endsWith('/'))
    const held = git('ls-tree', '-r', '--name-only', `v${version}`).split('\n')
    expect(packed).toEqual(held.map((path) => `${name}/${path}`))
    const [first, second] = [tried, made].map((folder) => readFileSync(join(folder, `${name}.tar.gz`)))
    expect(first?.equals(second ?? Buffer.alloc(0))).toBe(true)
  }
})

test('refuses what is no release, before anything is written', async () => {
  const { root, git, commit, release } = repository()
  for (const version of ['1.0', 'v1.0.0', '1.0.0.0', '01.0.0', '1.0.0-', '1.0.0-ghes', 'latest', '']) {
    await expect(release(version)).rejects.toThrow(`"${version}" is no version`)
  }
  writeFileSync(join(root, 'LICENSE'), 'mine\n')
  await expect(release('1.0.0')).rejects.toThrow('the working tree has 1 uncommitted change, LICENSE')
  git('checkout', '--quiet', '--', 'LICENSE')
  git('checkout', '--quiet', '-b', 'feature')
  await expect(release('1.0.0')).rejects.toThrow('releases are made on main, and this is feature')
  git('checkout', '--quiet', 'main')
  await expect(
    release('1.0.0', { staleDist: () => Promise.resolve('dist/canary-step: index.js differs') }),
  ).rejects.toThrow('dist/ is not what the sources give: dist/canary-step: index.js differs')
  expect(git('tag')).toBe('')
  await release('1.0.0')
  commit('More', {})
  await expect(release('1.0.0')).rejects.toThrow('v1.0.0 is there already')
  git('remote', 'remove', 'origin')
  await expect(release('1.1.0')).rejects.toThrow('--repository owner/name')
})

test('pushes when asked to, all tags or none, and what main of origin has', async () => {
  const { git, commit, release } = repository()
  const origin = mkdtempSync(join(tmpdir(), 'release-origin-'))
  folders.push(origin)
  execFileSync('git', ['init', '--quiet', '--bare', origin])
  git('remote', 'set-url', 'origin', origin)
  const there = (): string => git('ls-remote', '--tags', '--refs', 'origin').replace(/^.*refs\/tags\//gm, '')
  const order = { push: true, repository: 'octo/release-actions' }
  await expect(release('1.0.0', order)).rejects.toThrow(/main of origin is at nothing, and here at/)
  git('push', '--quiet', 'origin', 'main')
  await release('0.9.0', { repository: 'octo/release-actions' })
  expect(there()).toBe('')
  await release('1.0.0', order)
  expect(there().split('\n')).toEqual(['v1', 'v1-ghes', 'v1.0.0', 'v1.0.0-ghes'])
  commit('More', {})
  git('push', '--quiet', 'origin', 'main')
  await release('1.1.0', order)
  expect(git('ls-remote', 'origin', 'refs/tags/v1').split('\t')[0]).toBe(git('rev-parse', 'v1.1.0^{commit}'))
  // Somebody else made that version in the meantime: nothing is moved.
  const before = git('ls-remote', 'origin', 'refs/tags/v1')
  execFileSync('git', ['tag', 'v1.2.0', 'v1.0.0'], { cwd: origin })
  commit('Yet more', {})
  git('push', '--quiet', 'origin', 'main')
  await expect(release('1.2.0', order)).rejects.toThrow(/git push/)
  expect(git('ls-remote', 'origin', 'refs/tags/v1')).toBe(before)
  expect(git('tag', '--list', 'v1.2.0')).toBe('')
})

test('orders versions as semantic versioning does', () => {
  const inOrder = [
    '0.9.9',
    '1.0.0-alpha.1',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.0',
    '1.0.0',
    '1.0.1',
    '1.1.0',
    '1.10.0',
    '2.0.0',
  ]
  const versions = inOrder
    .map((text) => parseVersion(text))
    .filter((version): version is Version => version !== undefined)
  expect(versions.map(printVersion)).toEqual(inOrder)
  for (const [left, a] of versions.entries())
    for (const [right, b] of versions.entries())
      expect(Math.sign(compareVersions(a, b))).toBe(Math.sign(left - right))
})
