import type { Milliseconds } from '@release-actions/values'

/** Time comes in through here. A process's clock never goes back or jumps: wall time at its start plus elapsed time. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /** Resolves after `ms`, or earlier when `signal` aborts; it never rejects. */
  sleep(ms: Milliseconds, signal?: AbortSignal): Promise<void>
}
