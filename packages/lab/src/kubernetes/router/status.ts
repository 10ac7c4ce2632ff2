import { withCondition } from '../conditions.ts'
import type { Condition, Gateway, HttpRoute } from '../objects.ts'
import type { Controller } from '../controllers/controller.ts'
import { GATEWAY, GATEWAY_CLASS, HTTP_ROUTE, isKind, SERVICE, type Objects } from '../typed.ts'
import { attachments } from './attach.ts'
import { resolve } from './table.ts'

/** Says of each route whether it was accepted: at once, before the router's throttle lets it have an effect. */
export function routeStatusController(objects: Objects): Controller {
  return {
    seen: ({ kind, object }, look) => {
      if (isKind(kind, HTTP_ROUTE)) look(object.metadata.namespace, object.metadata.name)
      const route = isKind(kind, SERVICE) ? object.metadata.namespace : undefined
      if (route !== undefined || isKind(kind, GATEWAY) || isKind(kind, GATEWAY_CLASS)) {
        for (const { metadata } of objects.list(HTTP_ROUTE, route)) look(metadata.namespace, metadata.name)
      }
    },
    reconcile: ({ namespace, name }) => {
      const route = objects.get(HTTP_ROUTE, namespace, name)
      if (route === undefined) return
      const found = attachments(objects, route, objects.list(GATEWAY))
      const observedGeneration = route.metadata.generation ?? 1
      const broken = brokenReference(objects, route)
      const resolved: Condition =
        broken === undefined
          ? { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', message: '', observedGeneration }
          : { type: 'ResolvedRefs', status: 'False', ...broken, observedGeneration }
      objects.updateStatus(HTTP_ROUTE, route, (current) => {
        const before = current.status?.parents ?? []
        const parents = found.map(({ parentRef, controllerName, accepted, reason, message }) => {
          const old = before.find(
            (parent) =>
              JSON.stringify(parent.parentRef) === JSON.stringify(parentRef) &&
              parent.controllerName === controllerName,
          )
          const first: Condition = {
            type: 'Accepted',
            status: accepted ? 'True' : 'False',
            reason,
            message,
            observedGeneration,
          }
          return {
            parentRef,
            controllerName,
            conditions: withCondition(withCondition(old?.conditions, first), resolved),
          }
        })
        // What other controllers wrote is theirs.
        const others = before.filter(
          (parent) => !found.some(({ controllerName }) => controllerName === parent.controllerName),
        )
        current.status = {
          parents: [...others.filter(({ controllerName }) => !isOurs(objects, controllerName)), ...parents],
        }
      })
    },
  }
}

function isOurs(objects: Objects, controllerName: string): boolean {
  return objects.list(GATEWAY_CLASS).some(({ spec }) => spec.controllerName === controllerName)
}

/** The last backend reference that leads nowhere: a later one hides an earlier one, as with Traefik. */
function brokenReference(
  objects: Objects,
  route: HttpRoute,
): { reason: string; message: string } | undefined {
  const { namespace } = route.metadata
  let broken: { reason: string; message: string } | undefined
  for (const ref of (route.spec.rules ?? []).flatMap(({ backendRefs = [] }) => backendRefs)) {
    if (resolve(objects, route, ref) !== undefined) continue
    const cannot = `Cannot load HTTPBackendRef ${ref.namespace ?? namespace}/${ref.name}`
    if ((ref.kind ?? 'Service') !== 'Service' || (ref.group ?? '') !== '')
      broken = { reason: 'InvalidKind', message: `${cannot}: unsupported kind` }
    else if ((ref.namespace ?? namespace) !== namespace)
      broken = { reason: 'RefNotPermitted', message: `${cannot}: missing ReferenceGrant` }
    else if (objects.get(SERVICE, namespace, ref.name) === undefined)
      broken = { reason: 'BackendNotFound', message: `${cannot}: service not found` }
    else broken = { reason: 'BackendNotFound', message: `${cannot}: service port ${ref.port} not found` }
  }
  return broken
}

/** Accepts every Gateway whose class exists. */
export function gatewayStatusController(objects: Objects): Controller {
  return {
    seen: ({ kind, object }, look) => {
      if (isKind(kind, GATEWAY)) look(object.metadata.namespace, object.metadata.name)
      if (!isKind(kind, GATEWAY_CLASS) && !isKind(kind, HTTP_ROUTE)) return
      for (const { metadata } of objects.list(GATEWAY)) look(metadata.namespace, metadata.name)
    },
    reconcile: ({ namespace, name }) => {
      const gateway = objects.get(GATEWAY, namespace, name)
      if (
        gateway === undefined ||
        objects.get(GATEWAY_CLASS, undefined, gateway.spec.gatewayClassName) === undefined
      )
        return
      const routes = objects.list(HTTP_ROUTE)
      objects.updateStatus(GATEWAY, gateway, (current) => {
        current.status = gatewayStatus(current, attachedTo(objects, current, routes))
      })
    },
  }
}

function attachedTo(objects: Objects, gateway: Gateway, routes: readonly HttpRoute[]): number {
  return routes.filter((route) => attachments(objects, route, [gateway]).some(({ accepted }) => accepted))
    .length
}

function gatewayStatus({ metadata, spec, status }: Gateway, attachedRoutes: number): object {
  const observedGeneration = metadata.generation ?? 1
  const before = (status ?? {}) as {
    conditions?: Condition[]
    listeners?: { name: string; conditions?: Condition[] }[]
  }
  const all = (types: readonly string[], message: string, conditions: Condition[] = []): Condition[] =>
    types.reduce(
      (list, type) =>
        withCondition(list, { type, status: 'True', reason: type, message, observedGeneration }),
      conditions,
    )
  return {
    conditions: all(['Accepted', 'Programmed'], 'Gateway successfully scheduled', before.conditions),
    addresses: [{ type: 'IPAddress', value: '127.0.0.1' }],
    listeners: (spec.listeners ?? []).map(({ name }) => ({
      name,
      attachedRoutes,
      supportedKinds: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' }],
      conditions: all(
        ['Accepted', 'ResolvedRefs', 'Programmed'],
        'No error found',
        before.listeners?.find((listener) => listener.name === name)?.conditions,
      ),
    })),
  }
}

/** Accepts every GatewayClass. */
export function gatewayClassStatusController(objects: Objects): Controller {
  return {
    seen: ({ kind, object }, look) => {
      if (isKind(kind, GATEWAY_CLASS)) look(undefined, object.metadata.name)
    },
    reconcile: ({ name }) => {
      const found = objects.get(GATEWAY_CLASS, undefined, name)
      if (found === undefined) return
      objects.updateStatus(GATEWAY_CLASS, found, (current) => {
        const { conditions } = (current['status'] ?? {}) as { conditions?: Condition[] }
        const observedGeneration = current.metadata.generation ?? 1
        const accepted: Condition = {
          type: 'Accepted',
          status: 'True',
          reason: 'Accepted',
          message: 'Handled by the lab',
          observedGeneration,
        }
        current['status'] = { conditions: withCondition(conditions, accepted) }
      })
    },
  }
}
