import type { Autoscaler } from '../objects.ts'
import type { Manifests } from './manifests.ts'
import { scales } from './scales.ts'
import type { TrafficChoice } from './standing.ts'

/** Objects of the user's manifests that a release changes itself: applying them in its middle would undo it. */
export function heldByUs(
  { others }: Manifests,
  workload: string,
  traffic: TrafficChoice,
): ReadonlySet<string> {
  const autoscalers = others.filter(
    (object) => object.kind === 'HorizontalPodAutoscaler' && scales(object as Autoscaler, workload),
  )
  return new Set([
    ...autoscalers.map(({ kind, metadata }) => `${kind}/${metadata?.name}`),
    ...(traffic.kind === 'httproute' ? [`HTTPRoute/${traffic.name}`] : []),
  ])
}
