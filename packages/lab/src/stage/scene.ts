import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { startGitHub, type EmbeddedGitHub, type RunOrder } from '../github/index.ts'
import { startLoad, type Load } from '../load/index.ts'
import { startAction, type ActionResult, type RunningAction } from '../runner/index.ts'
import type { Applying } from './client-side-apply.ts'
import { appDeployment, appRoute, appService, appSource, type AppOptions, type Manifest } from './objects.ts'
import { openStage, type ClusterOptions } from './open-stage.ts'
import type { Stage } from './stage.ts'

export interface SceneOptions {
  /** A real cluster; default: an embedded one of its own. */
  readonly cluster?: ClusterOptions | undefined
  /** The folder with the bundled actions: `dist`. */
  readonly dist: string
  readonly name?: string
  readonly replicas?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  /** Requests a second through the gateway; 0: none. */
  readonly rate?: number
  /** Changes the route before it is applied. */
  readonly route?: (route: Manifest) => Manifest
  readonly app?: Partial<AppOptions>
  readonly traffic?: 'route' | 'replicas'
  /** How version 1 was applied. Default: server-side with force, as another tool than kubectl. */
  readonly applied?: Applying
}

export interface ReleaseOrder {
  readonly version: string
  /** The new version's behaviour. */
  readonly env?: Readonly<Record<string, string>>
  readonly inputs?: Readonly<Record<string, string>>
  readonly run?: RunOrder
  readonly app?: Partial<AppOptions>
  /** Further objects of the new version, beside its Deployment. */
  readonly objects?: readonly Manifest[]
  readonly action?: string
  readonly kubeconfig?: string
  /** The job's `env:`. */
  readonly jobEnv?: Readonly<Record<string, string>>
  readonly cancelAfter?: number
  readonly debug?: boolean
  readonly onLine?: (line: string) => void
}

/** Version 1 of the app, live behind a route, with clients asking; and the means to release the next one. */
export interface Scene extends AsyncDisposable {
  readonly stage: Stage
  readonly github: EmbeddedGitHub
  readonly name: string
  readonly host: string
  readonly load: Load | undefined
  /** Starts canary-step (or another action) as the runner does, as exactly the documented Role. */
  start(order: ReleaseOrder): RunningAction
  release(order: ReleaseOrder): Promise<ActionResult>
  /** The user's Deployment of that version, as the manifest has it. */
  deployment(order: Pick<ReleaseOrder, 'version' | 'env' | 'app'>): Manifest
}

/** Short soaks, so that a scenario takes seconds: what is tested is what happens, not how long it may take. */
export const QUICK = {
  plan: '5, 25, 50, 100',
  'warm-up': '0s',
  soak: '600ms',
  interval: '200ms',
  timeout: '30s',
} as const

/** The same for a switch. */
export const QUICK_SWITCH = {
  'warm-up': '0s',
  soak: '600ms',
  interval: '200ms',
  timeout: '30s',
} as const

export async function openScene(options: SceneOptions): Promise<Scene> {
  const { name = 'shop', replicas = 2, rate = 60, traffic = 'route' } = options
  const stage = await openStage(options.cluster)
  const github = await startGitHub()
  const host = `${stage.namespace}.example.test`
  const labels = options.labels ?? { app: name }
  const app = (
    version: string,
    more: Partial<AppOptions> = {},
    env: Readonly<Record<string, string>> = {},
  ): Manifest =>
    appDeployment({
      name,
      version,
      replicas,
      labels,
      ...options.app,
      ...more,
      env: { ...options.env, ...env },
    })
  const route = appRoute(name, host)
  for (const object of [
    appSource(name),
    app('1'),
    appService(name, labels),
    ...(traffic === 'route' ? [options.route?.(route) ?? route] : []),
  ]) {
    const refused =
      options.applied === undefined ? await stage.apply(object) : await stage.applyAs(options.applied, object)
    if (refused !== undefined) throw new Error(`${object.kind} was refused: ${refused}`)
  }
  await stage.rolledOut(name)
  if (traffic === 'route') await stage.answers(host)
  const url =
    traffic === 'route' ? stage.gatewayUrl : await stage.embedded?.serviceUrl(stage.namespace, name, 80)
  const load =
    rate === 0 || url === undefined
      ? undefined
      : startLoad({ url, host, rate, keepAlive: traffic === 'route', versionOf, timeoutMs: 10_000 })
  const kubeconfig = await stage.roleKubeconfig()
  const workspaces: string[] = []

  const deployment: Scene['deployment'] = (order) => app(order.version, order.app, order.env)

  function start(order: ReleaseOrder): RunningAction {
    const action = order.action ?? 'canary-step'
    const workspace = mkdtempSync(join(tmpdir(), 'workspace-'))
    workspaces.push(workspace)
    mkdirSync(join(workspace, 'k8s'))
    writeFileSync(join(workspace, 'k8s', 'deployment.json'), JSON.stringify(deployment(order)))
    for (const object of order.objects ?? []) {
      const file = `${object.kind}-${object.metadata.name}.json`.toLowerCase()
      writeFileSync(join(workspace, 'k8s', file), JSON.stringify(object))
    }
    return startAction({
      dir: join(options.dist, action),
      github: github.run(order.run),
      kubeconfig: order.kubeconfig ?? kubeconfig,
      workspace,
      inputs: {
        environment: 'production',
        namespace: stage.namespace,
        workload: name,
        manifests: 'k8s',
        version: `${order.version}.0.0`,
        settle: stage.settle,
        drain: stage.drain,
        ...(basename(action) === 'bluegreen-switch'
          ? QUICK_SWITCH
          : { traffic: traffic === 'route' ? `httproute/${name}` : 'replicas', ...QUICK }),
        ...order.inputs,
      },
      debug: order.debug ?? false,
      ...(order.jobEnv === undefined ? {} : { env: order.jobEnv }),
      ...(order.cancelAfter === undefined ? {} : { cancelAfter: order.cancelAfter }),
      ...(order.onLine === undefined ? {} : { onLine: order.onLine }),
    })
  }

  return {
    stage,
    github,
    name,
    host,
    load,
    start,
    release: (order) => start(order).done,
    deployment,
    [Symbol.asyncDispose]: async () => {
      await load?.stop()
      await github.close()
      await stage[Symbol.asyncDispose]()
      workspaces.forEach((path) => rmSync(path, { recursive: true, force: true }))
    },
  }
}

function versionOf(answer: {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}): string {
  const version = answer.headers['x-version']
  return typeof version === 'string' ? version : 'none'
}
