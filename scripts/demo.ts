/**
 * `npm run demo [-- --kubeconfig PATH]`: an artifact is built, and released by its digest; releases by canary and by
 * blue/green, good ones and ones that are taken back, by themselves or by the rollback button, with the bundles in
 * `dist/` run as GitHub's runner runs them, and clients asking all the while. Without a kubeconfig everything is
 * embedded: nothing is installed, and nothing outside this machine is touched.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  clusterFromEnv,
  openScene,
  renderSummaries,
  startRegistry,
  type ClusterOptions,
  type Scene,
  type Summary,
} from '@release-actions/lab'
import { inRepo } from './lib/repo.ts'
import { buildArtifact, type Artifact } from './demo/build.ts'
import { playRelease, type Played } from './demo/play.ts'
import { printRecord } from './demo/record.ts'
import { say, title } from './demo/terminal.ts'

/** Requests a second. */
const RATE = 200

interface PodStatus {
  readonly containerStatuses?: readonly { readonly imageID: string }[]
}

const cluster = chosenCluster(process.argv.slice(2))
const began = performance.now()
await using resources = new AsyncDisposableStack()
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

const surprises: string[] = []
const summaries: Summary[] = []
const artifact = await built(scene)
if (artifact !== undefined) summaries.push({ title: 'shop 2.0.0: built', markdown: artifact.result.summary })

const steps: Played[] = []
title('Version 2: 5 → 25 → 50 → 100 %, judged at each weight')
steps.push(await playRelease(scene, { version: '2', wanted: 'promoted', image: artifact?.image }))
if (artifact !== undefined) {
  const running = await imagesOf(scene)
  say(`the pods run ${running.join(', ')}${running.join() === artifact.digest ? ': what was built' : ''}`)
  if (running.join() !== artifact.digest) surprises.push(`${artifact.digest} was built, and is not what runs`)
}

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
summaries.push(...steps.map(({ title: name, result }) => ({ title: name, markdown: result.summary })))
const about = 'What each step of the demo says on GitHub, in its order; then the record that they left there.'
writeFileSync(
  page,
  renderSummaries(summaries, { title: 'The job summaries', subtitle: about, record: scene.github }),
)
title(`Done in ${((performance.now() - began) / 1000).toFixed(0)} s`)
say(`Job summaries, as GitHub shows them: ${page}`)
for (const { title: name, decision, wanted } of steps)
  if (decision !== wanted) surprises.push(`${name} ended as ${decision}, not ${wanted}`)
const failed = steps
  .filter(({ wanted }) => wanted !== 'retreated')
  .reduce((sum, step) => sum + step.failed, 0)
if (failed > 0) surprises.push(`${failed} requests failed in a good release`)
for (const surprise of surprises) say(`UNEXPECTED: ${surprise}`)
process.exitCode = surprises.length > 0 ? 1 : 0

/** Undefined on a real cluster, whose nodes cannot pull from this process: there the manifests name the versions. */
async function built({ stage, github }: Scene): Promise<Artifact | undefined> {
  if (stage.embedded === undefined) return undefined
  title('Version 2 is built, once: from here on it is the digest that the registry reports')
  const registry = await startRegistry()
  // It lives as long as the cluster: a pod that starts anew pulls again.
  resources.defer(() => registry.close())
  stage.embedded.images.pullFrom(registry)
  return buildArtifact(github, registry.host, '2.0.0')
}

/** The digests that the pods run, as the kubelet reports them. */
async function imagesOf({ stage }: Scene): Promise<readonly string[]> {
  const pods = (await stage.list('Pod')) as readonly { readonly status?: PodStatus }[]
  const ids = pods.flatMap(({ status }) => status?.containerStatuses ?? []).map(({ imageID }) => imageID)
  return [...new Set(ids.map((id) => id.slice(id.indexOf('@') + 1)))]
}

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
