import type { Gateway, HttpRoute, ParentRef } from '../objects.ts'
import { GATEWAY_CLASS, type Objects } from '../typed.ts'

/** A route's relation to one of its parents. Parents that do not exist have none: nobody would report on them. */
export interface Attachment {
  readonly parentRef: ParentRef
  readonly controllerName: string
  readonly accepted: boolean
  readonly reason: string
  readonly message: string
}

/** The Gateways that a route attaches to. The router serves every GatewayClass there is. */
export function attachments(
  objects: Objects,
  route: HttpRoute,
  gateways: readonly Gateway[],
): readonly Attachment[] {
  return (route.spec.parentRefs ?? []).flatMap((parentRef) => {
    const namespace = parentRef.namespace ?? route.metadata.namespace
    const gateway = gateways.find(
      ({ metadata }) => metadata.name === parentRef.name && metadata.namespace === namespace,
    )
    const controller =
      gateway === undefined ? undefined : objects.get(GATEWAY_CLASS, undefined, gateway.spec.gatewayClassName)
    if (gateway === undefined || controller === undefined) return []
    const verdict = judge(gateway, route, parentRef)
    return [{ parentRef, controllerName: controller.spec.controllerName, ...verdict }]
  })
}

function judge(
  gateway: Gateway,
  route: HttpRoute,
  { sectionName, port }: ParentRef,
): Pick<Attachment, 'accepted' | 'reason' | 'message'> {
  const no = (reason: string, message: string): Pick<Attachment, 'accepted' | 'reason' | 'message'> => ({
    accepted: false,
    reason,
    message,
  })
  const named = (gateway.spec.listeners ?? []).filter(
    (listener) =>
      (sectionName === undefined || listener.name === sectionName) &&
      (port === undefined || listener.port === port),
  )
  if (named.length === 0) return no('NoMatchingParent', 'No matching listener')
  const allowed = named.filter(({ allowedRoutes }) => {
    const from = allowedRoutes?.namespaces?.from ?? 'Same'
    return from === 'All' || (from === 'Same' && gateway.metadata.namespace === route.metadata.namespace)
  })
  if (allowed.length === 0)
    return no('NotAllowedByListeners', 'Route is not allowed by any listener of the Gateway')
  const { hostnames = [] } = route.spec
  const hosted = allowed.some(
    ({ hostname }) =>
      hostname === undefined ||
      hostnames.length === 0 ||
      hostnames.some((name) => hostMatches(hostname, name) || hostMatches(name, hostname)),
  )
  if (!hosted) return no('NoMatchingListenerHostname', 'No listener has a hostname of the route')
  return { accepted: true, reason: 'Accepted', message: '' }
}

/** Whether a host is the pattern's: itself, or under `*.`. */
export function hostMatches(pattern: string, host: string): boolean {
  return pattern === host || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1)))
}
