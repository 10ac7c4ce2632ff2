/**
 * `npm run test:workflows [-- jest arguments]`: the reusable workflows as users call them, run by act on the tree of a
 * release, against the embedded GitHub and the embedded Kubernetes, or with RELEASE_WORLD=cluster against the cluster
 * that KUBECONFIG names. Needs act: `npm run tools`. The last line counts: `N passed, N failed`.
 */
import { missingOfCluster } from './lib/cluster.ts'
import { jest } from './lib/jest.ts'
import { closingLine } from './lib/tally.ts'
import { toolPath } from './lib/tools.ts'

const missing =
  toolPath('act') === undefined
    ? 'act is not here. `npm run tools act` builds it (it needs Go).'
    : process.env['RELEASE_WORLD'] === 'cluster'
      ? await missingOfCluster(process.env)
      : undefined
if (missing !== undefined) {
  console.error(missing)
  process.exit(2)
}

/** Last on the command line: jest takes every word after it for a project. */
const tally = await jest(['--maxWorkers=2', ...process.argv.slice(2), '--selectProjects', 'workflows'])
if (tally !== undefined) console.log(closingLine(tally))
process.exitCode = tally?.failed === 0 ? 0 : 1
