/**
 * `npm run test:docker [-- jest arguments]`: what only a real Docker engine and a real registry show. The last line
 * counts: `N passed, N failed`.
 *
 * REGISTRY (127.0.0.1:5000): a registry that anybody may push to, by plain HTTP. KUBECONFIG: a cluster that can pull
 * from it; without one the test that runs what was built is skipped, and says so.
 */
import { spawnSync } from 'node:child_process'
import { jest } from './lib/jest.ts'
import { closingLine } from './lib/tally.ts'

process.env['REGISTRY'] ??= '127.0.0.1:5000'
const missing = await missingOfDocker(process.env['REGISTRY'])
if (missing !== undefined) {
  console.error(missing)
  process.exit(2)
}
// The scenes ask this, which world they play in.
process.env['RELEASE_WORLD'] = 'cluster'

const tally = await jest(['--runInBand', ...process.argv.slice(2), '--selectProjects', 'docker'])
if (tally !== undefined) console.log(closingLine(tally))
process.exitCode = tally?.failed === 0 ? 0 : 1

/** @returns what is missing, in words; undefined when all is there */
async function missingOfDocker(registry: string): Promise<string | undefined> {
  const engine = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { encoding: 'utf8' })
  if (engine.status !== 0)
    return `No Docker engine answers: ${engine.error?.message ?? engine.stderr.trim()}. The docker tests need one.`
  const answers = await fetch(`http://${registry}/v2/`, { signal: AbortSignal.timeout(5_000) }).then(
    ({ status }) => status === 200,
    () => false,
  )
  return answers
    ? undefined
    : `No registry answers at http://${registry}/v2/. Start one (docker run -p 5000:5000 registry:2), or set REGISTRY.`
}
