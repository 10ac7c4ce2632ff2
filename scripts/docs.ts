/**
 * `npm run docs [-- --check]`: renders the inputs and outputs in each `action.yml`, `action-docs/`, and the schema of the
 * configuration file. With --check nothing is written, and a file that is not what its sources give is an error. Other
 * files in the folders are hand-written and left alone.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { declarationsOf, renderActionYml } from './docs/action-yml.ts'
import { pages } from './docs/pages.ts'
import { renderSchema } from './docs/schema.ts'
import { actionNames } from './lib/action-yml.ts'
import { inRepo } from './lib/repo.ts'

const check = process.argv.includes('--check')

// First: the pages are made from these.
for (const action of actionNames()) {
  const path = `actions/${action}/action.yml`
  put(path, await renderActionYml(readFileSync(inRepo(path), 'utf8'), await declarationsOf(action)))
}
for (const [name, text] of pages()) put(`action-docs/${name}`, text)
put('schema/release-actions.schema.json', await renderSchema())

function put(name: string, text: string): void {
  const path = inRepo(name)
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return
  if (check) {
    console.error(`${name} is not what its sources give`)
    process.exitCode = 1
  } else {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    console.log(name)
  }
}
