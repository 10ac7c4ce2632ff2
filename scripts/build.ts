/**
 * `npm run build [-- --check] [name …]`: bundles the actions into `dist/`. With --check nothing is written, and
 * a difference between `dist/` and the sources is an error.
 */
import { actionFolder } from './build/action-folder.ts'
import { differences, replaceFolder } from './build/freshness.ts'
import { smoke } from './build/smoke.ts'
import { actionNames } from './lib/action-yml.ts'
import { inRepo } from './lib/repo.ts'

const args = process.argv.slice(2)
const check = args.includes('--check')
const asked = args.filter((arg) => !arg.startsWith('--'))
const known = actionNames()
const unknown = asked.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  console.error(`No such action: ${unknown.join(', ')}. There are: ${known.join(', ')}.`)
  process.exit(2)
}

let failed = false
for (const name of asked.length > 0 ? asked : known) {
  const files = await actionFolder(name)
  const problems = [...(check ? differences(inRepo('dist', name), files) : [])]
  const broken = smoke(files)
  if (broken !== undefined) problems.push(broken)
  if (!check) replaceFolder(inRepo('dist', name), files)
  const size = [...files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  const start = Buffer.byteLength(files.get('index.js') ?? '')
  console.log(`dist/${name}: ${kilobytes(start)} to start, ${kilobytes(size)} in all`)
  for (const problem of problems) console.error(`dist/${name}: ${problem}`)
  failed ||= problems.length > 0
}
if (failed && check) console.error('Run `npm run build` and commit dist/.')
process.exit(failed ? 1 : 0)

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}
