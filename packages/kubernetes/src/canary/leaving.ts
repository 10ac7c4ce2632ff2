import type { Clock } from '@release-actions/ports'
import type { Pod } from '../objects.ts'

/** Beside the doubling pause. */
const MARGIN_MS = 5_000

/**
 * Whether a full quota may have room again by itself: pods that are on their way out count until they are gone, and a
 * ReplicaSet tries again after a pause that doubles, so at the latest after as long as they took. What is known of it
 * is what this process has seen.
 */
export function createLeaving(clock: Clock): (pods: readonly Pod[]) => boolean {
  let seen: { readonly first: number; readonly last: number } | undefined
  return (pods) => {
    const now = clock.now()
    if (pods.some(({ metadata }) => metadata?.deletionTimestamp !== undefined)) {
      seen = { first: seen?.first ?? now, last: now }
    } else if (seen !== undefined && now >= seen.last + (seen.last - seen.first) + MARGIN_MS) {
      seen = undefined
    }
    return seen !== undefined
  }
}
