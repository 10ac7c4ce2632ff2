import { isRelative, type Gate, type Limit } from './gate.ts'
import type { NoDataReason, Note, Reading, Sample, ValueReading } from './sample.ts'

/**
 * One sample: the reading of the new version, held against the gate's limits. A broken limit fails it whatever the
 * other limits say; a limit that cannot be told makes it no data; it passes only when every limit is kept.
 * @param at milliseconds since 1970
 * @param baseline the reading of the baseline; looked at only when a limit compares with it
 */
export function assess(gate: Gate, at: number, candidate: Reading, baseline: Reading | undefined): Sample {
  const notes: readonly Note[] = [...(candidate.notes ?? []), ...(baseline?.notes ?? [])]
  const baselineValue = baseline?.kind === 'value' ? baseline.value : undefined
  const common = { at, baseline: baselineValue, notes }
  if (candidate.kind !== 'value') {
    const { kind, reason, detail } = candidate
    return { ...common, outcome: kind, reason, value: undefined, limit: undefined, detail }
  }
  const { value } = candidate
  let open: Open | undefined
  for (const limit of gate.rules.limits) {
    const held = hold(limit, candidate, baseline)
    if (held === 'broken') {
      return { ...common, outcome: 'fail', reason: limit.kind, value, limit, detail: undefined }
    }
    if (held !== 'kept') open ??= held
  }
  if (open !== undefined) {
    const { outcome, reason, detail, limit } = open
    return { ...common, outcome, reason, value, limit, detail }
  }
  if (gate.rules.limits.length === 0) {
    const detail = 'the gate has no limit to hold it against'
    return { ...common, outcome: 'no-data', reason: 'empty', value, limit: undefined, detail }
  }
  return {
    ...common,
    outcome: 'pass',
    reason: undefined,
    value,
    limit: gate.rules.limits[0],
    detail: undefined,
  }
}

/** A limit that this reading does not tell. */
interface Open {
  readonly limit: Limit
  readonly outcome: 'no-data' | 'error'
  readonly reason: NoDataReason
  readonly detail: string
}

function hold(
  limit: Limit,
  candidate: ValueReading,
  baseline: Reading | undefined,
): 'kept' | 'broken' | Open {
  const open = (reason: NoDataReason, detail: string, outcome: Open['outcome'] = 'no-data'): Open => ({
    limit,
    outcome,
    reason,
    detail,
  })
  const beyond = 'it lies above the last bucket of the histogram: add buckets up to the limit'
  let base = 0
  if (isRelative(limit.kind)) {
    if (baseline === undefined) return open('no-baseline', 'there is no baseline')
    if (baseline.kind !== 'value') {
      return open('no-baseline', `of the baseline: ${baseline.reason}: ${baseline.detail}`, baseline.kind)
    }
    if (baseline.bound === 'at-least') return open('beyond-buckets', `of the baseline: ${beyond}`)
    base = baseline.value
  }
  const { value } = candidate
  const atLeast = candidate.bound === 'at-least'
  switch (limit.kind) {
    case 'max':
    case 'max-delta':
      if (above(value - base, limit.value)) return 'broken'
      return atLeast ? open('beyond-buckets', beyond) : 'kept'
    case 'max-increase':
      base = Math.max(base, limit.floor ?? base)
      if (value <= base && !atLeast) return 'kept'
      if (base === 0) return open('zero-baseline', 'the baseline is 0, so the increase has no ratio')
      if (above((value - base) / Math.abs(base), limit.value)) return 'broken'
      return atLeast ? open('beyond-buckets', beyond) : 'kept'
    case 'min':
    case 'min-delta':
      if (!above(limit.value, value - base)) return 'kept'
      return atLeast ? open('beyond-buckets', beyond) : 'broken'
    case 'max-decrease':
      if (limit.floor !== undefined && base < limit.floor) return 'kept'
      if (value >= base) return 'kept'
      if (atLeast) return open('beyond-buckets', beyond)
      if (base === 0) return open('zero-baseline', 'the baseline is 0, so the decrease has no ratio')
      return above((base - value) / Math.abs(base), limit.value) ? 'broken' : 'kept'
  }
}

/** Greater, and not by rounding alone: 0.07 − 0.06 is not above 0.01. */
function above(value: number, limit: number): boolean {
  return value - limit > 1e-12 * Math.max(1, Math.abs(value), Math.abs(limit))
}
