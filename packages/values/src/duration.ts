import { InvalidInput } from './errors.ts'

/** A length of time in milliseconds. */
export type Milliseconds = number

/** As users type it. */
export const DURATION = /^(?:0|(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?)$/

const UNITS: Readonly<Record<string, Milliseconds>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/**
 * Reads a duration as users type it: `90s`, `5m`, `1h30m`, `500ms`, `0`.
 * @param input the input's name, for the error
 * @returns milliseconds
 * @throws InvalidInput for anything else, a bare number other than 0 among it: it names no unit
 */
export function parseDuration(input: string, text: string): Milliseconds {
  const trimmed = text.trim()
  if (trimmed === '0') return 0
  const matched = DURATION.exec(trimmed)
  if (matched === null) throw new InvalidInput(input, text, 'a duration such as 90s, 5m or 1h30m')
  const [, h, m, s, ms] = matched
  const total = of(h, 'h') + of(m, 'm') + of(s, 's') + of(ms, 'ms')
  if (!Number.isSafeInteger(total) || total > 31 * 24 * 3_600_000) {
    throw new InvalidInput(input, text, 'a duration of at most 31 days (744h)')
  }
  return total
}

function of(digits: string | undefined, unit: string): Milliseconds {
  return digits === undefined ? 0 : Number(digits) * (UNITS[unit] ?? 0)
}

/** A duration as people read it: `1h30m`, `5m`, `1m30s`, `4.2s`, `350ms`, `0s`. */
export function formatDuration(ms: Milliseconds): string {
  if (ms < 1000) return ms === 0 ? '0s' : `${Math.round(ms)}ms`
  if (ms < 10_000 && ms % 1000 !== 0) return `${(ms / 1000).toFixed(1)}s`
  const seconds = Math.round(ms / 1000)
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60]
  return `${h > 0 ? `${h}h` : ''}${m > 0 ? `${m}m` : ''}${s > 0 || (h === 0 && m === 0) ? `${s}s` : ''}`
}
