import { reweighed, setWeights, shareOf, type SplitRule } from './route-weights.ts'

/**
 * What a person types to take the canary out of the traffic: one JSON patch that tests that each backend is still the
 * one it was, so that a route that somebody changed meanwhile is refused and not damaged. Without a rule to patch it
 * shows the route.
 */
export function routeBack(namespace: string, route: string, rules: readonly SplitRule[]): string {
  const patch = rules
    .filter((rule) => (shareOf(rule) ?? 0) > 0)
    .flatMap((rule) => setWeights(rule, reweighed(rule, 0)))
  if (patch.length === 0) return `kubectl -n ${namespace} get httproute ${route} -o yaml`
  return `kubectl -n ${namespace} patch httproute ${route} --type json -p '${JSON.stringify(patch)}'`
}
