/** The ways in which an action ends that a person reads about, each played on the embedded lab. */
import {
  appDeployment,
  appService,
  appSource,
  openScene,
  startAction,
  startRegistry,
  type ActionResult,
  type Scene,
} from '@release-actions/lab'
import { buildShop } from '../demo/build.ts'
import { inRepo } from '../lib/repo.ts'

export interface Ending {
  /** A file's name: `canary-taken-back`. */
  readonly name: string
  readonly result: ActionResult
}

/** Keeps an ending under its name. */
type Keep = (name: string, done: Promise<ActionResult>) => Promise<void>

const GATES = `
- preset: golden-signals
  scrape: {port: http}
- name: up
  http: {path: /healthz, port: http}
`
const UP = '- name: up\n  http: {path: /healthz, port: http}\n'
const SOAK = { gates: GATES, soak: '3s', interval: '500ms' }
const AT_ONCE = { plan: '100', soak: '200ms' }
/** One request in three fails, once it has seen some. */
const BAD = { ERROR_RATE: '0.34', ERROR_AFTER_REQUESTS: '60' }
const MISSING = { image: 'ghcr.io/octo/shop:3' }

const GROUPS: Readonly<Record<string, (scene: Scene, keep: Keep) => Promise<void>>> = {
  canary,
  interrupted,
  bluegreen,
  rollback,
  build,
  gate,
}

/** @param wanted names of endings, or of groups; none: all @param take is given each as it comes */
export async function playEndings(wanted: readonly string[], take: (ending: Ending) => void): Promise<void> {
  const fits = (name: string): boolean =>
    wanted.length === 0 || wanted.some((each) => name === each || name.startsWith(`${each}-`))
  for (const [group, play] of Object.entries(GROUPS)) {
    const all = fits(group)
    const left = new Set(wanted.filter((each) => each.startsWith(`${group}-`)))
    if (!all && left.size === 0) continue
    await using scene = await openScene({
      dist: inRepo('dist'),
      replicas: 4,
      rate: 100,
      applied: 'client',
      app: { preStop: 'unrouted' },
      env: { DRAIN_MS: '300' },
    })
    try {
      await play(scene, async (name, done) => {
        const result = await done
        if (fits(name)) take({ name, result })
        left.delete(name)
        if (!all && left.size === 0) throw new Enough()
      })
    } catch (error) {
      if (!(error instanceof Enough)) throw error
    }
  }
}

/** The last of what was wanted of a group has been played. */
class Enough extends Error {}

async function canary(scene: Scene, keep: Keep): Promise<void> {
  const release = (name: string, order: Parameters<Scene['release']>[0]): Promise<void> =>
    keep(`canary-${name}`, scene.release({ ...order, inputs: { ...SOAK, ...order.inputs } }))
  await release('planned', { version: '2', inputs: { 'dry-run': 'true' } })
  await release('promoted', { version: '2' })
  await release('unchanged', { version: '2' })
  await release('taken-back', { version: '3', env: BAD })
  await release('image-missing', { version: '3', app: MISSING })
  await release('crashes', { version: '3', env: { EXIT_AFTER_MS: '200' }, inputs: { timeout: '10s' } })
  await release('never-ready', { version: '3', env: { NEVER_READY: '1' }, inputs: { timeout: '5s' } })
  await release('held', { version: '3', env: BAD, inputs: { plan: '5, 25', 'on-failure': 'hold' } })
  await release('advanced', { version: '4', inputs: { weight: '25' } })
  await release('older-run', { version: '3', run: { id: 5 } })
  await release('refused-input', { version: '5', inputs: { plan: '5, 25, 250' } })
  await release('refused-workload', { version: '5', inputs: { workload: 'shopp' } })
}

async function interrupted(scene: Scene, keep: Keep): Promise<void> {
  const long = { ...SOAK, plan: '25, 100', soak: '60s' }
  const cancelled = scene.start({ version: '2', inputs: long })
  await cancelled.logged(/judge at 25 %/)
  cancelled.cancel()
  await keep('interrupted-cancelled', cancelled.done)

  const older = scene.start({ version: '3', inputs: long })
  await older.logged(/judge at 25 %/)
  const newer = scene.release({ version: '4', inputs: AT_ONCE })
  try {
    await keep('interrupted-superseded', older.done)
  } finally {
    // Also when no more is wanted: it must not go on in a world that is taken down.
    await newer
  }

  const stuck = scene.start({ version: '5', env: BAD, inputs: { ...SOAK, plan: '50, 100', timeout: '4s' } })
  await stuck.logged(/judge at 50 %/)
  const refused = scene.stage.embedded?.faults.order(
    { verb: 'patch', resource: 'httproutes' },
    { kind: 'status', code: 500, message: 'etcdserver: leader changed' },
    { times: Infinity },
  )
  await keep('interrupted-way-back-failed', stuck.done)
  refused?.cancel()
}

async function bluegreen(scene: Scene, keep: Keep): Promise<void> {
  const gates = { 'pre-switch-gates': UP, 'post-switch-gates': GATES, soak: '3s', interval: '500ms' }
  const release = (name: string, order: Parameters<Scene['release']>[0]): Promise<void> =>
    keep(
      `bluegreen-${name}`,
      scene.release({ ...order, action: 'bluegreen-switch', inputs: { ...gates, ...order.inputs } }),
    )
  await release('planned', { version: '2', inputs: { 'dry-run': 'true' } })
  await release('first', { version: '2' })
  await release('switched', { version: '3' })
  await release('switched-back', { version: '4', env: BAD })
  await release('image-missing', { version: '4', app: MISSING })
  await release('held', { version: '4', env: BAD, inputs: { 'on-failure': 'hold' } })
}

async function rollback(scene: Scene, keep: Keep): Promise<void> {
  const kubeconfig = await scene.stage.roleKubeconfig()
  const back = (name: string, inputs: Readonly<Record<string, string>> = {}): Promise<void> =>
    keep(
      `rollback-${name}`,
      startAction({
        dir: inRepo('dist/rollback'),
        github: scene.github.run({ eventName: 'workflow_dispatch', workflow: 'rollback' }),
        kubeconfig,
        inputs: {
          environment: 'production',
          services: 'shop',
          reason: 'Checkout fails since the last release.',
          gates: UP,
          soak: '1s',
          interval: '300ms',
          settle: scene.stage.settle,
          drain: scene.stage.drain,
          ...inputs,
        },
      }).done,
    )
  for (const version of ['2', '3']) await scene.release({ version, inputs: AT_ONCE })
  await back('planned', { 'dry-run': 'true' })
  await back('cold')
  await back('nothing', { to: 'version:2.0.0' })
  await back('not-found', { to: 'version:9.9.9' })
  for (const version of ['4', '5'])
    await scene.release({
      action: 'bluegreen-switch',
      version,
      inputs: { 'pre-switch-gates': UP, 'post-switch-gates': UP, soak: '300ms' },
    })
  await back('warm')
  for (const name of ['cart', 'search']) {
    await scene.stage.apply(
      appSource(name),
      appDeployment({ name, version: '1', replicas: 1, preStop: 'unrouted' }),
      appService(name),
    )
    await scene.stage.rolledOut(name)
    for (const version of ['2', '3'])
      await scene.release({
        version,
        app: { name, replicas: 1, labels: { app: name } },
        inputs: { workload: name, traffic: 'replicas', ...AT_ONCE },
      })
  }
  await scene.stage.remove('Deployment', 'cart')
  await back('all', { services: 'all' })
}

async function build({ github }: Scene, keep: Keep): Promise<void> {
  const registry = await startRegistry()
  try {
    const { host } = registry
    await keep('build-built', buildShop(github, host, '2.0.0'))
    await keep('build-again', buildShop(github, host, '2.0.0'))
    await keep('build-version-taken', buildShop(github, host, '2.0.0', { readme: 'another' }))
  } finally {
    await registry.close()
  }
}

async function gate(scene: Scene, keep: Keep): Promise<void> {
  const kubeconfig = await scene.stage.roleKubeconfig()
  const judge = (name: string, gates: string): Promise<void> =>
    keep(
      `gate-${name}`,
      startAction({
        dir: inRepo('dist/health-gate'),
        github: scene.github.run(),
        kubeconfig,
        inputs: { namespace: scene.stage.namespace, workload: 'shop', gates, soak: '2s', interval: '500ms' },
      }).done,
    )
  await judge('pass', GATES)
  await judge('fail', `${GATES}- name: old page\n  http: {path: /healthz, port: http, status: 204}\n`)
  await judge(
    'inconclusive',
    '- name: queue\n  scrape: {port: http, signal: rate, counter: jobs_total}\n  max: 5\n',
  )
}
