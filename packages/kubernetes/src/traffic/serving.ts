import type { SwitchSight } from '@release-actions/release'
import { ownerIn } from '../bluegreen/colors-of.ts'
import type { EndpointSlice, Pod } from '../objects.ts'

/** Ready endpoints, not terminating, that these EndpointSlices name, each pod once, by whose pods they are. */
export function servingPods(
  slices: readonly EndpointSlice[],
  pods: readonly Pod[],
): SwitchSight['endpoints'] {
  const owners = new Map(pods.map((pod) => [pod.metadata?.uid, ownerIn(pod.metadata?.labels)]))
  const ready = slices
    .flatMap((slice) => slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false && conditions?.terminating !== true)
  const served = { own: 0, blue: 0, green: 0 }
  for (const uid of new Set(ready.map((each) => each.targetRef?.uid))) {
    // A pod that we have not seen yet, or with a colour of somebody's own: it is none of a colour of ours.
    const owner = owners.get(uid) ?? 'own'
    served[typeof owner === 'string' ? owner : 'own'] += 1
  }
  return served
}
