import {
  matcherTest,
  noData,
  reading,
  sourceError,
  type Matcher,
  type Note,
  type Reading,
  type ScrapeSignal,
} from '@release-actions/judge'
import { nearest, type Milliseconds } from '@release-actions/values'
import { inTime } from '../in-time.ts'
import type { Gain } from './deltas.ts'
import type { Scraped } from './pods.ts'
import { bucketQuantile } from './quantile.ts'

/** The metric names a signal is made of. A counter may be named without the `_total` that OpenMetrics gives it. */
export function metricsOf(signal: ScrapeSignal): readonly string[] {
  switch (signal.kind) {
    case 'rate':
    case 'error-rate':
      return signal.counter.endsWith('_total')
        ? [signal.counter]
        : [signal.counter, `${signal.counter}_total`]
    case 'avg':
      return [`${signal.histogram}_sum`, `${signal.histogram}_count`]
    case 'quantile':
      return [`${signal.histogram}_bucket`]
  }
}

/** What the gains say. Pure. */
export function readSignal(
  signal: ScrapeSignal,
  gains: readonly Gain[],
  elapsed: Milliseconds,
  minObservations: number,
  scraped: Scraped,
  notes: readonly Note[],
): Reading {
  const few = (count: number): Reading =>
    noData(
      'too-few-observations',
      `${round(count)} requests in the window; ${minObservations} are needed`,
      notes,
    )
  switch (signal.kind) {
    case 'rate':
      if (gains.length === 0) return absent(signal.counter, signal.where, scraped, notes)
      return reading(sum(gains) / (elapsed / 1000), notes)
    case 'error-rate': {
      if (gains.length === 0) return absent(signal.counter, signal.where, scraped, notes)
      const missing = signal.errors.find(({ label }) =>
        gains.every(({ labels }) => labels[label] === undefined),
      )
      if (missing !== undefined) return labelMissing(signal.counter, missing, gains, notes)
      const total = sum(gains)
      if (total < minObservations) return few(total)
      const failing = matcherTest(signal.errors)
      const failed = inTime(() => gains.filter(({ labels }) => failing(labels)))
      return reading(sum(failed) / total, notes)
    }
    case 'avg': {
      if (gains.length === 0) return absent(`${signal.histogram}_sum`, signal.where, scraped, notes)
      const of = (suffix: string): number =>
        sum(gains.filter(({ metric }) => metric === `${signal.histogram}${suffix}`))
      const count = of('_count')
      return count < minObservations ? few(count) : reading(of('_sum') / count, notes)
    }
    case 'quantile': {
      if (gains.length === 0) return noBuckets(signal.histogram, signal.where, scraped, notes)
      const buckets = new Map<number, number>()
      for (const { labels, gained } of gains) {
        const le = readBound(labels['le'])
        buckets.set(le, (buckets.get(le) ?? 0) + gained)
      }
      const total = buckets.get(Infinity)
      if (total !== undefined && total < minObservations) return few(total)
      const found = bucketQuantile(
        signal.quantile,
        [...buckets].map(([le, count]) => ({ le, count })),
      )
      if (found.kind === 'none') return sourceError('not-offered', `${signal.histogram}: ${found.why}`, notes)
      const value = reading(found.value, notes)
      return value.kind === 'value' && found.bound === 'at-least' ? { ...value, bound: 'at-least' } : value
    }
  }
}

function absent(
  metric: string,
  where: readonly Matcher[],
  scraped: Scraped,
  notes: readonly Note[],
): Reading {
  if (scraped.names.has(metric) && where.length > 0)
    return noData('empty', `no series of ${metric} matches ${shown(where)}`, notes)
  const close = nearest(metric, [...scraped.names])
  return noData(
    'empty',
    `the pods have no metric ${metric}${close === undefined ? '' : `; is it ${close}?`}`,
    notes,
  )
}

function noBuckets(
  histogram: string,
  where: readonly Matcher[],
  scraped: Scraped,
  notes: readonly Note[],
): Reading {
  const type = scraped.types.get(histogram)
  if (type === 'summary' || (scraped.names.has(histogram) && type !== 'gauge' && type !== 'counter')) {
    return sourceError(
      'not-offered',
      `${histogram} is a summary, whose quantiles cannot be added up over pods: use signal: avg, or a histogram`,
      notes,
    )
  }
  if (scraped.names.has(`${histogram}_count`) && !scraped.names.has(`${histogram}_bucket`)) {
    return sourceError(
      'not-offered',
      `${histogram} has no classic buckets: a native histogram is not offered as text; expose classic buckets too, or use prometheus:`,
      notes,
    )
  }
  return absent(`${histogram}_bucket`, where, scraped, notes)
}

/** Without the label every request would look like a success. */
function labelMissing(
  counter: string,
  { label }: Matcher,
  gains: readonly Gain[],
  notes: readonly Note[],
): Reading {
  const labels = [...new Set(gains.flatMap((gain) => Object.keys(gain.labels)))]
  const close = ['code', 'status', 'status_code', 'http_status', 'http_response_status_code'].find((name) =>
    labels.includes(name),
  )
  const fix = close === undefined ? '' : `; write errors: ${close}=~5..`
  return sourceError(
    'label-missing',
    `${counter} has no label ${label}, but ${labels.join(', ') || 'none at all'}${fix}`,
    notes,
  )
}

function readBound(le: string | undefined): number {
  return le === undefined ? NaN : /^\+?inf$/i.test(le) ? Infinity : Number(le)
}

function sum(gains: readonly Gain[]): number {
  return gains.reduce((total, { gained }) => total + gained, 0)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

function shown(where: readonly Matcher[]): string {
  return `{${where.map(({ label, op, value }) => `${label}${op}${JSON.stringify(value)}`).join(',')}}`
}
