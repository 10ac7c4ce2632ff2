import type { GateReport, Sample } from '@release-actions/judge'
import { describeSample } from '@release-actions/judge'
import { formatDuration, type Milliseconds } from '@release-actions/values'

/** A window in which nothing changes says so this often. */
const QUIET_MS: Milliseconds = 60_000

/**
 * What a round has to say to someone who reads the log: which gates are not what they were. An hour in which all is
 * well is sixty lines, not one for each sample.
 */
export class Progress {
  readonly #last = new Map<string, string>()
  #spoken = -Infinity

  /**
   * @param reports the gates after the round
   * @param now milliseconds since 1970
   * @param until the window's end, likewise
   * @returns lines, often none
   */
  lines(reports: readonly GateReport[], now: number, until: number): readonly string[] {
    const changed = reports.filter((report) => {
      const state = stateOf(report)
      if (state === undefined || this.#last.get(report.gate.name) === state) return false
      this.#last.set(report.gate.name, state)
      return true
    })
    const lines = changed.flatMap(({ gate, samples }) => {
      const sample = samples.at(-1)
      return sample === undefined ? [] : [`${symbol(sample)} ${gate.name}: ${describeSample(gate, sample)}`]
    })
    if (lines.length === 0 && now - this.#spoken < QUIET_MS) return []
    this.#spoken = now
    return lines.length > 0 ? lines : [quiet(reports, Math.max(0, until - now))]
  }
}

/** Two samples of one state are no news. */
function stateOf({ samples }: GateReport): string | undefined {
  const last = samples.at(-1)
  if (last === undefined) return undefined
  // A passing value moves a little all the time; that it is still within its limit is no news.
  return last.outcome === 'pass' ? last.outcome : `${last.outcome} ${last.reason ?? ''} ${last.detail ?? ''}`
}

function quiet(reports: readonly GateReport[], left: Milliseconds): string {
  const last = reports.map(({ samples }) => samples.at(-1)?.outcome)
  const passing = last.filter((outcome) => outcome === 'pass').length
  return `… ${passing} of ${reports.length} gates keep their limits; ${formatDuration(left)} left`
}

function symbol({ outcome }: Sample): string {
  switch (outcome) {
    case 'pass':
      return '✓'
    case 'fail':
      return '✗'
    case 'no-data':
      return '?'
    case 'error':
      return '!'
  }
}
