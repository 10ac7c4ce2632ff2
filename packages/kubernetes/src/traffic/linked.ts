import { besideService, routeKey } from '../names.ts'
import type { HttpRoute } from './route-types.ts'

/**
 * Whether our backend may be in a route: our mark is on it, or it names a Service as we would call a canary's. In doubt
 * yes: only a whole look, which knows the Services, can tell more.
 */
export function mayBeLinked(route: HttpRoute, workload: string, canaryService: string | undefined): boolean {
  if (route.metadata?.annotations?.[routeKey(workload)] !== undefined) return true
  const names = (route.spec?.rules ?? []).flatMap((rule) => (rule.backendRefs ?? []).map(({ name }) => name))
  const ours = new Set(
    canaryService === undefined ? names.map((name) => besideService(name, 'canary')) : [canaryService],
  )
  return names.some((name) => ours.has(name))
}
