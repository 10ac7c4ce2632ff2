import type { Deployment, IntOrString } from '../objects.ts'

/** A Deployment's room for a rolling update, in pods. */
export interface Room {
  readonly surge: number
  readonly unavailable: number
}

/** The part of a ReplicaSet that the arithmetic needs. */
export interface Sized {
  /** As specified. */
  readonly replicas: number
  readonly available: number
}

/** Per cent of `total` or a number: surge is rounded up, unavailable down; both 0 would never move, so 1 may be missing. */
export function roomOf({ spec }: Deployment): Room {
  if (spec.strategy?.type === 'Recreate') return { surge: 0, unavailable: 0 }
  const { maxSurge = '25%', maxUnavailable = '25%' } = spec.strategy?.rollingUpdate ?? {}
  const replicas = spec.replicas ?? 1
  const surge = scaled(maxSurge, replicas, Math.ceil)
  const unavailable = scaled(maxUnavailable, replicas, Math.floor)
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable }
}

/** A number, or a share of `total`: `25%`. */
export function scaled(value: IntOrString, total: number, round: (value: number) => number): number {
  return typeof value === 'number' ? value : round((Number(value.replace('%', '')) * total) / 100)
}

/** How large the new ReplicaSet may be now. */
export function newSize(wanted: number, room: Room, next: Sized, old: readonly Sized[]): number {
  if (next.replicas >= wanted) return wanted
  const total = next.replicas + sum(old, 'replicas')
  const free = wanted + room.surge - total
  return free <= 0 ? next.replicas : Math.min(next.replicas + free, wanted)
}

/**
 * How large the old ReplicaSets (oldest first) may be now: first those pods go that are not available anyway, then as
 * many others as leaves the minimum available.
 */
export function oldSizes(wanted: number, room: Room, next: Sized, old: readonly Sized[]): readonly number[] {
  const minimum = wanted - room.unavailable
  const total = next.replicas + sum(old, 'replicas')
  let unhealthy = total - minimum - (next.replicas - next.available)
  if (unhealthy <= 0) return old.map(({ replicas }) => replicas)
  const cleaned = old.map(({ replicas, available }) => {
    const gone = Math.max(Math.min(unhealthy, replicas - available), 0)
    unhealthy -= gone
    return replicas - gone
  })
  let spare = next.available + sum(old, 'available') - minimum
  return cleaned.map((replicas) => {
    const gone = Math.max(Math.min(spare, replicas), 0)
    spare -= gone
    return replicas - gone
  })
}

/**
 * The sizes of several ReplicaSets when the Deployment is scaled during a rollout: each keeps its part, and the first
 * takes what rounding leaves. Larger ones come first.
 * @param before the size that all together might have before
 */
export function proportional(sizes: readonly number[], before: number, after: number): readonly number[] {
  const total = sizes.reduce((all, size) => all + size, 0)
  let left = after - total
  const changed = sizes.map((size) => {
    const exact = before === 0 ? 0 : Math.round((size * after) / before) - size
    const change = left > 0 ? Math.min(Math.max(exact, 0), left) : Math.max(Math.min(exact, 0), left)
    left -= change
    return size + change
  })
  return changed.map((size, index) => (index === 0 ? Math.max(size + left, 0) : size))
}

function sum(list: readonly Sized[], field: 'replicas' | 'available'): number {
  return list.reduce((total, sized) => total + sized[field], 0)
}
