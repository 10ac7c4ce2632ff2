import type { DisruptionBudget, Labels, NetworkPolicy } from '../objects.ts'
import { selectorMatches } from '../selectors.ts'
import { peersOf } from './labels.ts'

/**
 * NetworkPolicies of the namespace that would treat the canary's pods otherwise than the stable's: each is a reason
 * not to begin, since the canary would be judged in another network than its version will live in.
 * Only this namespace's can be seen by a namespaced Role.
 */
export function differingPolicies(
  policies: readonly NetworkPolicy[],
  stable: Labels,
  canary: Labels,
): readonly string[] {
  return policies.flatMap((policy) => {
    const name = `NetworkPolicy ${policy.metadata?.name}`
    const applies = selectorMatches(policy.spec?.podSelector, stable)
    if (applies !== selectorMatches(policy.spec?.podSelector, canary)) {
      return [`${name} applies to the ${applies ? 'stable' : 'canary'}'s pods only`]
    }
    const peer = peersOf(policy).find(
      (each) => selectorMatches(each, stable) !== selectorMatches(each, canary),
    )
    if (peer === undefined) return []
    return [
      `${name} lets traffic from or to the ${selectorMatches(peer, stable) ? 'stable' : 'canary'}'s pods only`,
    ]
  })
}

/** PDBs that count stable and canary together: an eviction could then take all pods of one of them. */
export function sharedBudgets(
  budgets: readonly DisruptionBudget[],
  stable: Labels,
  canary: Labels,
): readonly string[] {
  return budgets
    .filter(({ spec }) => selectorMatches(spec?.selector, stable) && selectorMatches(spec?.selector, canary))
    .map(
      ({ metadata }) =>
        `PodDisruptionBudget ${metadata?.name} counts stable and canary together: an eviction may take more of the stable while the canary lives`,
    )
}
