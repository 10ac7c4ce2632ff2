import { timestamp } from './names.ts'
import type { Condition } from './objects.ts'

/**
 * The list with one condition set. `lastTransitionTime` moves only when the status does, as every controller keeps it.
 */
export function withCondition(conditions: readonly Condition[] | undefined, set: Condition): Condition[] {
  const before = conditions?.find(({ type }) => type === set.type)
  const kept = before?.status === set.status ? before.lastTransitionTime : undefined
  const next: Condition = { ...set, lastTransitionTime: kept ?? timestamp() }
  return before === undefined
    ? [...(conditions ?? []), next]
    : (conditions ?? []).map((condition) => (condition === before ? next : condition))
}

export function conditionOf(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type)
}

export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditionOf(conditions, type)?.status === 'True'
}
