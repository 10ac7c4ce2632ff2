import { withCondition } from '../conditions.ts'
import { parseQuantity } from '../quantity.ts'
import type { Pod } from '../objects.ts'
import { includes, matches } from '../selectors.ts'
import type { KubeObject } from '../store.ts'
import { isKind, NODE, POD, type Objects } from '../typed.ts'
import type { Controller, Tools } from './controller.ts'
import { isActive } from './pods.ts'
import { requestsOf } from './quota.ts'

/** Binds pods to the lab's nodes, or says why none fits. */
export function scheduler({ objects, events }: Tools): Controller {
  return {
    seen: ({ type, kind, object }, look) => {
      if (isKind(kind, POD)) {
        if ((object as Pod).spec.nodeName === undefined) look(object.metadata.namespace, object.metadata.name)
        const over = type === 'DELETED' || !isActive(object as Pod)
        if (!over) return
      } else if (!isKind(kind, NODE)) return
      for (const pod of objects.list(POD))
        if (pod.spec.nodeName === undefined) look(pod.metadata.namespace, pod.metadata.name)
    },
    reconcile: ({ namespace, name }) => {
      const pod = objects.get(POD, namespace, name)
      if (
        pod === undefined ||
        pod.spec.nodeName !== undefined ||
        pod.metadata.deletionTimestamp !== undefined
      )
        return
      const nodes = objects.list(NODE)
      const verdicts = nodes.map((node) => ({ node, reasons: unfit(objects, pod, node) }))
      const fit = verdicts.find(({ reasons }) => reasons.length === 0)?.node
      const about = { ...pod }
      if (fit === undefined) {
        const message = unschedulable(
          nodes.length,
          verdicts.flatMap(({ reasons }) => reasons),
          nodes.some((node) => couldHold(node, pod)),
        )
        objects.updateStatus(POD, pod, (current) => {
          const condition = {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message,
            lastProbeTime: null,
          } as const
          const conditions = withCondition(current.status?.conditions, {
            ...condition,
            observedGeneration: current.metadata.generation ?? 1,
          })
          current.status = { ...current.status, phase: 'Pending', conditions }
        })
        events.record('default-scheduler', about, 'Warning', 'FailedScheduling', message)
        return
      }
      bind(objects, pod, fit.metadata.name)
      events.record(
        'default-scheduler',
        about,
        'Normal',
        'Scheduled',
        `Successfully assigned ${namespace}/${name} to ${fit.metadata.name}`,
      )
    },
  }
}

/** A binding changes nothing that a user asked for: the generation stays, as with the real `pods/binding`. */
function bind(objects: Objects, pod: Pod, node: string): void {
  objects.updateStatus(POD, pod, (current) => {
    const condition = {
      type: 'PodScheduled',
      status: 'True',
      lastProbeTime: null,
      observedGeneration: 1,
    } as const
    current.status = {
      ...current.status,
      phase: 'Pending',
      conditions: withCondition(current.status?.conditions, condition),
    }
  })
  const current = objects.get(POD, pod.metadata.namespace, pod.metadata.name)
  if (current !== undefined) objects.update(POD, { ...current, spec: { ...current.spec, nodeName: node } })
}

/** Why a pod cannot be on a node, in the scheduler's words. */
function unfit(objects: Objects, pod: Pod, node: KubeObject): readonly string[] {
  const { allocatable = {} } = (node['status'] ?? {}) as { allocatable?: Record<string, string> }
  const { unschedulable } = (node['spec'] ?? {}) as { unschedulable?: boolean }
  if (unschedulable === true) return ['node(s) were unschedulable']
  if (!includes(pod.spec.nodeSelector ?? {}, node.metadata.labels))
    return ["node(s) didn't match Pod's node affinity/selector"]
  const there = objects
    .list(POD)
    .filter((other) => other.spec.nodeName === node.metadata.name && other.metadata.uid !== pod.metadata.uid)
  // A pod that is on its way out still holds what it asked for.
  const holding = there.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
  const reasons: string[] = []
  const asked = requestsOf(pod.spec)
  if (holding.length + 1 > parseQuantity(allocatable['pods'] ?? 110)) reasons.push('Too many pods')
  for (const resource of ['cpu', 'memory'] as const) {
    const used = holding.reduce((sum, { spec }) => sum + (requestsOf(spec)[resource] ?? 0), 0)
    const want = asked[resource] ?? 0
    // A millionth of a core forgives what adding binary fractions leaves.
    if (want > 0 && used + want > parseQuantity(allocatable[resource]) + 1e-6)
      reasons.push(`Insufficient ${resource}`)
  }
  if (reasons.length > 0) return reasons
  if (!holding.every((other) => tolerates(pod, other) && tolerates(other, pod)))
    return ["node(s) didn't match pod anti-affinity rules"]
  return []
}

/** Whether the node has what the pod asks for when nothing else runs on it. */
function couldHold(node: KubeObject, pod: Pod): boolean {
  const { allocatable = {} } = (node['status'] ?? {}) as { allocatable?: Record<string, string> }
  const asked = requestsOf(pod.spec)
  return ['cpu', 'memory'].every((resource) => (asked[resource] ?? 0) <= parseQuantity(allocatable[resource]))
}

/** Whether a pod's required anti-affinity lets the other one be on its node. With one node every topology is the same. */
function tolerates(pod: Pod, other: Pod): boolean {
  const terms = pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
  return !terms.some(
    ({ labelSelector, namespaces = [pod.metadata.namespace ?? ''] }) =>
      namespaces.includes(other.metadata.namespace ?? '') && matches(labelSelector, other.metadata.labels),
  )
}

function unschedulable(nodes: number, reasons: readonly string[], resolvable: boolean): string {
  const available = `0/${nodes} nodes are available`
  if (nodes === 0) return 'no nodes available to schedule pods'
  const counted = [...new Set(reasons)]
    .sort()
    .map((reason) => `${reasons.filter((other) => other === reason).length} ${reason}`)
  // Nothing that runs could make room for what is larger than the node.
  const preemption = resolvable
    ? 'No preemption victims found for incoming pod.'
    : 'Preemption is not helpful for scheduling.'
  return `${available}: ${counted.join(', ')}. no new claims to deallocate, preemption: ${available}: ${nodes} ${preemption}`
}
