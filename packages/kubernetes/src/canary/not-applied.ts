import { isMapping } from '../config/kubeconfig.ts'
import type { AnyObject, Deployment } from '../objects.ts'

/** What a release itself sets, or holds while it is in flight. */
const OURS = ['template', 'selector', 'paused']

/**
 * Fields of the manifests' Deployment that a promotion leaves as they are in the cluster, since it changes the pod
 * template alone (which is what a way back can restore): one sentence, or none where nothing differs.
 * @param scaled an HPA decides on the replicas
 */
export function notApplied(manifest: AnyObject, live: Deployment, scaled: boolean): readonly string[] {
  const wanted = isMapping(manifest['spec']) ? manifest['spec'] : {}
  const present: Readonly<Record<string, unknown>> = { ...live.spec }
  const differing = Object.entries(wanted)
    .filter(([field]) => !OURS.includes(field) && !(scaled && field === 'replicas'))
    .filter(([field, value]) => !holds(present[field], value))
    .map(([field]) => `spec.${field}`)
  if (differing.length === 0) return []
  const name = live.metadata?.name
  return [
    `Deployment ${name} of the manifests differs in ${differing.join(', ')}: a release applies its pod template only; apply the rest between releases`,
  ]
}

/** Everything that is wanted is there; what the server has added does not count. */
function holds(present: unknown, wanted: unknown): boolean {
  if (wanted === null || wanted === undefined) return true
  if (!isMapping(wanted)) return JSON.stringify(present) === JSON.stringify(wanted)
  return isMapping(present) && Object.entries(wanted).every(([key, value]) => holds(present[key], value))
}
