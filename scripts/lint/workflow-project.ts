/**
 * Every workflow that we run, publish or print, as a project that actionlint can check whole: `$/canary-step` and
 * `org/release-actions/canary-step@v1` become local paths, so that the inputs of our own actions and workflows are checked
 * as well, which actionlint does for local ones only. Line numbers stay.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import { actionNames } from '../lib/action-yml.ts'
import { inRepo } from '../lib/repo.ts'

export interface WorkflowText {
  /** Where it is, for people: a path, with a line for a block of Markdown. */
  readonly source: string
  readonly text: string
}

/** Folders whose YAML files are workflows. */
function workflowFolders(): readonly string[] {
  const examples = actionNames().map((name) => `actions/${name}/examples`)
  return ['.github/workflows', 'examples', ...examples].filter((path) => existsSync(inRepo(path)))
}

/** Folders whose Markdown shows workflows. */
const MARKDOWN = ['.', 'docs', 'docs/guides', 'action-docs']

/** All of them: files, and the blocks of pages. */
export function workflowTexts(): readonly WorkflowText[] {
  const files = workflowFolders().flatMap((folder) =>
    named(folder, /\.ya?ml$/).map((source) => ({ source, text: readFileSync(inRepo(source), 'utf8') })),
  )
  const pages = MARKDOWN.filter((path) => existsSync(inRepo(path))).flatMap((folder) =>
    named(folder, /\.md$/),
  )
  return [...files, ...pages.flatMap(blocksOf)]
}

/** The YAML blocks of a page that are whole workflows, padded so that lines keep their numbers. */
function blocksOf(page: string): readonly WorkflowText[] {
  const markdown = readFileSync(inRepo(page), 'utf8')
  return [...markdown.matchAll(/^```ya?ml\n([^]*?)^```/gm)].flatMap((match) => {
    const text = match[1] ?? ''
    if (!isWorkflow(text)) return []
    const line = markdown.slice(0, match.index).split('\n').length
    return [{ source: `${page}:${line + 1}`, text }]
  })
}

function isWorkflow(text: string): boolean {
  try {
    const value: unknown = parse(text)
    return typeof value === 'object' && value !== null && 'on' in value && 'jobs' in value
  } catch {
    // A block that is no YAML is no workflow: a page may show what is wrong.
    return false
  }
}

/** Where a workflow is in a project. Our own keep their names, by which they call each other; others have their path. */
export function fileName(source: string): string {
  const own = '.github/workflows/'
  return source.startsWith(own) ? source.slice(own.length) : `${source.replace(/[^a-zA-Z0-9]+/g, '-')}.yml`
}

/** Writes a project whose workflows name our actions by local paths, and those actions. */
export function writeProject(folder: string, texts: readonly WorkflowText[]): void {
  mkdirSync(join(folder, '.git'), { recursive: true })
  for (const name of actionNames()) {
    const yml = readFileSync(inRepo('actions', name, 'action.yml'), 'utf8')
    write(join(folder, name, 'action.yml'), yml)
    const { runs } = parse(yml) as { readonly runs: Readonly<Record<string, string>> }
    for (const file of [runs['main'], runs['post']].filter((file) => file !== undefined))
      write(join(folder, name, file), '')
  }
  cpSync(inRepo('.github/actions'), join(folder, '.github/actions'), { recursive: true })
  for (const { source, text } of texts)
    write(join(folder, '.github/workflows', fileName(source)), local(text))
}

/** Writes a project whose workflows are as they are. */
export function writeProjectAsItIs(folder: string, texts: readonly WorkflowText[]): void {
  cpSync(inRepo('.github/actions'), join(folder, '.github/actions'), { recursive: true })
  for (const { source, text } of texts) write(join(folder, '.github/workflows', fileName(source)), text)
}

/** Our own actions and workflows, by local paths. */
function local(text: string): string {
  return text
    .replace(/(uses: *['"]?)\$\//g, '$1./')
    .replace(/(uses: *['"]?)org\/release-actions\/([\w./-]+)@v\d[\w.-]*/g, '$1./$2')
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function named(folder: string, pattern: RegExp): readonly string[] {
  return readdirSync(inRepo(folder))
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => (folder === '.' ? name : `${folder}/${name}`))
}
