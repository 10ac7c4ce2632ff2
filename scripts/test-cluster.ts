/**
 * `npm run test:cluster [-- --few | jest arguments]`: what only a real Kubernetes shows, on the one that KUBECONFIG names, with
 * a Gateway API implementation and, where there is one, a Prometheus. The last line counts: `N passed, N failed`.
 *
 * GATEWAY_CLASS (traefik), GATEWAY_PORT (8000: the listener's), GATEWAY_URL (http://127.0.0.1:8000: from here)
 * PROMETHEUS_URL (http://127.0.0.1:9090); without one its tests are skipped, and say so
 *
 * --few is for CI: it leaves out four minutes of scenarios that stand on nothing of the cluster's but its API server, and
 * plays what is measured two at a time, three minutes shorter: what must hold holds all the same, but the figures that
 * it prints are of a busy machine.
 */
import { jest } from './lib/jest.ts'
import { missingOfCluster } from './lib/cluster.ts'
import { closingLine, type Tally } from './lib/tally.ts'

/**
 * Scenarios that play in both worlds, and that a data plane, a kubelet or an API server of its own might end otherwise.
 * The longest of blue/green and rollback play on a cluster when they are named, as any other does; what they end with is
 * measured below, under load.
 */
const SCENARIOS = [
  'bluegreen-httproute',
  'bluegreen-not-ready',
  'bluegreen-released',
  'cancelled',
  'missing-permission',
  'neighbours',
  'promoted-by-replicas',
  'rollback-to-the-last-verified',
  'taken-back-for-its-pods',
]
/** What these end with is the API server's doing alone: versions, conflicts, server-side apply, garbage collection. */
const OF_THE_API = [
  'bluegreen-followers',
  'in-several-runs',
  'manifests-released',
  'somebody-else-interferes',
  'two-runs',
]

/** These print figures: times and shares. Nothing else runs beside them, but for --few. */
const MEASURED = '(release-under-load|bluegreen-under-load|rollback-under-load|bad-release)[.]test'
/** The others mostly wait: for pods, and for a router to settle. */
const SIDE_BY_SIDE = 4

const missing = await missingOfCluster(process.env)
if (missing !== undefined) {
  console.error(missing)
  process.exit(2)
}

// The scenarios ask this, which world they play in.
process.env['RELEASE_WORLD'] = 'cluster'
/** Last on the command line: jest takes every word after it for a project. */
const PROJECTS = ['--selectProjects', 'cluster', 'scenarios', 'long']
const few = process.argv.includes('--few')
const asked = process.argv.slice(2).filter((arg) => arg !== '--few')
const scenarios = few ? SCENARIOS : [...SCENARIOS, ...OF_THE_API]
const parts =
  asked.length > 0
    ? [['--runInBand', ...asked]]
    : [
        ['--maxWorkers', few ? '2' : '1', '--testPathPatterns', `test/cluster/${MEASURED}`],
        [
          '--maxWorkers',
          String(SIDE_BY_SIDE),
          '--testPathPatterns',
          // Not by --testPathIgnorePatterns: that would take the place of the projects' own, and play the long ones twice.
          `test/cluster/(?!${MEASURED})`,
          `test/scenarios/(${scenarios.join('|')})[.]test`,
        ],
      ]

const tallies: (Tally | undefined)[] = []
for (const part of parts) tallies.push(await jest([...part, ...PROJECTS]))
const total = tallies.reduce<Tally>(
  (sum, part) => ({
    passed: sum.passed + (part?.passed ?? 0),
    failed: sum.failed + (part?.failed ?? 1),
    skipped: sum.skipped + (part?.skipped ?? 0),
  }),
  { passed: 0, failed: 0, skipped: 0 },
)
console.log(closingLine(total))
process.exitCode = total.failed === 0 ? 0 : 1
