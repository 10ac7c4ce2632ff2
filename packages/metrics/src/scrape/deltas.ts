import type { Note } from '@release-actions/judge'

/** One pod's counters as scraped: series key → what it is and counts. */
export interface PodScrape {
  readonly uid: string
  readonly name: string
  readonly series: ReadonlyMap<string, Series>
  /** `process_start_time_seconds`; another one than before is a new process. */
  readonly startTime: number | undefined
}

export interface Series {
  readonly metric: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What a series has counted since the first scrape. */
export interface Gain {
  readonly metric: string
  readonly labels: Readonly<Record<string, string>>
  readonly gained: number
}

interface Seen {
  readonly name: string
  last: PodScrape
  gone: boolean
  readonly gains: Map<string, { metric: string; labels: Readonly<Record<string, string>>; gained: number }>
}

/**
 * Counters of several pods as deltas since the first scrape, added up scrape by scrape.
 *
 * - A value that drops, or a new process, is a reset: the value counts from 0, as in Prometheus's `increase`
 *   (https://prometheus.io/docs/prometheus/latest/querying/functions/#rate).
 * - A series that appears in a pod that was scraped before counts from 0: it was not there because it had counted
 *   nothing. (Prometheus, which cannot know, loses the first error of a service that had none.)
 * - A pod that appears counts from its own first scrape; a pod that is gone keeps what it had counted.
 */
export class Deltas {
  readonly #pods = new Map<string, Seen>()
  readonly #resets = new Set<string>()
  #measured = false

  /** Some pod has been scraped twice: there is a delta. */
  get measured(): boolean {
    return this.#measured
  }

  knows(uid: string): boolean {
    return this.#pods.has(uid)
  }

  /** @param present uids of the pods that exist, scraped or not */
  add(scrapes: readonly PodScrape[], present: ReadonlySet<string>): void {
    for (const scrape of scrapes) {
      const seen = this.#pods.get(scrape.uid)
      if (seen === undefined)
        this.#pods.set(scrape.uid, { name: scrape.name, last: scrape, gone: false, gains: new Map() })
      else this.#grow(seen, scrape)
    }
    for (const [uid, seen] of this.#pods) seen.gone = !present.has(uid)
  }

  #grow(seen: Seen, scrape: PodScrape): void {
    this.#measured = true
    const { startTime } = seen.last
    const restarted =
      startTime !== undefined && scrape.startTime !== undefined && startTime !== scrape.startTime
    let reset = restarted
    for (const [key, { metric, labels, value }] of scrape.series) {
      const before = restarted ? 0 : (seen.last.series.get(key)?.value ?? 0)
      const dropped = value < before
      reset ||= dropped
      const gain = seen.gains.get(key) ?? { metric, labels, gained: 0 }
      gain.gained += dropped ? value : value - before
      seen.gains.set(key, gain)
    }
    if (reset) this.#resets.add(seen.name)
    // Missing in one scrape (a NaN, a worker that was not asked in time) is not begun again: it goes on from where it was.
    const series = reset ? scrape.series : new Map([...seen.last.series, ...scrape.series])
    seen.last = { ...scrape, series }
  }

  /** Every series of every pod, also of those that are gone. */
  gains(): readonly Gain[] {
    return [...this.#pods.values()].flatMap(({ gains, last }) => [
      ...gains.values(),
      // Seen once so far: known, and nothing gained.
      ...[...last.series]
        .filter(([key]) => !gains.has(key))
        .map(([, { metric, labels }]) => ({ metric, labels, gained: 0 })),
    ])
  }

  notes(): readonly Note[] {
    const gone = [...this.#pods.values()].filter((seen) => seen.gone).map(({ name }) => name)
    return [
      ...[...this.#resets].map((name): Note => ({
        reason: 'counter-reset',
        detail: `the counters of pod ${name} began again from 0`,
      })),
      ...gone.map((name): Note => ({
        reason: 'pod-gone',
        detail: `pod ${name} is gone; what it had counted is kept`,
      })),
    ]
  }
}
