import type { Percent } from '@release-actions/values'

/** How requests are split: by a router's weights, or by how many pods stand behind one Service. */
export type TrafficKind = 'route' | 'replicas'

/**
 * Canary pods that a weight needs, at least 1.
 * With a router: `ceil(weight × stable)`. Without one the pods *are* the split: the most pods whose share of all pods
 * is at most the weight, and never more than the stable has (a share above one half would need more).
 * @param stable desired replicas of the stable
 */
export function capacity(kind: TrafficKind, weight: Percent, stable: number): number {
  const share = Math.min(Math.max(weight, 0), 100) / 100
  // Rounded first, so that 0.07 × 100 is 7 pods and not 8.
  const pods =
    kind === 'route'
      ? Math.ceil(round(share * stable))
      : Math.floor(round((share * stable) / Math.max(1 - share, 1e-9)))
  return Math.max(1, kind === 'route' ? pods : Math.min(pods, stable))
}

/** The share of requests that a weight gets: itself with a router; without one, what whole pods attain. Per cent. */
export function attained(kind: TrafficKind, weight: Percent, stable: number): Percent {
  if (kind === 'route' || weight === 0) return weight
  const pods = capacity(kind, weight, stable)
  return round((pods / (pods + stable)) * 100)
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6
}
