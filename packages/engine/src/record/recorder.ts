import type { Clock, Ledger, LedgerEntry } from '@release-actions/ports'
import {
  compareRuns,
  formatRun,
  type CanarySight,
  type InFlight,
  type Landed,
  type ReleaseGoal,
  type ReleaseRecord,
  type Stage,
} from '@release-actions/release'
import { messageOf, type Milliseconds } from '@release-actions/values'
import type { JournalEntry, Listener } from '../canary/journal.ts'

/** What the record of a release says besides what the release itself knows. */
export interface RecordFrame {
  readonly service: string
  readonly strategy: ReleaseRecord['strategy']
  readonly target: ReleaseRecord['target']
}

/**
 * Writes the record while the release goes on: in the background and in order, so that a slow or absent GitHub never
 * holds up a retreat. Only `opening`, which comes before anything is touched, may fail the step.
 */
export class Recorder implements Listener {
  readonly #ledger: Ledger
  readonly #clock: Clock
  readonly #warn: (text: string) => void
  readonly #goal: ReleaseGoal
  readonly #frame: RecordFrame
  readonly #onMove: (entry: JournalEntry, seen: CanarySight) => void
  #queue: Promise<void> = Promise.resolve()
  #deployment: number | undefined
  #previous: LedgerEntry | undefined

  constructor(
    ledger: Ledger,
    goal: ReleaseGoal,
    frame: RecordFrame,
    clock: Clock,
    tell: { warn(text: string): void; move(entry: JournalEntry, seen: CanarySight): void },
  ) {
    this.#ledger = ledger
    this.#goal = goal
    this.#frame = frame
    this.#clock = clock
    this.#warn = (text) => tell.warn(text)
    this.#onMove = (entry, seen) => tell.move(entry, seen)
  }

  get deployment(): number | undefined {
    return this.#deployment
  }

  /** The last verified release before this one; known once the record is open. */
  get previous(): LedgerEntry | undefined {
    return this.#previous
  }

  async opening(seen: CanarySight): Promise<number | undefined> {
    const flight = seen.claim.state.inFlight
    const continued = flight?.release.template === this.#goal.release.template && flight.retreat === undefined
    if (continued && flight.deployment !== undefined) {
      this.#deployment = flight.deployment
      return this.#deployment
    }
    this.#previous = (await this.#ledger.history()).find((entry) => entry.verified && !this.#isThisRun(entry))
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

  moving(entry: JournalEntry, seen: CanarySight): void {
    this.#onMove(entry, seen)
    if (entry.kind === 'promote-stable') this.#phase('promoting')
    if (entry.kind === 'retreat-route') this.#phase(`canary ${entry.weight} %: retreating`)
  }

  judging(stage: Stage, flight: InFlight | undefined): void {
    if (flight?.deployment !== undefined) this.#deployment ??= flight.deployment
    this.#phase(stage === 'stable' ? 'promoting: judging the stable' : `canary ${stage} %: soaking`)
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
    if (live === undefined || id === undefined) return
    this.#enqueue('verified', async () => {
      const entry = (await this.#ledger.history()).find((each) => each.id === id)
      if (entry === undefined || entry.verified) return
      await this.#ledger.verified(id, `${live.release.version} serves all traffic, verified`)
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

  #isThisRun(entry: LedgerEntry): boolean {
    return compareRuns(entry.record.run, this.#goal.run) === 0
  }

  #record(): ReleaseRecord {
    const { release, run, plan } = this.#goal
    const { version, digest, image } = release
    const previous = this.#previous
    return {
      kind: 'release',
      service: this.#frame.service,
      version,
      digest,
      image,
      strategy: this.#frame.strategy,
      plan,
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
  #close(flight: InFlight, id: number): void {
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
