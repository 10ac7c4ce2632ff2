import type { Manifests } from '../canary/manifests.ts'
import { isMapping } from '../config/kubeconfig.ts'
import type { AnyObject, Autoscaler, DisruptionBudget, Labels, Service } from '../objects.ts'
import { followings } from './followers.ts'
import type { SwitchChoice } from './standing.ts'

/**
 * Objects of the user's manifests that a release changes itself, as `Kind/name`: applying one (server-side, by force)
 * would take our key out of its selector, or point it back to the user's own Deployment.
 */
export function heldByUs(
  manifests: Manifests,
  traffic: SwitchChoice,
  { workload, labels }: { readonly workload: string; readonly labels: Labels },
): ReadonlySet<string> {
  const of = (kind: string): readonly AnyObject[] =>
    manifests.others.filter((each) => each.kind === kind && isMapping(each['spec']))
  const held = followings({
    workload,
    labels,
    autoscalers: of('HorizontalPodAutoscaler') as readonly Autoscaler[],
    budgets: of('PodDisruptionBudget') as readonly DisruptionBudget[],
    services: of('Service') as readonly Service[],
  })
  const route = traffic.kind === 'httproute' ? `HTTPRoute/${traffic.name}` : `Service/${traffic.name}`
  return new Set([route, ...held.map(({ object }) => object)])
}
