import type { Clock, Cluster, Traffic } from '@release-actions/ports'
import { attained, capacity } from '@release-actions/release'
import { Conflict, formatPercent } from '@release-actions/values'
import { createBell } from '../bell.ts'
import type { Client } from '../client.ts'

export interface ReplicasOptions {
  readonly client: Client
  readonly clock: Clock
  readonly cluster: Pick<Cluster, 'scaleCanary'>
  readonly workload: string
  readonly canary: string
  readonly service: string
}

/**
 * No router: stable and canary stand behind one Service, which spreads the requests evenly, so the number of pods is
 * the weight. A share above one half is not attained: that would take more canary pods than the stable has.
 */
export function createReplicas(options: ReplicasOptions): Traffic & { close(): void } {
  const { client, clock, cluster, workload, canary } = options
  const names = [workload, canary]
  const bell = createBell(client, clock, () => [{ kind: 'Deployment', selection: {}, names }])

  async function pods(): Promise<{ readonly stable: number; readonly canary: number }> {
    const [stable, ours] = await Promise.all([
      client.get('Deployment', workload),
      client.find('Deployment', canary),
    ])
    bell.seen([stable, ours])
    const replicas = ours?.metadata?.deletionTimestamp === undefined ? (ours?.spec?.replicas ?? 0) : 0
    return { stable: stable.spec?.replicas ?? 1, canary: replicas }
  }

  return {
    // kube-proxy follows the EndpointSlices within about half a second.
    settle: 2_000,

    async preflight(plan) {
      const { stable } = await pods()
      const steps = [...new Set(plan.map((weight) => attained('replicas', weight, stable)))]
      return {
        warnings: [],
        changes: [
          `Service ${options.service} spreads the requests over all pods: with ${stable} stable pods the shares are ${steps.map(formatPercent).join(', ')}`,
        ],
      }
    },

    async read() {
      const now = await pods()
      const share = now.canary === 0 ? 0 : (now.canary / (now.canary + now.stable)) * 100
      return {
        kind: 'replicas',
        linked: true,
        weight: Math.round(share * 1e6) / 1e6,
        accepted: true,
        refused: undefined,
        tampered: undefined,
        // The pods' Deployments carry the fence, and are the cluster's to stamp.
        unstamped: [],
      }
    },

    stamp: () => Promise.resolve(),
    original: () => Promise.resolve({ service: options.service }),
    link: () => Promise.resolve(),

    async shift(weight, fence) {
      const { stable } = await pods()
      await cluster.scaleCanary(weight === 0 ? 0 : capacity('replicas', weight, stable), fence)
    },

    async retreat(fence) {
      for (let attempt = 1; ; attempt++) {
        try {
          if ((await pods()).canary > 0) await cluster.scaleCanary(0, fence)
          return
        } catch (error) {
          if (!(error instanceof Conflict) || attempt >= 20) throw error
          await clock.sleep(Math.min(100 * attempt, 1000))
        }
      }
    },

    unlink: () => Promise.resolve(),
    wayBack: () => Promise.resolve(`kubectl -n ${client.namespace} scale deployment ${canary} --replicas 0`),
    changed: (ms, signal) => bell.wait(ms, signal),
    close: () => bell.close(),
  }
}
