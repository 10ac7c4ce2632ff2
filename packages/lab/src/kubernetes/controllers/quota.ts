import { parseQuantity } from '../quantity.ts'
import type { PodSpec } from '../objects.ts'
import { POD, QUOTA, type Objects } from '../typed.ts'
import { isKind } from '../typed.ts'
import type { Controller } from './controller.ts'

/** What a pod asks for, by quota resource. Limits count under `limits.*`, requests under both their names. */
export function requestsOf({ containers, initContainers = [] }: PodSpec): Readonly<Record<string, number>> {
  const total = (list: 'requests' | 'limits', resource: string): number => {
    const of = ({ resources = {} }: PodSpec['containers'][number]): number =>
      parseQuantity(
        resources[list]?.[resource] ?? (list === 'requests' ? resources.limits?.[resource] : undefined),
      )
    return Math.max(
      containers.map(of).reduce((sum, value) => sum + value, 0),
      ...initContainers.map(of),
    )
  }
  const [cpu, memory] = [total('requests', 'cpu'), total('requests', 'memory')]
  const limits = { 'limits.cpu': total('limits', 'cpu'), 'limits.memory': total('limits', 'memory') }
  return { pods: 1, 'count/pods': 1, cpu, memory, 'requests.cpu': cpu, 'requests.memory': memory, ...limits }
}

/** The API server's refusal when a pod would exceed a ResourceQuota of its namespace; undefined when it may be made. */
export function quotaAgainst(
  objects: Objects,
  namespace: string,
  name: string,
  spec: PodSpec,
): string | undefined {
  const asked = requestsOf(spec)
  const used = usedIn(objects, namespace)
  for (const quota of objects.list(QUOTA, namespace)) {
    const over = Object.entries(quota.spec.hard ?? {}).filter(
      ([resource, hard]) =>
        (asked[resource] ?? 0) > 0 && (used[resource] ?? 0) + (asked[resource] ?? 0) > parseQuantity(hard),
    )
    if (over.length === 0) continue
    const list = (value: (resource: string, hard: string | number) => string | number): string =>
      over.map(([resource, hard]) => `${resource}=${value(resource, hard)}`).join(',')
    return `pods "${name}" is forbidden: exceeded quota: ${quota.metadata.name}, requested: ${list((r) => show(r, asked))}, used: ${list((r) => show(r, used))}, limited: ${list((_, hard) => hard)}`
  }
  return undefined
}

function usedIn(objects: Objects, namespace: string): Record<string, number> {
  const used: Record<string, number> = {}
  for (const { spec, status } of objects.list(POD, namespace)) {
    if (status?.phase === 'Succeeded' || status?.phase === 'Failed') continue
    for (const [resource, value] of Object.entries(requestsOf(spec)))
      used[resource] = (used[resource] ?? 0) + value
  }
  return used
}

/** A quantity as the API server prints it, near enough: cores in millis when they are not whole. */
function show(resource: string, values: Readonly<Record<string, number>>): string {
  const value = values[resource] ?? 0
  if (resource.endsWith('cpu') && !Number.isInteger(value)) return `${Math.round(value * 1000)}m`
  const mebibytes = value / 2 ** 20
  return resource.endsWith('memory') && value > 0 && Number.isInteger(mebibytes)
    ? `${mebibytes}Mi`
    : String(value)
}

/** Keeps `status.used` of ResourceQuotas. */
export function quotaController(objects: Objects): Controller {
  return {
    seen: ({ kind, object }, look) => {
      const { namespace, name } = object.metadata
      if (isKind(kind, QUOTA)) look(namespace, name)
      if (isKind(kind, POD))
        for (const quota of objects.list(QUOTA, namespace)) look(namespace, quota.metadata.name)
    },
    reconcile: ({ namespace, name }) => {
      const quota = objects.get(QUOTA, namespace, name)
      if (quota === undefined) return
      const hard = quota.spec.hard ?? {}
      const values = usedIn(objects, namespace ?? '')
      const used = Object.fromEntries(Object.keys(hard).map((resource) => [resource, show(resource, values)]))
      if (JSON.stringify(quota.status) === JSON.stringify({ hard, used })) return
      objects.updateStatus(QUOTA, quota, (current) => {
        current.status = { hard, used }
      })
    },
  }
}
