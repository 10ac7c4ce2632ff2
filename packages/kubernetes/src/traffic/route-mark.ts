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
  const text = route?.metadata?.annotations?.[routeKey(workload)]
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (!isMapping(value) || typeof value['stable'] !== 'string' || typeof value['canary'] !== 'string')
      return undefined
    return { stable: value['stable'], canary: value['canary'], unresolved: value['unresolved'] === true }
  } catch {
    // Somebody's own text: then the names are those that this step was given.
    return undefined
  }
}
