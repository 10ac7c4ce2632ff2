import { nearest } from '@release-actions/values'
import type { Matcher, ScrapeSignal, Unit } from '../../gate.ts'
import { betterErrors, MATCHERS, parseMatchers } from '../../matchers.ts'
import type { RawGate } from '../shape.ts'
import type { Fields, ReadSource } from './fields.ts'

type Raw = NonNullable<RawGate['scrape']>

export function readScrape(raw: Raw, fields: Fields): ReadSource {
  const min = raw['min-observations']
  if (min !== undefined && !(Number.isSafeInteger(min) && min >= 1)) {
    throw fields.wrong('min-observations', min, 'a whole number of at least 1')
  }
  for (const key of ['path', 'where', 'errors'] as const) {
    const text = raw[key]
    if (text?.includes('{{') === true)
      throw fields.wrong(key, text, "it without templates: each version's own pods are asked")
  }
  const port = fields.port(raw.port)
  const signal = readSignal(raw, fields)
  return {
    source: {
      kind: 'scrape',
      port,
      path: fields.urlPath(raw.path ?? '/metrics'),
      signal,
      minObservations: min ?? 1,
    },
    unit: unitOf(signal),
    defaults: [],
    noBaseline: undefined,
  }
}

const SIGNALS = 'rate, error-rate, avg, or a percentile from p1 to p99.99'

function readSignal(raw: Raw, fields: Fields): ScrapeSignal {
  const { signal } = raw
  if (signal === undefined) throw fields.wrong('signal', undefined, SIGNALS)
  refuseMisfits(raw, signal, fields)
  const where = readMatchers('where', raw.where ?? '', fields)
  const counter = readMetric('counter', raw.counter ?? 'http_requests_total', fields)
  const named = (raw.histogram ?? 'http_request_duration_seconds').replace(/_bucket$/, '')
  const histogram = readMetric('histogram', named, fields)
  switch (signal) {
    case 'rate':
      return { kind: 'rate', counter, where }
    case 'error-rate': {
      const errors = readMatchers('errors', raw.errors ?? 'code=~5..', fields)
      const better = betterErrors(errors)
      if (better !== undefined) throw fields.wrong('errors', raw.errors, better)
      return { kind: 'error-rate', counter, where, errors }
    }
    case 'avg':
      return { kind: 'avg', histogram, where }
    default:
      return { kind: 'quantile', quantile: readPercentile(signal, fields), histogram, where }
  }
}

/** Keys that this signal would not read. */
function refuseMisfits(raw: Raw, signal: string, fields: Fields): void {
  const counts = signal === 'rate' || signal === 'error-rate'
  const misfit = counts ? 'histogram' : 'counter'
  if (raw[misfit] !== undefined) {
    throw fields.wrong(misfit, raw[misfit], `${counts ? 'counter' : 'histogram'} with signal ${signal}`)
  }
  if (signal !== 'error-rate' && raw.errors !== undefined) {
    throw fields.wrong('errors', raw.errors, 'where, or signal: error-rate')
  }
}

/** `p99` is 0.99. */
function readPercentile(signal: string, fields: Fields): number {
  const percent = Number(/^p(\d{1,2}(?:\.\d{1,2})?)$/.exec(signal)?.[1] ?? NaN)
  if (percent > 0 && percent < 100) return percent / 100
  const close = nearest(signal, ['rate', 'error-rate', 'avg', 'p50', 'p90', 'p95', 'p99'])
  throw fields.wrong('signal', signal, `${close === undefined ? '' : `${close}? Legal are `}${SIGNALS}`)
}

function readMatchers(key: string, text: string, fields: Fields): readonly Matcher[] {
  const matchers = parseMatchers(text)
  if (matchers !== undefined) return matchers
  throw fields.wrong(key, text, MATCHERS)
}

function readMetric(key: string, name: string, fields: Fields): string {
  if (/^[a-zA-Z_:][\w:.]*$/.test(name)) return name
  throw fields.wrong(key, name, "a metric's name, without labels")
}

/** By the name, as Prometheus's conventions have it (https://prometheus.io/docs/practices/naming). */
function unitOf(signal: ScrapeSignal): Unit | undefined {
  switch (signal.kind) {
    case 'rate':
      return undefined
    case 'error-rate':
      return 'share'
    case 'avg':
    case 'quantile': {
      const [, suffix] = /_(seconds|milliseconds|ms|microseconds|bytes)$/.exec(signal.histogram) ?? []
      if (suffix === 'seconds') return 's'
      if (suffix === 'milliseconds' || suffix === 'ms') return 'ms'
      if (suffix === 'microseconds') return 'us'
      return suffix === 'bytes' ? 'B' : undefined
    }
  }
}
