/** All files of `action-docs/` that are generated, from the files of the actions. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { actionNames, actionYml } from '../lib/action-yml.ts'
import { inRepo } from '../lib/repo.ts'
import { gatesPage } from './gates.ts'
import { renderIndex, renderPage } from './page.ts'

/** File contents by name in `action-docs/`. */
export function pages(): ReadonlyMap<string, string> {
  const actions = actionNames().map((action) => ({ action, yml: actionYml(action) }))
  const files = new Map([['README.md', renderIndex(actions)]])
  for (const { action, yml } of actions) {
    const parts = filesIn(inRepo('actions', action, 'docs'), '.md')
    const examples = simplestFirst(filesIn(inRepo('actions', action, 'examples'), '.yml'))
    files.set(`${action}.md`, renderPage({ action, yml, parts, examples }))
  }
  files.set('gates.md', gatesPage())
  return files
}

/** What a reader begins with. */
const SIMPLEST: ReadonlySet<string> = new Set(['first-workflow', 'button', 'smoke'])

function simplestFirst(examples: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [first] = [...examples].filter(([name]) => SIMPLEST.has(name))
  return new Map([...(first === undefined ? [] : [first]), ...examples])
}

/** Contents by file name without the ending, in the order of their names. */
function filesIn(folder: string, ending: string): ReadonlyMap<string, string> {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(ending)) : []
  return new Map(
    names.sort().map((name) => [name.slice(0, -ending.length), readFileSync(`${folder}/${name}`, 'utf8')]),
  )
}
