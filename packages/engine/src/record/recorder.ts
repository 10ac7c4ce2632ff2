import type { Clock, GateStage, Ledger, LedgerEntry } from '@release-actions/ports'
import {
  compareRuns,
  formatRun,
  isOpen,
  type ClaimSight,
  type Landed,
  type LeaseState,
  type ReleaseId,
  type ReleaseRecord,
  type Retreat,
  type RunId,
} from '@release-actions/release'
import { messageOf, type Milliseconds, type Percent } from '@release-actions/values'
import type { JournalEntry, LoopListener } from '../listener.ts'

/** What the record of a release says besides what the release itself knows. */
export interface RecordFrame {
  /** Default: a release. */
  readonly kind?: ReleaseRecord['kind']
  readonly service: string
  readonly strategy: ReleaseRecord['strategy']
  readonly target: ReleaseRecord['target']
  readonly phases: PhaseWords
}

/** What is recorded, of a goal of any strategy. */
export interface RecordedGoal {
  readonly release: ReleaseId
  readonly run: RunId
  readonly plan?: readonly Percent[]
}

/** The phases that are worth a status, in the words of a strategy. */
export interface PhaseWords {
  /** @returns undefined: no phase begins with it */
  moving(entry: JournalEntry): string | undefined
  judging(stage: GateStage, entry: JournalEntry): string
}

/** All that the record looks at: the same for every strategy. */
interface RecordedSight {
  readonly claim: Pick<ClaimSight, 'state'>
}

/** A release that the Lease says is under way. */
interface UnderWay {
  readonly release: ReleaseId
  readonly run: RunId
  readonly deployment: number | undefined
  readonly retreat: Retreat | undefined
}

/**
 * Writes the record while the release goes on: in the background and in order, so that a slow or absent GitHub never
 * holds up a retreat. Only `opening`, which comes before anything is touched, may fail the step.
 */
export class Recorder implements LoopListener<RecordedSight, GateStage> {
  readonly #ledger: Ledger
  readonly #clock: Clock
  readonly #warn: (text: string) => void
  readonly #goal: RecordedGoal
  readonly #frame: RecordFrame
  #queue: Promise<void> = Promise.resolve()
  #deployment: number | undefined
  #previous: LedgerEntry | undefined

  constructor(
    ledger: Ledger,
    goal: RecordedGoal,
    frame: RecordFrame,
    clock: Clock,
    warn: (text: string) => void,
  ) {
    this.#ledger = ledger
    this.#goal = goal
    this.#frame = frame
    this.#clock = clock
    this.#warn = warn
  }

  get deployment(): number | undefined {
    return this.#deployment
  }

  /** The last verified release before this one; known once the record is open. */
  get previous(): LedgerEntry | undefined {
    return this.#previous
  }

  async opening(seen: RecordedSight): Promise<number | undefined> {
    const flight = underWay(seen.claim.state)
    const continued = flight?.release.template === this.#goal.release.template && flight.retreat === undefined
    if (continued && flight.deployment !== undefined) {
      this.#deployment = flight.deployment
      return this.#deployment
    }
    const entries = await this.#ledger.history()
    const untold = this.#tellWhatIsUntold(seen.claim.state, entries)
    this.#previous = entries.find((entry) => (entry.verified || entry === untold) && !this.#isThisRun(entry))
    const { id } = await this.#ledger.open(this.#record(), undefined)
    this.#deployment = id
    if (flight !== undefined && flight.deployment !== undefined && flight.deployment !== id)
      this.#close(flight, flight.deployment)
    return id
  }

  nameOf(digest: string): string | undefined {
    const record = this.#previous?.record
    return record?.digest === digest ? record.version : undefined
  }

  moving(entry: JournalEntry): void {
    const phase = this.#frame.phases.moving(entry)
    if (phase !== undefined) this.#phase(phase)
  }

  judging(
    stage: GateStage,
    of: { readonly deployment: number | undefined } | undefined,
    entry: JournalEntry,
  ): void {
    this.#deployment ??= of?.deployment
    this.#phase(this.#frame.phases.judging(stage, entry))
  }

  tell(text: string): void {
    this.#warn(text)
  }

  passed(description: string): void {
    this.#phase(description)
  }

  verified(description: string): void {
    this.#write('verified', (id) => this.#ledger.verified(id, description))
  }

  /** What is live was promoted by an earlier process, which may have been killed before it could say so. */
  landed(live: Landed | undefined): void {
    const id = live?.deployment
    if (live === undefined || id === undefined || live.why !== undefined) return
    this.#enqueue('verified', async () => {
      const entry = (await this.#ledger.history()).find((each) => each.id === id)
      if (entry === undefined || entry.verified) return
      await this.#ledger.verified(id, servesAll(live))
    })
  }

  failed(description: string): void {
    this.#write('failed', (id) => this.#ledger.failed(id, description))
  }

  /** Resolves when everything has been written, at the latest after `most`; what is not written then is said. */
  async flush(most: Milliseconds): Promise<void> {
    let written = false
    const all = this.#queue.then(() => {
      written = true
    })
    const stop = new AbortController()
    await Promise.race([all, this.#clock.sleep(most, stop.signal)])
    stop.abort()
    if (!written) this.#warn(`the record on GitHub is not complete: no answer within ${most / 1000} s`)
  }

  /**
   * How the last releases ended stands on the Lease. Where it does not stand in the record, their process or GitHub was
   * gone by then: it is said now, for a rollback goes back to nothing that is not verified.
   * @returns the entry of what is live, when it was not known to be verified
   */
  #tellWhatIsUntold({ live, last }: LeaseState, entries: readonly LedgerEntry[]): LedgerEntry | undefined {
    const tell = (landed: Landed | undefined): LedgerEntry | undefined => {
      const entry = entries.find(({ id, state }) => id === landed?.deployment && isOpen(state))
      if (landed === undefined || entry === undefined) return undefined
      const { outcome, why } = landed
      if (why === undefined) {
        if (outcome === 'retreated') return undefined
        this.#enqueue('verified', () => this.#ledger.verified(entry.id, servesAll(landed)))
        return entry
      }
      // A rollback leaves what it could not verify, and says why.
      const how = outcome === 'retreated' ? 'retreated' : 'not verified'
      this.#enqueue('failed', () => this.#ledger.failed(entry.id, `${how}: ${why.reason}`))
      return undefined
    }
    if (last?.deployment !== live?.deployment) tell(last)
    return tell(live)
  }

  #isThisRun(entry: LedgerEntry): boolean {
    return compareRuns(entry.record.run, this.#goal.run) === 0
  }

  #record(): ReleaseRecord {
    const { release, run, plan } = this.#goal
    const { version, digest, image, template } = release
    const previous = this.#previous
    return {
      kind: this.#frame.kind ?? 'release',
      service: this.#frame.service,
      version,
      digest,
      image,
      template,
      strategy: this.#frame.strategy,
      ...(plan === undefined ? {} : { plan }),
      previous: previous && {
        version: previous.record.version,
        digest: previous.record.digest,
        deployment: previous.id,
      },
      target: this.#frame.target,
      run,
    }
  }

  /** The release that this one takes over from will never end by itself. */
  #close(flight: UnderWay, id: number): void {
    if (
      flight.release.template === this.#goal.release.template &&
      compareRuns(flight.run, this.#goal.run) === 0
    )
      return
    this.#enqueue('closed', () => this.#ledger.closed(id, `superseded by run ${formatRun(this.#goal.run)}`))
  }

  #phase(description: string): void {
    this.#write('phase', (id) => this.#ledger.phase(id, description))
  }

  #write(what: string, write: (id: number) => Promise<void>): void {
    const id = this.#deployment
    if (id !== undefined) this.#enqueue(what, () => write(id))
  }

  #enqueue(what: string, write: () => Promise<void>): void {
    this.#queue = this.#queue.then(write).catch((error: unknown) => {
      this.#warn(`the record on GitHub could not be written (${what}): ${messageOf(error)}`)
    })
  }
}

function servesAll({ release }: Landed): string {
  return `${release.version} serves all traffic, verified`
}

function underWay({ inFlight, switching }: LeaseState): UnderWay | undefined {
  return inFlight ?? switching
}
