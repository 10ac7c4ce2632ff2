import type { Milliseconds } from '@release-actions/values'

/** Something to run in the cluster before or after a rollback: a database down-migration, a cache flush. */
export interface Hook {
  /** A DNS label, different from that of every other hook. */
  readonly name: string
  readonly work: HookWork
  readonly timeout: Milliseconds
}

export type HookWork =
  | { readonly kind: 'image'; readonly image: string; readonly command: readonly string[] }
  /** A file with one Job. */
  | { readonly kind: 'manifest'; readonly path: string }

export interface HookResult {
  /** The Job's name. */
  readonly job: string
  readonly outcome: 'succeeded' | 'failed' | 'timed-out' | 'interrupted'
  /** Why it did not succeed; undefined when it did. */
  readonly reason: string | undefined
  /** An earlier attempt of this run had run it to its end: it was not run again. */
  readonly before: boolean
  /** The last lines that its pods wrote. */
  readonly log: readonly string[]
  readonly took: Milliseconds
}

/** Runs hooks as Jobs, each once for a workload in a run, whatever the attempt. */
export interface Hooks {
  /**
   * Refuses what cannot be run, before anything is touched.
   * @throws InvalidInput naming the file and what is wrong in it
   */
  check(hook: Hook): Promise<void>
  /** @throws ReleaseError: `forbidden`, `unreachable`; a Job that fails is a result */
  run(hook: Hook, signal: AbortSignal): Promise<HookResult>
}
