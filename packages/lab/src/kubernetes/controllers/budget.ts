import { withCondition } from '../conditions.ts'
import { matches } from '../selectors.ts'
import type { Condition } from '../objects.ts'
import { BUDGET, DEPLOYMENT, isKind, POD, REPLICA_SET, type Objects } from '../typed.ts'
import { ownerOf, type Controller } from './controller.ts'
import { isActive, isReady } from './pods.ts'
import { scaled } from './rolling.ts'

/** Keeps the status of PodDisruptionBudgets. */
export function budgetController(objects: Objects): Controller {
  return {
    seen: ({ kind, object }, look) => {
      const { namespace, name } = object.metadata
      if (isKind(kind, BUDGET)) look(namespace, name)
      if (!isKind(kind, POD)) return
      for (const { metadata, spec } of objects.list(BUDGET, namespace))
        if (matches(spec.selector, object.metadata.labels)) look(namespace, metadata.name)
    },
    reconcile: ({ namespace, name }) => {
      const budget = objects.get(BUDGET, namespace, name)
      if (budget === undefined) return
      const { selector, minAvailable, maxUnavailable } = budget.spec
      const pods = objects
        .list(POD, namespace)
        .filter((pod) => isActive(pod) && matches(selector, pod.metadata.labels))
      const expectedPods = expected(
        objects,
        namespace,
        pods.map((pod) => ownerOf(pod, 'ReplicaSet')),
        pods.length,
      )
      const currentHealthy = pods.filter(isReady).length
      const desiredHealthy =
        maxUnavailable === undefined
          ? scaled(minAvailable ?? 1, expectedPods, Math.ceil)
          : Math.max(expectedPods - scaled(maxUnavailable, expectedPods, Math.ceil), 0)
      const disruptionsAllowed = expectedPods > 0 ? Math.max(currentHealthy - desiredHealthy, 0) : 0
      const observedGeneration = budget.metadata.generation ?? 1
      const allowed = disruptionsAllowed > 0
      const condition: Condition = {
        type: 'DisruptionAllowed',
        status: allowed ? 'True' : 'False',
        reason: allowed ? 'SufficientPods' : 'InsufficientPods',
        message: '',
        observedGeneration,
      }
      objects.updateStatus(BUDGET, budget, (current) => {
        const before = (current.status ?? {}) as { conditions?: Condition[] }
        const conditions = withCondition(before.conditions, condition)
        current.status = {
          conditions,
          currentHealthy,
          desiredHealthy,
          disruptionsAllowed,
          expectedPods,
          observedGeneration,
        }
      })
    },
  }
}

/** What the pods' controllers are meant to run; a pod without one counts itself. */
function expected(
  objects: Objects,
  namespace: string | undefined,
  owners: readonly (string | undefined)[],
  pods: number,
): number {
  const names = new Set(owners.filter((owner) => owner !== undefined))
  const alone = owners.filter((owner) => owner === undefined).length
  const deployments = new Set<string>()
  let total = alone
  for (const name of names) {
    const set = objects.get(REPLICA_SET, namespace, name)
    const owner = set === undefined ? undefined : ownerOf(set, 'Deployment')
    if (owner !== undefined) deployments.add(owner)
    else total += set?.spec.replicas ?? 0
  }
  for (const name of deployments) total += objects.get(DEPLOYMENT, namespace, name)?.spec.replicas ?? 0
  return pods === 0 ? 0 : total
}
