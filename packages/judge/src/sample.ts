import type { Limit } from './gate.ts'

/** What a source answered, once, for one track. */
export type Reading = ValueReading | NoData | SourceError

export interface ValueReading {
  readonly kind: 'value'
  /** Finite, in the gate's unit: see {@link reading}. */
  readonly value: number
  /** The true value is this or more (a quantile beyond the histogram's last bucket). */
  readonly bound?: 'at-least'
  readonly notes?: readonly Note[]
}
/** The source answered, and there is nothing to judge. */
export interface NoData {
  readonly kind: 'no-data'
  readonly reason: NoDataReason
  readonly detail: string
  readonly notes?: readonly Note[]
}
/** The source did not answer, or not what was asked for. */
export interface SourceError {
  readonly kind: 'error'
  readonly reason: ErrorReason
  readonly detail: string
  readonly notes?: readonly Note[]
}

/** Something that was handled, and that a person should know. */
export interface Note {
  readonly reason: 'counter-reset' | 'pod-gone' | 'pod-not-ready' | 'warning' | 'output'
  readonly detail: string
}

export type NoDataReason =
  /** No series, no metric of that name. */
  | 'empty'
  /** 0 ÷ 0, usually: no requests. */
  | 'nan'
  | 'infinite'
  | 'no-pods'
  /** Every pod that had given data is gone. */
  | 'pod-gone'
  /** The window has only begun: a delta needs two looks. */
  | 'too-early'
  | 'too-few-observations'
  /** The JSON pointer leads nowhere, or there is no file. */
  | 'missing'
  /** A relative rule, a baseline of 0, and a value above it. */
  | 'zero-baseline'
  /** The baseline itself had no data, or its source failed. */
  | 'no-baseline'
  /** The quantile lies above the histogram's last bucket, whose bound is within the limit. */
  | 'beyond-buckets'

export type ErrorReason =
  | 'source-error'
  | 'unreachable'
  | 'timeout'
  | 'unauthorised'
  | 'bad-query'
  | 'several-series'
  | 'not-a-number'
  | 'unexpected-answer'
  | 'label-missing'
  /** The metric is there, in a form that this signal cannot be read from (a native histogram, a summary). */
  | 'not-offered'
  | 'no-limit'
  | 'no-metrics-server'
  | 'unknown-alert'

/** One look at one gate, judged by its limits. */
export interface Sample {
  /** Milliseconds since 1970: when it was asked for. */
  readonly at: number
  readonly outcome: 'pass' | 'fail' | 'no-data' | 'error'
  /** undefined for `pass`; the limit's kind for `fail`. */
  readonly reason: Limit['kind'] | NoDataReason | ErrorReason | undefined
  readonly value: number | undefined
  readonly baseline: number | undefined
  /** The limit that was broken, or the first one that it keeps. */
  readonly limit: Limit | undefined
  readonly detail: string | undefined
  readonly notes: readonly Note[]
}

/** A number as a reading: NaN and the infinities are no data, never a value. */
export function reading(value: number, notes?: readonly Note[]): Reading {
  const more = notes === undefined || notes.length === 0 ? {} : { notes }
  if (Number.isNaN(value))
    return { kind: 'no-data', reason: 'nan', detail: 'the value is NaN (0 ÷ 0: no requests?)', ...more }
  if (!Number.isFinite(value)) {
    return {
      kind: 'no-data',
      reason: 'infinite',
      detail: `the value is ${value > 0 ? '+' : '-'}Inf (a division by 0)`,
      ...more,
    }
  }
  return { kind: 'value', value, ...more }
}
export function noData(reason: NoDataReason, detail: string, notes?: readonly Note[]): NoData {
  return { kind: 'no-data', reason, detail, ...(notes === undefined || notes.length === 0 ? {} : { notes }) }
}
export function sourceError(reason: ErrorReason, detail: string, notes?: readonly Note[]): SourceError {
  return { kind: 'error', reason, detail, ...(notes === undefined || notes.length === 0 ? {} : { notes }) }
}
