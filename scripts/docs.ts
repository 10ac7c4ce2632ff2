/**
 * `npm run docs [-- --check]`: renders `action-docs/`. With --check nothing is written, and a page that is not
 * what its sources give is an error. Other files in the folder are hand-written and left alone.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { pages } from './docs/pages.ts'
import { inRepo } from './lib/repo.ts'

const check = process.argv.includes('--check')
mkdirSync(inRepo('action-docs'), { recursive: true })
for (const [name, text] of pages()) {
  const path = inRepo('action-docs', name)
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  if (check) {
    console.error(`action-docs/${name} is not what its sources give`)
    process.exitCode = 1
  } else {
    writeFileSync(path, text)
    console.log(`action-docs/${name}`)
  }
}
