import { formatDuration, InvalidInput, type Milliseconds } from '@release-actions/values'
import type { Gate } from './gate.ts'

/** Looks that a window gives: one at its beginning, one each interval, one at its end. */
export function looks(soak: Milliseconds, interval: Milliseconds): number {
  return interval <= 0 ? 1 : Math.ceil(soak / interval) + 1
}

/**
 * A rule that the window cannot satisfy is an input error before anything is touched, not an inconclusive gate
 * minutes later.
 * @throws InvalidInput naming `input`
 */
export function assertReachable(
  input: string,
  gates: readonly Gate[],
  soak: Milliseconds,
  interval: Milliseconds,
): void {
  for (const gate of gates) {
    const pace = Math.max(gate.interval ?? interval, interval)
    const most = looks(soak, pace) - (needsTwoLooks(gate) ? 1 : 0)
    const wanted = Math.max(gate.rules.minSamples, gate.rules.consecutiveSuccesses ?? 0)
    if (wanted > most && gate.rules.enforce) {
      const window = `a soak of ${formatDuration(soak)} sampled every ${formatDuration(pace)} gives ${most}`
      throw new InvalidInput(
        input,
        `${gate.name}: ${wanted} samples`,
        `a longer soak or a shorter interval: ${window}`,
      )
    }
  }
}

/** A delta, or a rate over the time judged so far: the first look only begins it. */
export function needsTwoLooks(gate: Gate): boolean {
  const { source } = gate
  return (
    source.kind === 'scrape' || (source.kind === 'prometheus' && /\{\{\s*window\s*\}\}/.test(source.query))
  )
}
