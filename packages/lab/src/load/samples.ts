/** What a client saw, request by request. */

export interface Sample {
  /** When it was sent, milliseconds since 1970, with fractions. */
  readonly at: number
  /** Who answered; undefined when nobody did, or the answer did not say. */
  readonly version: string | undefined
  readonly status: number | undefined
  /** Answered whole, with a status from 200 to 399. */
  readonly ok: boolean
  /** Milliseconds to the end of the answer, or to the failure. */
  readonly latency: number
  /** ECONNREFUSED, ECONNRESET, `timeout` … */
  readonly error: string | undefined
}

/** Questions about the samples sent in [from, to), milliseconds since 1970; all of them when left out. */
export class Samples {
  readonly all: readonly Sample[]

  constructor(all: readonly Sample[]) {
    this.all = all
  }

  between(from = -Infinity, to = Infinity): readonly Sample[] {
    return this.all.filter(({ at }) => at >= from && at < to)
  }

  /** Answers per version, failed ones too when they said who they were from. */
  counts(from?: number, to?: number): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const { version } of this.between(from, to)) {
      if (version !== undefined) counts[version] = (counts[version] ?? 0) + 1
    }
    return counts
  }

  failed(from?: number, to?: number): readonly Sample[] {
    return this.between(from, to).filter(({ ok }) => !ok)
  }

  /** A version's share of the answers that said who they were from, 0..1; undefined when there are none. */
  share(version: string, from?: number, to?: number): number | undefined {
    const counts = this.counts(from, to)
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
    return total === 0 ? undefined : (counts[version] ?? 0) / total
  }

  /** When the last answer of a version arrived, milliseconds since 1970. */
  lastSeen(version: string): number | undefined {
    const seen = this.all
      .filter((sample) => sample.version === version)
      .map(({ at, latency }) => at + latency)
    return seen.length === 0 ? undefined : seen.reduce((a, b) => Math.max(a, b))
  }

  /** Latency of the answers, milliseconds, by nearest rank; undefined when there are none. @param percent 0–100 */
  percentile(percent: number, from?: number, to?: number): number | undefined {
    const latencies = this.between(from, to)
      .filter(({ ok }) => ok)
      .map(({ latency }) => latency)
      .sort((a, b) => a - b)
    return latencies[Math.max(0, Math.ceil((percent / 100) * latencies.length) - 1)]
  }
}
