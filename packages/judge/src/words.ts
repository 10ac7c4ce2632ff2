import { formatPercent, formatShare } from '@release-actions/values'
import type { Gate, Limit, Unit } from './gate.ts'
import type { Sample } from './sample.ts'

/** A value with its unit, as people read it: `4.2 %`, `850 ms`, `12.5 MiB`, `0.318`. */
export function formatValue(value: number, unit: Unit | undefined): string {
  switch (unit) {
    case 'share':
      return formatShare(value)
    case '%':
      return formatPercent(value)
    case 's':
      return Math.abs(value) >= 1 || value === 0 ? `${short(value)} s` : `${short(value * 1000)} ms`
    case 'ms':
      return Math.abs(value) >= 1000 ? `${short(value / 1000)} s` : `${short(value)} ms`
    case 'us':
      return Math.abs(value) >= 1000 ? formatValue(value / 1000, 'ms') : `${short(value)} µs`
    case 'B': {
      const step = [1024 ** 3, 1024 ** 2, 1024].find((size) => Math.abs(value) >= size) ?? 1
      return `${short(value / step)} ${step === 1 ? 'B' : step === 1024 ? 'KiB' : step === 1024 ** 2 ? 'MiB' : 'GiB'}`
    }
    case undefined:
      return short(value)
  }
}

/** `≤ 5 %`, `≥ 90`, `≤ baseline + 1 pp`, `≤ baseline + 20 %`. */
export function formatLimit(limit: Limit, unit: Unit | undefined): string {
  const { value } = limit
  const floor = limit.floor === undefined ? '' : ` (of at least ${formatValue(limit.floor, unit)})`
  switch (limit.kind) {
    case 'max':
      return `≤ ${formatValue(value, unit)}`
    case 'min':
      return `≥ ${formatValue(value, unit)}`
    case 'max-delta':
      return `≤ baseline ${signed(value, unit)}`
    case 'min-delta':
      return `≥ baseline ${signed(value, unit)}`
    case 'max-increase':
      return `≤ baseline + ${formatShare(value)}${floor}`
    case 'max-decrease':
      return `≥ baseline − ${formatShare(value)}${floor}`
  }
}

/** What a sample says, in half a sentence: `4.2 % breaks ≤ 1 % (baseline 0.1 %)`, `no data: empty: …`. */
export function describeSample(gate: Gate, sample: Sample): string {
  const { unit } = gate
  switch (sample.outcome) {
    case 'pass':
    case 'fail': {
      const value = sample.value === undefined ? 'the value' : formatValue(sample.value, unit)
      const verb = sample.outcome === 'pass' ? 'keeps' : 'breaks'
      const limit = sample.limit === undefined ? 'its rules' : formatLimit(sample.limit, unit)
      const baseline =
        sample.baseline === undefined ? '' : ` (baseline ${formatValue(sample.baseline, unit)})`
      return `${value} ${verb} ${limit}${baseline}${sample.outcome === 'fail' ? outputOf(sample) : ''}`
    }
    case 'no-data':
      return `no data: ${sample.reason ?? 'empty'}${sample.detail === undefined ? '' : `: ${sample.detail}`}`
    case 'error':
      return `error: ${sample.reason ?? 'source-error'}${sample.detail === undefined ? '' : `: ${sample.detail}`}`
  }
}

/** What the source itself said about a failure: which pod, which status, the last line of a command. */
function outputOf(sample: Sample): string {
  const said = sample.notes.find(({ reason }) => reason === 'output')
  return said === undefined ? '' : `: ${said.detail.split('\n').at(-1) ?? ''}`
}

function signed(value: number, unit: Unit | undefined): string {
  const sign = value < 0 ? '−' : '+'
  const size = Math.abs(value)
  if (unit === 'share') return `${sign} ${short(size * 100)} pp`
  if (unit === '%') return `${sign} ${short(size)} pp`
  return `${sign} ${formatValue(size, unit)}`
}

/** At most four significant digits, no exponent where a person would not write one. */
function short(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value)
  return String(Number(value.toPrecision(Math.abs(value) >= 1000 ? 6 : 4)))
}
