import type { ClaimSight, LeaseState, RunId } from '@release-actions/release'

/** The Lease of one workload: who works on it, and what is in flight. */
export interface Claims {
  read(): Promise<ClaimSight>
  /**
   * Compare-and-swap: becomes the holder and raises the fence, keeping the state.
   * @throws Conflict when somebody else was quicker (observe again)
   */
  take(run: RunId): Promise<{ readonly fence: number }>
  /** Read-modify-write of the state while we hold it; renews the Lease. @throws Superseded when it is not ours any more */
  write(change: (state: LeaseState) => LeaseState): Promise<void>
  /** Lets go, keeping the state: the next step need not wait for the expiry. Never throws. */
  release(): Promise<void>
  /** Keeps the Lease alive in the background; `lost` aborts within seconds of somebody else taking it (a watch). */
  guard(): { readonly lost: AbortSignal; stop(): void }
}
