import {
  startLoad,
  type ActionResult,
  type EmbeddedKubernetes,
  type Load,
  type ReleaseOrder,
  type RunningAction,
} from '@release-actions/lab'
import { openScene, type Scene } from '../../support/scene.ts'
import { watchSwitch } from './switch-witness.ts'
import { watchOver } from './witness.ts'

/** Tiny waits: what is tested is what happens, not how long it may take. The interval is also the patience with a pod. */
const BRIEF = {
  plan: '25, 100',
  soak: '300ms',
  interval: '3s',
  settle: '200ms',
  drain: '300ms',
  timeout: '30s',
} as const

/** Never met: a gate that fails at the first weight, without a failed request at the client. */
const NEVER = '- name: never\n  http: {path: /healthz, port: 8080, status: 204}\n'

export const RUN = 7001

/** Of canary-step, and of bluegreen-switch: good, or with a gate that fails once the new version has traffic. */
export type Outcome = 'promoted' | 'retreated' | 'switched' | 'switched-back'

export function isSwitch(outcome: Outcome): boolean {
  return outcome === 'switched' || outcome === 'switched-back'
}

/** Version 1 of the shop, live, with an HPA; clients ask, and all that must never happen is watched. */
export interface Stand extends AsyncDisposable {
  readonly scene: Scene
  readonly kubernetes: EmbeddedKubernetes
  readonly load: Load
  /** The action with version 2, which is good, or whose gate fails at 25 %, or after the switch. */
  start(outcome: Outcome, order?: Partial<ReleaseOrder>): RunningAction
  run(outcome: Outcome, order?: Partial<ReleaseOrder>): Promise<ActionResult>
  /** What must never happen and did; the load has ended then. */
  violations(): Promise<readonly string[]>
}

export async function openStand(
  options: { readonly replicas?: number; readonly switching?: boolean } = {},
): Promise<Stand> {
  const { switching = false } = options
  const scene = await openScene({
    replicas: options.replicas ?? 2,
    ...(switching ? { applied: 'client' as const } : {}),
    rate: 0,
  })
  const { stage, host, name } = scene
  const kubernetes = stage.embedded
  if (kubernetes === undefined) throw new Error('faults are ordered on the embedded Kubernetes only')
  await stage.apply({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: 1,
      maxReplicas: 4,
    },
  })
  const witness = (switching ? watchSwitch : watchOver)(kubernetes, stage.namespace, name)
  const load = startLoad({
    url: stage.gatewayUrl,
    host,
    rate: 40,
    keepAlive: true,
    timeoutMs: 30_000,
    versionOf: ({ headers }) => `${String(headers['x-version'])} of ${String(headers['x-pod'])}`,
  })

  function start(outcome: Outcome, order: Partial<ReleaseOrder> = {}): RunningAction {
    const gates =
      outcome === 'retreated'
        ? { gates: NEVER }
        : outcome === 'switched-back'
          ? { 'post-switch-gates': NEVER }
          : {}
    const { plan, ...brief } = BRIEF
    return scene.start({
      ...(switching ? { action: 'bluegreen-switch' } : {}),
      version: '2',
      run: { id: RUN },
      // Applied by the promotion beside the template, so that a kill may come there too.
      app: { spec: { revisionHistoryLimit: 5 } },
      ...order,
      inputs: { ...brief, ...(switching ? {} : { plan }), ...gates, ...order.inputs },
    })
  }

  return {
    scene,
    kubernetes,
    load,
    start,
    run: (outcome, order) => start(outcome, order).done,
    async violations() {
      await load.stop()
      return witness.violations(load)
    },
    async [Symbol.asyncDispose]() {
      witness.stop()
      await load.stop()
      await scene[Symbol.asyncDispose]()
    },
  }
}
