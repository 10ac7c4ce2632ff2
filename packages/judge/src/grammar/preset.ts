import { nearest } from '@release-actions/values'
import { betterErrors, MATCHERS, parseMatchers } from '../matchers.ts'
import { problem, type Origin, type Path } from './problem.ts'
import type { At } from './rules.ts'
import { checkOverride, type RawGate, type RawPreset, type RawRules } from './shape.ts'

/** A gate as written, and where its keys stand. */
export interface Entry {
  readonly raw: RawGate
  readonly at: At
  readonly preset: boolean
}

/**
 * `preset: golden-signals`. What it stands for, and its limits:
 *
 * | gate | value | limits |
 * |---|---|---|
 * | `error rate` | 5xx ÷ all requests | ≤ 1 %, and ≤ baseline + 0.5 pp |
 * | `p99 latency` | 99th percentile of the request durations | ≤ baseline + 50 %, a baseline below 100 ms counting as 100 ms (without a baseline: ≤ 1 s) |
 * | `restarts` | container restarts since the window began | 0 |
 * | `readiness` | ready pods ÷ pods | ≥ 90 %, one sample may miss |
 *
 * The first two need 10 requests in the window (`min-observations`, with `scrape`). `limits` changes the rules of one of
 * them by name, or leaves it out with `false`; a gate of the list with the same name takes its place.
 * @param baseline false: there is nothing to compare with
 */
export function goldenSignals(
  raw: RawPreset,
  path: Path,
  origin: Origin,
  baseline: boolean,
): readonly Entry[] {
  if ((raw.scrape === undefined) === (raw.prometheus === undefined)) {
    throw problem(
      origin,
      path,
      Object.keys(raw),
      'scrape: {port: 9090} or prometheus: {service: monitoring/prometheus:9090} with it',
    )
  }
  const limits = readOverrides(raw, path, origin)
  return golden(promqlOf(raw, path, origin), baseline).flatMap((gate): Entry[] => {
    const override = limits.get(key(gate.name))
    if (override?.rules === false) return []
    const changed = Object.keys(override?.rules ?? {})
    return [
      {
        raw: withRules(gate, override?.rules ?? {}),
        preset: true,
        at: (name) => {
          if (override !== undefined && changed.includes(name)) return [...override.path, name]
          return name === 'scrape' || name === 'prometheus' ? [...path, name] : path
        },
      },
    ]
  })
}

const NAMES = ['error rate', 'p99 latency', 'restarts', 'readiness'] as const

interface NamedGate extends RawGate {
  readonly name: (typeof NAMES)[number]
}

function golden(raw: RawPreset, baseline: boolean): readonly NamedGate[] {
  return [
    {
      name: 'error rate',
      ...requestSource(raw, 'error-rate'),
      unit: 'share',
      max: '1%',
      ...(baseline ? { 'max-delta': '0.5pp' } : {}),
    },
    {
      name: 'p99 latency',
      ...requestSource(raw, 'p99'),
      unit: unitOfHistogram(raw),
      ...(baseline ? { 'max-increase': '50%', 'baseline-floor': '100ms' } : { max: '1s' }),
    },
    { name: 'restarts', kubernetes: 'restarts', max: 0 },
    { name: 'readiness', kubernetes: 'ready', min: '90%', 'failure-limit': 1 },
  ]
}

/**
 * The preset with what its queries are made of as PromQL has it: `scrape` takes label matchers without quotes, and the
 * same words mean the same here.
 * @throws InvalidInput for what would make another query of it
 */
function promqlOf(raw: RawPreset, path: Path, origin: Origin): RawPreset {
  const { prometheus } = raw
  if (prometheus === undefined) return raw
  const wrong = (key: string, value: string, legal: string): Error =>
    problem(origin, [...path, 'prometheus', key], value, legal)
  for (const key of ['counter', 'histogram'] as const) {
    const name = prometheus[key]
    if (name !== undefined && !/^[a-zA-Z_:][\w:]*$/.test(name))
      throw wrong(key, name, "a metric's name, without labels")
  }
  const matchers = (key: 'errors' | 'where'): Readonly<Record<string, string>> => {
    const text = prometheus[key]
    if (text === undefined) return {}
    const parsed = parseMatchers(text)
    if (parsed === undefined) throw wrong(key, text, MATCHERS)
    const better = key === 'errors' ? betterErrors(parsed) : undefined
    if (better !== undefined) throw wrong(key, text, better)
    return { [key]: parsed.map(({ label, op, value }) => `${label}${op}${JSON.stringify(value)}`).join(',') }
  }
  return { ...raw, prometheus: { ...prometheus, ...matchers('errors'), ...matchers('where') } }
}

function unitOfHistogram(raw: RawPreset): 's' | 'ms' {
  return /_(milliseconds|ms)(_bucket)?$/.test((raw.scrape ?? raw.prometheus)?.histogram ?? '') ? 'ms' : 's'
}

function requestSource(raw: RawPreset, signal: 'error-rate' | 'p99'): Pick<RawGate, 'scrape' | 'prometheus'> {
  const { scrape, prometheus } = raw
  if (scrape !== undefined) {
    const { counter, errors, histogram, ...rest } = scrape
    const own =
      signal === 'error-rate'
        ? { ...(counter === undefined ? {} : { counter }), ...(errors === undefined ? {} : { errors }) }
        : { ...(histogram === undefined ? {} : { histogram }) }
    return { scrape: { 'min-observations': 10, ...rest, ...own, signal } }
  }
  const { counter, errors, histogram, where, ...server } = prometheus ?? {}
  const more = (where ?? '') === '' ? '' : `,${where}`
  const pods = `pod=~"{{ pods }}"${more}`
  const requests = counter ?? 'http_requests_total'
  const buckets = `${(histogram ?? 'http_request_duration_seconds').replace(/_bucket$/, '')}_bucket`
  const query =
    signal === 'error-rate'
      ? `(sum(rate(${requests}{${pods},${errors ?? 'code=~"5.."'}}[{{ window }}])) or vector(0)) / sum(rate(${requests}{${pods}}[{{ window }}]))`
      : `histogram_quantile(0.99, sum by (le) (rate(${buckets}{${pods}}[{{ window }}])))`
  return { prometheus: { ...server, query } }
}

interface Override {
  readonly rules: RawRules | false
  readonly path: Path
}

function readOverrides(raw: RawPreset, path: Path, origin: Origin): ReadonlyMap<string, Override> {
  const overrides = new Map<string, Override>()
  for (const [name, data] of Object.entries(raw.limits ?? {})) {
    const at = [...path, 'limits', name]
    if (!NAMES.some((one) => key(one) === key(name))) {
      const close = nearest(name, NAMES)
      throw problem(
        origin,
        at,
        name,
        `${close === undefined ? '' : `${close}? The preset's gates are `}${NAMES.join(', ')}`,
      )
    }
    overrides.set(key(name), { rules: checkOverride(origin, at, data), path: at })
  }
  return overrides
}

/** Rules that were written take the place of the preset's, one by one. */
export function withRules(gate: RawGate, rules: RawRules): RawGate {
  return { ...gate, ...rules }
}

/** Names are compared without case, and `error-rate` is `error rate`. */
export function key(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
}
