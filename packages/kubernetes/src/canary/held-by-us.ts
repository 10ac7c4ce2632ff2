import type { TrafficChoice } from './standing.ts'

/** Objects of the user's manifests that a release changes itself: applying them in its middle would undo it. */
export function heldByUs(workload: string, traffic: TrafficChoice): ReadonlySet<string> {
  return new Set([
    `HorizontalPodAutoscaler/${workload}`,
    ...(traffic.kind === 'httproute' ? [`HTTPRoute/${traffic.name}`] : []),
  ])
}
