import type { Percent } from '@release-actions/values'
import type { GateStage } from '@release-actions/ports'

/** One thing that this process did, for the log and the summary. */
export interface JournalEntry<Kind extends string = string> {
  readonly at: number
  readonly kind: Kind
  readonly text: string
  /** The new version's configured share when it was done. */
  readonly weight: Percent
}

/** Told what happens, in order. Must not throw: a record that cannot be written stops no retreat. */
export interface LoopListener<Seen, Stage extends GateStage, Kind extends string = string> {
  /** Before the first write on the cluster. May throw: nothing has been touched. @returns the GitHub Deployment */
  opening?(seen: Seen): Promise<number | undefined>
  /** What the record calls the version that runs, by its digest; asked after `opening`. */
  nameOf?(digest: string): string | undefined
  /** A move of a new kind begins; repeated waits are told once. */
  moving?(entry: JournalEntry<Kind>, seen: Seen): void
  /** @param underWay what the Lease says of the release */
  judging?(
    stage: Stage,
    underWay: { readonly deployment: number | undefined } | undefined,
    entry: JournalEntry<Kind>,
  ): void
  tell?(text: string): void
}
