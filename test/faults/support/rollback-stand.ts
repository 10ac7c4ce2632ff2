import {
  appDeployment,
  appRoute,
  appService,
  appSource,
  startLoad,
  type ActionResult,
  type Load,
  type ReleaseOrder,
  type RunningAction,
} from '@release-actions/lab'
import { startRollback } from '../../support/rollback.ts'
import { BRIEF_PODS, openScene, type Scene } from '../../support/scene.ts'
import type { Place } from './killing.ts'
import { watchSwitch } from './switch-witness.ts'
import { watchOver, type Witness } from './witness.ts'

// Two services behind a router, each in the state from which one way back begins; clients ask both, and all that must
// never happen is watched.

/** How a service stands before the rollback. */
type Standing =
  /** Version 2 and then 3 were promoted: the workload is set back. */
  | 'promoted'
  /** A canary with version 3 has half of the traffic. */
  | 'flying'
  /** Switched to version 3; the colour with version 2 is warm. */
  | 'warm'
  /** The same, but the colour with version 2 has no pods any more. */
  | 'cold'
  /** Switched to version 3, and the process that soaked it is gone. */
  | 'switching'

export type Way = 'redeployed' | 'ended' | 'switched' | 'aborted'

interface Scenery {
  readonly shop: Standing
  readonly cart: Standing
  readonly inputs: Readonly<Record<string, string>>
}

const hook = (name: string): string => `{name: ${name}, image: node:24-alpine, command: [node, -e, '']}`
const HOOKS = `before: [${hook('down')}]\nafter: [${hook('flush')}]\n`
const UP = '- name: up\n  http: {path: /, port: 8080}\n'

const SCENERY: Readonly<Record<Way, Scenery>> = {
  redeployed: {
    shop: 'promoted',
    cart: 'promoted',
    inputs: { services: 'shop, cart', hooks: HOOKS, gates: UP },
  },
  ended: { shop: 'flying', cart: 'promoted', inputs: { services: 'all' } },
  switched: { shop: 'warm', cart: 'cold', inputs: { services: 'shop, cart', gates: UP } },
  aborted: { shop: 'flying', cart: 'switching', inputs: { services: 'all', abort: 'true' } },
}

export const WAYS = Object.keys(SCENERY) as readonly Way[]
export const SERVICES = ['shop', 'cart'] as const
export type Service = (typeof SERVICES)[number]

/** The rollback's run: newer than those of the releases before it. */
const ROLLBACK_RUN = 7300
/** Tiny waits: what is tested is what happens, not how long it may take. */
const BRIEF = { settle: '200ms', drain: '300ms' } as const

export interface RollbackStand extends Place, AsyncDisposable {
  start(attempt: number): Promise<RunningAction>
  run(attempt: number): Promise<ActionResult>
  /** What must never happen and did; the load has ended then. */
  violations(): Promise<readonly string[]>
}

export async function openRollbackStand(way: Way): Promise<RollbackStand> {
  const { inputs, ...standings } = SCENERY[way]
  const scene = await openScene({ applied: 'client', rate: 0 })
  const { stage } = scene
  const kubernetes = stage.embedded
  if (kubernetes === undefined) throw new Error('faults are ordered on the embedded Kubernetes only')
  await addCart(scene)
  const watched = SERVICES.map((service) => {
    const between = ['promoted', 'flying'].includes(standings[service]) ? watchOver : watchSwitch
    const witness = between(kubernetes, stage.namespace, service)
    return { witness, load: loadOf(scene, service) }
  })
  const all = (each: (watch: { witness: Witness; load: Load }) => Promise<unknown>): Promise<unknown> =>
    Promise.all(watched.map(each))
  const stop = (): Promise<unknown> => all(({ load }) => load.stop())

  async function start(attempt: number): Promise<RunningAction> {
    return startRollback(scene, { run: { id: ROLLBACK_RUN, attempt }, inputs: { ...BRIEF, ...inputs } })
  }

  await Promise.all(SERVICES.map((service) => prepare(scene, service, standings[service])))
  return {
    scene,
    kubernetes,
    start,
    run: async (attempt) => (await start(attempt)).done,
    async violations() {
      await stop()
      return watched.flatMap(({ witness, load }) => witness.violations(load))
    },
    async [Symbol.asyncDispose]() {
      watched.forEach(({ witness }) => witness.stop())
      await stop()
      await scene[Symbol.asyncDispose]()
    },
  }
}

const hostOf = ({ stage, host }: Scene, service: Service): string =>
  service === 'shop' ? host : `${service}.${stage.namespace}.example.test`

async function addCart(scene: Scene): Promise<void> {
  const { stage } = scene
  const app = appDeployment({ name: 'cart', version: '1', replicas: 2, ...BRIEF_PODS })
  const host = hostOf(scene, 'cart')
  for (const object of [appSource('cart'), app, appService('cart'), appRoute('cart', host)]) {
    const refused = await stage.applyAs('client', object)
    if (refused !== undefined) throw new Error(`${object.kind} was refused: ${refused}`)
  }
  await stage.rolledOut('cart')
  await stage.answers(host)
}

function loadOf(scene: Scene, service: Service): Load {
  return startLoad({
    url: scene.stage.gatewayUrl,
    host: hostOf(scene, service),
    rate: 30,
    keepAlive: true,
    timeoutMs: 30_000,
    versionOf: ({ headers }) => `${String(headers['x-version'])} of ${String(headers['x-pod'])}`,
  })
}

async function prepare(scene: Scene, service: Service, standing: Standing): Promise<void> {
  const canary = { traffic: `httproute/${service}`, plan: '100' }
  switch (standing) {
    case 'promoted':
      await release(scene, service, '2', canary, 'promoted')
      return release(scene, service, '3', canary, 'promoted')
    case 'flying':
      await release(scene, service, '2', canary, 'promoted')
      return release(scene, service, '3', { ...canary, plan: '50, 100', weight: '50' }, 'advanced')
    case 'warm':
    case 'cold': {
      const keep = standing === 'warm' ? '1h' : '0s'
      await release(scene, service, '2', { keep }, 'switched')
      return release(scene, service, '3', { keep }, 'switched')
    }
    case 'switching': {
      await release(scene, service, '2', {}, 'switched')
      const soaking = scene.start(orderOf(service, '3', { soak: '120s' }))
      await soaking.logged(/after the switch/)
      soaking.lose()
      await soaking.done
    }
  }
}

async function release(
  scene: Scene,
  service: Service,
  version: '2' | '3',
  inputs: Readonly<Record<string, string>>,
  decision: string,
): Promise<void> {
  const done = await scene.release(orderOf(service, version, inputs))
  if (done.outputs['decision'] !== decision)
    throw new Error(`${service} ${version} was not ${decision}:\n${done.log}`)
}

function orderOf(
  service: Service,
  version: '2' | '3',
  inputs: Readonly<Record<string, string>>,
): ReleaseOrder {
  return {
    version,
    ...('traffic' in inputs ? {} : { action: 'bluegreen-switch' }),
    run: { id: version === '2' ? 7100 : 7200 },
    app: { name: service, labels: { app: service } },
    inputs: { ...BRIEF, workload: service, soak: '200ms', ...inputs },
  }
}
