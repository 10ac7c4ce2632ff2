import { isMapping } from '../config/kubeconfig.ts'
import { routeKey } from '../names.ts'
import type { HttpRoute } from './route-types.ts'

/** What we note on the route when our ref goes in. */
export interface RouteMark {
  /** The two Services that share the traffic of what is in flight, whatever a later step or a rollback is given. */
  readonly stable: string
  readonly canary: string
  /** ResolvedRefs was False before us: it is not our doing. */
  readonly unresolved: boolean
}

export function markOf(route: HttpRoute | undefined, workload: string): RouteMark | undefined {
  const { stable, canary, unresolved } = annotated(route, routeKey(workload))
  // Somebody's own text: then the names are those that this step was given.
  if (typeof stable !== 'string' || typeof canary !== 'string') return undefined
  return { stable, canary, unresolved: unresolved === true }
}

/** The JSON object in an annotation of a route; empty where there is none. */
export function annotated(route: HttpRoute | undefined, key: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(route?.metadata?.annotations?.[key] ?? '')
    return isMapping(value) ? value : {}
  } catch {
    return {}
  }
}
