import type { Cluster, Pods, Traffic } from '@release-actions/ports'
import type { CanaryOptions } from './approach.ts'
import { createApplying } from './canary/applying.ts'
import { createCluster } from './canary/cluster.ts'
import { lookFirst } from './canary/preflight.ts'
import { heldByUs } from './canary/held-by-us.ts'
import type { Standing } from './canary/standing.ts'
import { findTarget, type Target } from './canary/target.ts'
import type { KubernetesClaims } from './claims.ts'
import type { Client } from './client.ts'
import { createFence } from './fence.ts'
import { colorName } from './names.ts'
import { createPods } from './pods.ts'
import { createHttpRoute } from './traffic/httproute.ts'
import { createReplicas } from './traffic/replicas.ts'

/** What the approach has found already. */
export interface Found {
  readonly client: Client
  readonly claims: KubernetesClaims
  readonly standing: Standing
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
 * Finds the other objects of a release; reads only.
 * @throws NotFound, InvalidInput, Forbidden, Unreachable
 */
export async function canaryOf(
  options: CanaryOptions,
  { client, claims, standing }: Found,
): Promise<KubernetesCanary> {
  const { clock, workload, traffic: choice } = options
  const target = await findTarget({ ...options, client }, standing)
  const fence = createFence(client, workload)
  const held = (): number | undefined => claims.fence()
  const spread = choice.kind === 'replicas'
  const applying =
    target.manifests === undefined
      ? undefined
      : createApplying(client, target.manifests, heldByUs(target.manifests, workload, choice))
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
      blue: colorName(workload, 'blue'),
      green: colorName(workload, 'green'),
    }),
    client,
    target,
    close() {
      cluster.close()
      traffic.close()
    },
  }
}
