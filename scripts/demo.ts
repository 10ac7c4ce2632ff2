/**
 * `npm run demo [-- --kubeconfig PATH]`: releases by canary and by blue/green, good ones and ones that are taken back, by
 * themselves or by the rollback button, with the bundles in `dist/` run as GitHub's runner runs them, and clients asking all the while. Without a kubeconfig everything is
 * embedded: nothing is installed, and nothing outside this machine is touched.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { clusterFromEnv, openScene, renderSummaries, type ClusterOptions } from '@release-actions/lab'
import { inRepo } from './lib/repo.ts'
import { playRelease, type Played } from './demo/play.ts'
import { printRecord } from './demo/record.ts'
import { say, title } from './demo/terminal.ts'

/** Requests a second. */
const RATE = 200

const cluster = chosenCluster(process.argv.slice(2))
const began = performance.now()
await using scene = await openScene({
  cluster,
  dist: inRepo('dist'),
  replicas: 4,
  rate: RATE,
  applied: 'client',
})
title(`A Kubernetes, a GitHub, and clients that ask ${RATE} times a second`)
say(
  `${cluster === undefined ? 'Embedded: real HTTP on loopback' : `Real cluster: ${cluster.kubeconfig}`}; version 1 of "shop" serves on 4 pods.`,
)

const steps: Played[] = []
title('Version 2: 5 → 25 → 50 → 100 %, judged at each weight')
steps.push(await playRelease(scene, { version: '2', wanted: 'promoted' }))
title('Version 3 fails one request in three once it has 25 %')
steps.push(
  await playRelease(scene, {
    version: '3',
    wanted: 'retreated',
    env: { ERROR_RATE: '0.34', ERROR_AFTER_REQUESTS: '60' },
  }),
)

title('Version 4 by blue/green: beside the old one, judged, then all of the traffic in one patch')
steps.push(await playRelease(scene, { action: 'bluegreen-switch', version: '4', wanted: 'switched' }))
title('Somebody presses the rollback button: back to the last verified version, which is still warm')
steps.push(await playRelease(scene, { action: 'rollback', version: '2', wanted: 'rolled-back' }))
title('Version 5 fails once it serves: patched back')
steps.push(
  await playRelease(scene, {
    action: 'bluegreen-switch',
    version: '5',
    wanted: 'retreated',
    env: { ERROR_RATE: '0.34', ERROR_AFTER_REQUESTS: '60' },
  }),
)

title('The record, as GitHub holds it')
printRecord(scene.github)

const folder = inRepo('demo-output')
mkdirSync(folder, { recursive: true })
const page = join(folder, 'index.html')
writeFileSync(
  page,
  renderSummaries(steps.map(({ title: name, result }) => ({ title: name, markdown: result.summary }))),
)
title(`Done in ${((performance.now() - began) / 1000).toFixed(0)} s`)
say(`Job summaries, as GitHub shows them: ${page}`)
const surprises = steps.filter(({ decision, wanted }) => decision !== wanted)
for (const { title: name, decision, wanted } of surprises)
  say(`UNEXPECTED: ${name} ended as ${decision}, not ${wanted}`)
const failed = steps
  .filter(({ wanted }) => wanted !== 'retreated')
  .reduce((sum, step) => sum + step.failed, 0)
if (failed > 0) say(`UNEXPECTED: ${failed} requests failed in a good release`)
process.exitCode = surprises.length > 0 || failed > 0 ? 1 : 0

function chosenCluster(args: readonly string[]): ClusterOptions | undefined {
  const at = args.indexOf('--kubeconfig')
  const path =
    at < 0 ? args.find((arg) => arg.startsWith('--kubeconfig='))?.slice('--kubeconfig='.length) : args[at + 1]
  const known = args.every((arg, i) => arg.startsWith('--kubeconfig') || (at >= 0 && i === at + 1))
  if (!known || (at >= 0 && path === undefined)) {
    console.error('Usage: npm run demo [-- --kubeconfig PATH]')
    console.error(
      'With a cluster: GATEWAY_CLASS, GATEWAY_PORT and GATEWAY_URL name its Gateway (default: Traefik on http://127.0.0.1:8000).',
    )
    process.exit(2)
  }
  return path === undefined ? undefined : clusterFromEnv({ ...process.env, KUBECONFIG: path })
}
