import type { RecordState, ReleaseRecord } from '@release-actions/release'

export interface LedgerEntry {
  readonly id: number
  readonly sha: string
  readonly createdAt: number
  /** Any status in its history is `success`. */
  readonly verified: boolean
  /** The newest status. */
  readonly state: RecordState
  readonly record: ReleaseRecord
  /** Fields of the payload that this version does not know: kept. */
  readonly unknown: Readonly<Record<string, unknown>>
}

/** The durable record: one entry per release of a service to an environment. */
export interface Ledger {
  /** The entries of the service in the environment, newest first. */
  history(limit?: number): Promise<readonly LedgerEntry[]>
  /**
   * Finds this run's entry (or creates it; never because a list came back empty alone) with status `queued`.
   * @param known the id on the Lease, when there is one
   */
  open(
    record: ReleaseRecord,
    known: number | undefined,
  ): Promise<{ readonly id: number; readonly created: boolean }>
  /** `in_progress` with a phase: `canary 25 %: soaking`. */
  phase(id: number, description: string): Promise<void>
  /** `success`, and the service's previous release `inactive`. */
  verified(id: number, description: string): Promise<void>
  failed(id: number, description: string): Promise<void>
  /** Another run's entry that will never end by itself (killed, superseded). */
  closed(id: number, description: string): Promise<void>
}

export type { ReleaseRecord }
