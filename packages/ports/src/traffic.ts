import type { TrafficSight } from '@release-actions/release'
import type { Milliseconds, Percent } from '@release-actions/values'

/** Splits requests between the stable and the canary of one workload. A provider is one file behind this. */
export interface Traffic {
  /** How long after an accepted change the data plane may still follow the old configuration. */
  readonly settle: Milliseconds
  /**
   * Refuses what cannot be split at one of these weights, before anything is touched.
   * @returns warnings and what will be changed, a sentence each
   */
  preflight(
    plan: readonly Percent[],
  ): Promise<{ readonly warnings: readonly string[]; readonly changes: readonly string[] }>
  read(): Promise<TrafficSight>
  stamp(object: string, fence: number): Promise<void>
  /** What `unlink` needs in order to put the route back exactly: JSON. */
  original(): Promise<unknown>
  link(fence: number): Promise<void>
  /** Sets the canary's share. @throws Conflict when the route changed since the last `read` */
  shift(weight: Percent, fence: number): Promise<void>
  /** Canary share to 0; needs no basis, only the fence; retries until it holds. */
  retreat(fence: number): Promise<void>
  /** The route as it was before `link`, and the canary's Service gone. */
  unlink(original: unknown, fence: number): Promise<void>
  /**
   * The exact kubectl command with which a person takes the canary out of the traffic, for the route as it is now.
   * Never throws: where there is nothing to patch, the one that shows it.
   */
  wayBack(): Promise<string>
  /** Resolves when the route has changed (a watch), at the latest after `ms`. */
  changed(ms: Milliseconds, signal?: AbortSignal): Promise<void>
}
