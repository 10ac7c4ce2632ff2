import type { Http } from '@release-actions/http'
import type { Clock, Cluster, Pods, Traffic } from '@release-actions/ports'
import type { Milliseconds } from '@release-actions/values'
import { createApplying } from './canary/applying.ts'
import { createCluster } from './canary/cluster.ts'
import { lookFirst } from './canary/preflight.ts'
import { findTarget, type Target, type TargetOptions } from './canary/target.ts'
import { createClaims, type KubernetesClaims } from './claims.ts'
import { createClient, type Client } from './client.ts'
import type { Connection } from './config/connection.ts'
import { createFence } from './fence.ts'
import { createPods } from './pods.ts'
import type { RoleRule } from './role.ts'
import { createHttpRoute } from './traffic/httproute.ts'
import { createReplicas } from './traffic/replicas.ts'

export interface CanaryOptions extends Omit<TargetOptions, 'client'> {
  readonly http: Http
  readonly clock: Clock
  readonly connection: Connection
  /** Default: that of the kubeconfig's context, else `default`. */
  readonly namespace?: string | undefined
  /** Different for every process. */
  readonly nonce: string
  readonly leaseDuration?: Milliseconds
  /** How long a router may follow its old configuration after accepting a new one. Default 5 s. */
  readonly settle?: Milliseconds
  /** What preflight proves besides: `gates` where they go through the proxies, `hooks`. */
  readonly uses?: readonly RoleRule['when'][]
}

/** Everything that a canary release touches in a cluster, behind the ports. */
export interface KubernetesCanary {
  readonly cluster: Cluster
  readonly traffic: Traffic
  readonly claims: KubernetesClaims
  readonly pods: Pods
  readonly client: Client
  readonly target: Target
  /** Ends all watches. */
  close(): void
}

/**
 * Finds the objects of a release; reads only.
 * @throws NotFound, InvalidInput, Forbidden, Unreachable
 */
export async function openCanary(options: CanaryOptions): Promise<KubernetesCanary> {
  const { http, clock, connection, workload, traffic: choice } = options
  const namespace = options.namespace ?? connection.namespace ?? 'default'
  const client = createClient({ http, connection, namespace, clock })
  const claims = createClaims({
    client,
    clock,
    workload,
    nonce: options.nonce,
    ...(options.leaseDuration !== undefined && { leaseDuration: options.leaseDuration }),
  })
  const target = await findTarget({ ...options, client })
  const fence = createFence(client, workload)
  const held = (): number | undefined => claims.fence()
  const spread = choice.kind === 'replicas'
  const applying =
    target.manifests === undefined
      ? undefined
      : createApplying(client, target.manifests, heldByUs(target, choice))
  const preflight = (): Promise<readonly string[]> =>
    lookFirst({ client, target, applying, spread, uses: options.uses ?? [] })
  const cluster = createCluster({ client, clock, fence, held, target, applying, spread, preflight })
  const traffic =
    choice.kind === 'replicas'
      ? createReplicas({
          client,
          clock,
          cluster,
          workload,
          canary: target.canary,
          service: target.stableService,
        })
      : createHttpRoute({
          client,
          clock,
          fence,
          held,
          workload,
          route: choice.name,
          rule: options.rule,
          stableService: target.stableService,
          canaryService: target.canaryService,
          selector: async () => (await target.labels()).selector,
          owner: target.owner,
          settle: options.settle ?? 5_000,
        })
  return {
    cluster,
    traffic,
    claims,
    pods: createPods(client, {
      stable: workload,
      canary: target.canary,
      blue: `${workload}-blue`,
      green: `${workload}-green`,
    }),
    client,
    target,
    close() {
      cluster.close()
      traffic.close()
    },
  }
}

/** Objects of the user's manifests that a release changes itself: applying them in its middle would undo it. */
function heldByUs(target: Target, choice: TargetOptions['traffic']): ReadonlySet<string> {
  return new Set([
    `HorizontalPodAutoscaler/${target.workload}`,
    ...(choice.kind === 'httproute' ? [`HTTPRoute/${choice.name}`] : []),
  ])
}
