/**
 * `npm run test:cluster [-- jest arguments]`: the tests that need a real Kubernetes, the one that KUBECONFIG
 * names. One after another: they measure times and shares. The last line counts: `N passed, N failed`.
 */
import { existsSync } from 'node:fs'
import { delimiter } from 'node:path'
import { jest } from './lib/jest.ts'
import { closingLine } from './lib/tally.ts'

const files = (process.env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '')
const absent = files.filter((path) => !existsSync(path))
if (files.length === 0 || absent.length > 0) {
  const why =
    files.length === 0 ? 'KUBECONFIG is not set' : `KUBECONFIG names ${absent.join(', ')}, which is not there`
  console.error(`${why}. The cluster tests need a cluster on which they may create and delete namespaces.`)
  process.exit(2)
}

// The scenarios ask this, which world they play in.
process.env['RELEASE_WORLD'] = 'cluster'
const tally = await jest([
  '--selectProjects',
  'cluster',
  '--runInBand',
  '--passWithNoTests',
  ...process.argv.slice(2),
])
if (tally !== undefined) console.log(closingLine(tally))
process.exitCode = tally?.failed === 0 ? 0 : 1
