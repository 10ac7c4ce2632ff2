import type { Deployment, Labels, LabelSelector, PodTemplate } from '../objects.ts'
import { selectorMatches, selectorText } from '../selectors.ts'

/**
 * A required anti-affinity by a label that stable and canary share keeps the canary's pods away from the stable's too,
 * whichever of the two has it: on a cluster with as many nodes as replicas they stay Pending. Where the rule names a
 * label that differs, each of the two keeps only its own apart. A sentence for each.
 */
export function* keepingApart({
  deployment,
  goal,
  changed,
}: {
  readonly deployment: Deployment
  readonly goal: PodTemplate
  readonly changed: Labels
}): Generator<string> {
  const stable = deployment.spec?.template
  const canaryLabels = { ...goal.metadata?.labels, ...changed }
  const ofStable = terms(stable).filter(({ labelSelector }) => selectorMatches(labelSelector, canaryLabels))
  // The canary's own rule, in the words it will have: those that name a changed label mean the canary's pods only.
  const ofCanary = terms(goal).filter(
    ({ labelSelector }) =>
      selectorMatches(labelSelector, stable?.metadata?.labels ?? {}) && !names(labelSelector, changed),
  )
  const said = [...ofStable, ...ofCanary].map(
    ({ labelSelector = {}, topologyKey }) =>
      `a required podAntiAffinity (${selectorText(labelSelector) || 'of all pods'}, ${topologyKey}) keeps the canary's pods away from the stable's: they stay Pending without a free ${topologyKey} for each; ${advice(changed)}`,
  )
  yield* new Set(said)
}

function terms(template: PodTemplate | undefined) {
  return template?.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
}

/** The template rewrites these: see `canaryTemplate`. */
function names(selector: LabelSelector | undefined, changed: Labels): boolean {
  return (
    Object.keys(selector?.matchLabels ?? {}).some((key) => changed[key] !== undefined) ||
    (selector?.matchExpressions ?? []).some(
      ({ key, operator }) => operator === 'In' && changed[key] !== undefined,
    )
  )
}

function advice(changed: Labels): string {
  const [key] = Object.keys(changed)
  const named = key === undefined ? '' : `, or name the label ${key} in it, by which they differ`
  return `make it preferred${named}`
}
