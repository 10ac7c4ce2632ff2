import type { Gate, Limit } from './gate.ts'
import { describeSample } from './words.ts'
import type { Sample } from './sample.ts'

/** The time that is judged, milliseconds since 1970. */
export interface Window {
  /** The end of the warm-up: samples before it do not count. */
  readonly from: number
  /** `from` plus the soak. */
  readonly until: number
  /** The last look has been taken: a gate that has not failed is decided now. */
  readonly ended: boolean
}

export type GateState = 'judging' | 'pass' | 'fail' | 'inconclusive'

/** Why a gate is in its state. */
export type VerdictReason =
  | 'in-window'
  | 'kept'
  /** More failed samples than `failure-limit`. */
  | 'limit-broken'
  /** More source errors in a row than `error-limit`. */
  | 'source-errors'
  | 'no-samples'
  | 'too-few-samples'
  | 'too-few-consecutive-successes'
  /** It had data, and at the end more samples in a row than `error-limit` had none. */
  | 'went-silent'

export interface SampleCounts {
  readonly pass: number
  readonly fail: number
  readonly noData: number
  readonly error: number
}

export interface GateVerdict {
  readonly gate: Gate
  readonly state: GateState
  readonly reason: VerdictReason
  /** One sentence for people, without the gate's name. */
  readonly message: string
  /** Of the sample that decided: the failure that passed the limit, else the last conclusive one. */
  readonly value: number | undefined
  readonly baseline: number | undefined
  readonly limit: Limit | undefined
  readonly counts: SampleCounts
}

/**
 * One gate over its samples. It fails as soon as its failures pass the limit, is inconclusive as soon as its source
 * has failed too often in a row, and passes only at the window's end, with enough conclusive samples. Pure.
 * @param samples in the order in which they were taken
 */
export function judgeGate(gate: Gate, samples: readonly Sample[], window: Window): GateVerdict {
  const judged = samples.filter(({ at }) => at >= window.from)
  const tally = count(judged, gate.rules.failureLimit)
  const { rules } = gate
  const conclusive = tally.counts.pass + tally.counts.fail
  const verdict = (
    state: GateState,
    reason: VerdictReason,
    message: string,
    by = tally.lastConclusive,
  ): GateVerdict => ({
    gate,
    state,
    reason,
    message,
    value: by?.value,
    baseline: by?.baseline,
    limit: by?.limit ?? rules.limits[0],
    counts: tally.counts,
  })
  if (tally.decidingFailure !== undefined) {
    const often =
      rules.failureLimit > 0 ? ` (${tally.counts.fail} failed samples; ${rules.failureLimit} allowed)` : ''
    return verdict(
      'fail',
      'limit-broken',
      `${describeSample(gate, tally.decidingFailure)}${often}`,
      tally.decidingFailure,
    )
  }
  const last = judged.at(-1)
  const lastWords = last === undefined ? '' : `: ${describeSample(gate, last)}`
  if (tally.longestErrors > rules.errorLimit) {
    return verdict(
      'inconclusive',
      'source-errors',
      `${tally.longestErrors} errors in a row${tally.lastError === undefined ? '' : `: ${describeSample(gate, tally.lastError)}`}`,
    )
  }
  if (!window.ended) {
    return verdict('judging', 'in-window', last === undefined ? 'no sample yet' : describeSample(gate, last))
  }
  if (conclusive === 0) {
    return verdict(
      'inconclusive',
      'no-samples',
      judged.length === 0 ? 'no sample was taken' : `no conclusive sample in ${judged.length}${lastWords}`,
    )
  }
  if (conclusive < rules.minSamples || tally.counts.pass === 0) {
    return verdict(
      'inconclusive',
      'too-few-samples',
      `${conclusive} conclusive samples, ${rules.minSamples} needed${tally.counts.pass === 0 ? ', none of them passed' : ''}`,
    )
  }
  const wanted = rules.consecutiveSuccesses ?? 0
  if (tally.trailingPasses < wanted) {
    return verdict(
      'inconclusive',
      'too-few-consecutive-successes',
      `${tally.trailingPasses} successes in a row at the end, ${wanted} needed`,
    )
  }
  if (tally.trailingSilence > rules.errorLimit) {
    return verdict(
      'inconclusive',
      'went-silent',
      `the last ${tally.trailingSilence} samples gave nothing${lastWords}`,
    )
  }
  const by = tally.lastConclusive
  return verdict('pass', 'kept', by === undefined ? '' : describeSample(gate, by))
}

interface Tally {
  readonly counts: SampleCounts
  /** The failure that passed the failure limit. */
  readonly decidingFailure: Sample | undefined
  readonly lastConclusive: Sample | undefined
  readonly lastError: Sample | undefined
  readonly longestErrors: number
  readonly trailingPasses: number
  /** Samples in a row at the end that are neither pass nor fail. */
  readonly trailingSilence: number
}

function count(samples: readonly Sample[], failureLimit: number): Tally {
  const counts = { pass: 0, fail: 0, noData: 0, error: 0 }
  let [decidingFailure, lastConclusive, lastError]: (Sample | undefined)[] = []
  let [longestErrors, errors, trailingPasses, trailingSilence] = [0, 0, 0, 0]
  for (const sample of samples) {
    errors = sample.outcome === 'error' ? errors + 1 : 0
    trailingPasses = sample.outcome === 'pass' ? trailingPasses + 1 : 0
    longestErrors = Math.max(longestErrors, errors)
    switch (sample.outcome) {
      case 'pass':
        counts.pass += 1
        break
      case 'fail':
        counts.fail += 1
        if (counts.fail > failureLimit) decidingFailure ??= sample
        break
      case 'no-data':
        counts.noData += 1
        break
      case 'error':
        counts.error += 1
        lastError = sample
        break
    }
    const conclusive = sample.outcome === 'pass' || sample.outcome === 'fail'
    trailingSilence = conclusive ? 0 : trailingSilence + 1
    if (conclusive) lastConclusive = sample
  }
  return {
    counts,
    decidingFailure,
    lastConclusive,
    lastError,
    longestErrors,
    trailingPasses,
    trailingSilence,
  }
}
