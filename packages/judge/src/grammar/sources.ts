import { nearest, type Milliseconds } from '@release-actions/values'
import type {
  HttpSource,
  JsonSource,
  Limit,
  Matcher,
  Port,
  PrometheusServer,
  RunSource,
  ScrapeSignal,
  Source,
  StatusRange,
  TextMatch,
  Unit,
} from '../gate.ts'
import { parseMatchers } from '../matchers.ts'
import {
  differsByTrack,
  templatesOf,
  templatesOfPromql,
  type TemplateName,
  type Templates,
} from '../templates.ts'
import { problem, readDuration, type Origin } from './problem.ts'
import type { At } from './rules.ts'
import type { RawGate, RawServer } from './shape.ts'

/** A source, and what follows from it for the rules. */
export interface ReadSource {
  readonly source: Source
  readonly unit: Unit | undefined
  readonly defaults: readonly Limit[]
  readonly noBaseline: string | undefined
}

export const SOURCE_KEYS = ['http', 'prometheus', 'scrape', 'kubernetes', 'json', 'run'] as const
export type SourceKey = (typeof SOURCE_KEYS)[number]

const URL_TEMPLATES: readonly TemplateName[] = [
  'namespace',
  'service',
  'workload',
  'version',
  'track',
  'kube-service',
]
const NO_TRACK = 'this source has one value, not one for each track'

/** @throws InvalidInput naming the key of the source */
export function readSource(raw: RawGate, key: SourceKey, origin: Origin, at: At): ReadSource {
  const read = new Reader(origin, at)
  const { http, prometheus, scrape, kubernetes, json, run } = raw
  if (key !== 'run' && raw.value !== undefined)
    throw problem(origin, at('value'), raw.value, 'it with run: only')
  if (key !== 'run' && raw.timeout !== undefined) {
    throw problem(origin, at('timeout'), raw.timeout, 'it with run:, or inside http:')
  }
  if (key === 'http' && http !== undefined) return read.http(http)
  if (key === 'prometheus' && prometheus !== undefined) return read.prometheus(prometheus)
  if (key === 'scrape' && scrape !== undefined) return read.scrape(scrape)
  if (key === 'kubernetes' && kubernetes !== undefined) return read.kubernetes(kubernetes)
  if (key === 'json' && json !== undefined) return read.json(json)
  if (key === 'run' && run !== undefined) return read.run(run, raw.value ?? 'exit-code', raw.timeout)
  throw problem(origin, at(key), undefined, `a value for ${key}`)
}

class Reader {
  readonly #origin: Origin
  readonly #at: At

  constructor(origin: Origin, at: At) {
    this.#origin = origin
    this.#at = at
  }

  http(raw: NonNullable<RawGate['http']>): ReadSource {
    const { url, path } = raw
    if ((url === undefined) === (path === undefined)) {
      throw this.#wrong('http', '', raw, 'either url, or path and port')
    }
    let target: HttpSource['target']
    let perTrack = true
    if (url !== undefined) {
      if (raw.port !== undefined) throw this.#wrong('http', 'port', raw.port, 'the port inside the url')
      perTrack = this.#url('http', url).perTrack
      target = { kind: 'url', url, ca: raw.ca }
    } else {
      if (raw.port === undefined)
        throw this.#wrong('http', 'port', undefined, "a port number, or a container port's name")
      if (raw.ca !== undefined) throw this.#wrong('http', 'ca', raw.ca, 'it with url: only')
      target = { kind: 'pods', path: this.#path('http', path ?? '/'), port: this.#port('http', raw.port) }
    }
    const signal = raw.signal ?? 'up'
    return {
      source: {
        kind: 'http',
        target,
        signal,
        status: this.#status(raw.status),
        body: raw.body === undefined ? undefined : this.#textMatch(raw.body),
        timeout:
          raw.timeout === undefined
            ? undefined
            : readDuration(this.#origin, [...this.#at('http'), 'timeout'], raw.timeout),
      },
      unit: signal === 'latency' ? 's' : undefined,
      defaults: signal === 'latency' ? [] : [{ kind: 'min', value: 1 }],
      noBaseline: perTrack ? undefined : NO_TRACK,
    }
  }

  prometheus(raw: NonNullable<RawGate['prometheus']>): ReadSource {
    const server = readServer(raw, this.#origin, this.#at)
    const { query, alerts } = raw
    if ((query === undefined) === (alerts === undefined)) {
      throw this.#wrong('prometheus', '', raw, 'either query or alerts')
    }
    if (query !== undefined) {
      if (query.trim() === '') throw this.#wrong('prometheus', 'query', query, 'one PromQL query')
      const names = this.#templates('prometheus', 'query', templatesOfPromql(query))
      return {
        source: { kind: 'prometheus', server, query: query.trim() },
        unit: undefined,
        defaults: [],
        noBaseline: differsByTrack(names)
          ? undefined
          : 'the query is the same for the new version and the baseline; name the pods with {pod=~"{{ pods }}"}',
      }
    }
    const names = typeof alerts === 'string' ? [alerts] : (alerts ?? [])
    if (names.length === 0) throw this.#wrong('prometheus', 'alerts', alerts, 'at least one alert')
    for (const name of names) {
      if (compiles(name)) continue
      throw this.#wrong('prometheus', 'alerts', name, 'the name of an alert, or a regular expression')
    }
    return {
      source: { kind: 'alerts', server, alerts: names },
      unit: undefined,
      defaults: [{ kind: 'max', value: 0 }],
      noBaseline: NO_TRACK,
    }
  }

  scrape(raw: NonNullable<RawGate['scrape']>): ReadSource {
    if (raw.port === undefined)
      throw this.#wrong('scrape', 'port', undefined, "a port number, or a container port's name")
    const min = raw['min-observations']
    if (min !== undefined && !(Number.isSafeInteger(min) && min >= 1)) {
      throw this.#wrong('scrape', 'min-observations', min, 'a whole number of at least 1')
    }
    const signal = this.#scrapeSignal(raw)
    return {
      source: {
        kind: 'scrape',
        port: this.#port('scrape', raw.port),
        path: this.#path('scrape', raw.path ?? '/metrics'),
        signal,
        minObservations: min ?? 1,
      },
      unit: unitOf(signal),
      defaults: [],
      noBaseline: undefined,
    }
  }

  kubernetes(signal: NonNullable<RawGate['kubernetes']>): ReadSource {
    return {
      source: { kind: 'kubernetes', signal },
      unit: signal === 'restarts' ? undefined : 'share',
      defaults: [],
      noBaseline: undefined,
    }
  }

  json(raw: NonNullable<RawGate['json']>): ReadSource {
    const { path, url, pointer } = raw
    if (pointer !== '' && !/^(\/([^~]|~[01])*)$/.test(pointer)) {
      throw this.#wrong('json', 'pointer', pointer, 'a JSON pointer (RFC 6901) such as /total/lines/pct')
    }
    let at: JsonSource['at']
    if (path !== undefined && url === undefined) at = { kind: 'file', path }
    else if (url !== undefined && path === undefined) at = { kind: 'url', url: this.#url('json', url).url }
    else throw this.#wrong('json', '', raw, 'either path (a file) or url')
    return { source: { kind: 'json', at, pointer }, unit: undefined, defaults: [], noBaseline: NO_TRACK }
  }

  run(script: string, value: RunSource['value'], timeout: string | 0 | undefined): ReadSource {
    if (script.trim() === '') throw problem(this.#origin, this.#at('run'), script, 'a command')
    if (/\{\{.*?\}\}/.test(script)) {
      throw problem(
        this.#origin,
        this.#at('run'),
        script,
        'the environment variables RELEASE_VERSION, RELEASE_NAMESPACE, …: a command takes no templates',
      )
    }
    const limit: Milliseconds =
      timeout === undefined ? 300_000 : readDuration(this.#origin, this.#at('timeout'), timeout)
    return {
      source: { kind: 'run', script, value, timeout: limit },
      unit: undefined,
      defaults: value === 'exit-code' ? [{ kind: 'max', value: 0 }] : [],
      noBaseline: NO_TRACK,
    }
  }

  #scrapeSignal(raw: NonNullable<RawGate['scrape']>): ScrapeSignal {
    const { signal } = raw
    const where = this.#matchers('where', raw.where ?? '')
    const legal = 'rate, error-rate, avg, or a percentile from p1 to p99.99'
    if (signal === undefined) throw this.#wrong('scrape', 'signal', undefined, legal)
    const counts = signal === 'rate' || signal === 'error-rate'
    const misfit = counts ? 'histogram' : 'counter'
    if (raw[misfit] !== undefined) {
      throw this.#wrong(
        'scrape',
        misfit,
        raw[misfit],
        `${counts ? 'counter' : 'histogram'} with signal ${signal}`,
      )
    }
    if (signal !== 'error-rate' && raw.errors !== undefined) {
      throw this.#wrong('scrape', 'errors', raw.errors, 'where, or signal: error-rate')
    }
    const counter = this.#metric('counter', raw.counter ?? 'http_requests_total')
    const histogram = this.#metric(
      'histogram',
      (raw.histogram ?? 'http_request_duration_seconds').replace(/_bucket$/, ''),
    )
    if (signal === 'rate') return { kind: 'rate', counter, where }
    if (signal === 'avg') return { kind: 'avg', histogram, where }
    if (signal === 'error-rate') {
      const errors = this.#matchers('errors', raw.errors ?? 'code=~5..')
      if (errors.length === 0)
        throw this.#wrong('scrape', 'errors', raw.errors, 'a label matcher such as code=~5..')
      return { kind: 'error-rate', counter, where, errors }
    }
    const percent = Number(/^p(\d{1,2}(?:\.\d{1,2})?)$/.exec(signal)?.[1] ?? NaN)
    if (!(percent > 0 && percent < 100)) {
      const close = nearest(signal, ['rate', 'error-rate', 'avg', 'p50', 'p90', 'p95', 'p99'])
      throw this.#wrong(
        'scrape',
        'signal',
        signal,
        `${close === undefined ? '' : `${close}? Legal are `}${legal}`,
      )
    }
    return { kind: 'quantile', quantile: percent / 100, histogram, where }
  }

  #matchers(key: string, text: string): readonly Matcher[] {
    const matchers = parseMatchers(text)
    if (matchers === undefined)
      throw this.#wrong('scrape', key, text, 'label matchers such as code=~5.. or method!=GET,path=/buy')
    return matchers
  }

  #metric(key: string, name: string): string {
    if (!/^[a-zA-Z_:][\w:]*$/.test(name))
      throw this.#wrong('scrape', key, name, "a metric's name, without labels")
    return name
  }

  #status(raw: NonNullable<RawGate['http']>['status']): readonly StatusRange[] {
    if (raw === undefined) return [{ from: 200, to: 299 }]
    const entries = (Array.isArray(raw) ? raw : String(raw).split(',')).map((entry) => String(entry).trim())
    return entries.map((entry) => {
      const [, hundred, from, to] = /^(?:([1-5])xx|(\d{3})(?:\s*-\s*(\d{3}))?)$/i.exec(entry) ?? []
      const range: StatusRange =
        hundred === undefined
          ? { from: Number(from), to: Number(to ?? from) }
          : { from: Number(hundred) * 100, to: Number(hundred) * 100 + 99 }
      if (!(range.from >= 100 && range.to <= 599 && range.from <= range.to)) {
        throw this.#wrong('http', 'status', raw, 'a status such as 200, 2xx or 200-299, or a list of them')
      }
      return range
    })
  }

  #textMatch(raw: string): TextMatch {
    const [, pattern, flags] = /^\/(.+)\/([a-z]*)$/s.exec(raw) ?? []
    if (pattern === undefined) return { kind: 'substring', text: raw }
    if (/[^ims]/.test(flags ?? '') || !compiles(pattern)) {
      throw this.#wrong('http', 'body', raw, 'a text, or a regular expression such as /ok|ready/i')
    }
    return { kind: 'regex', pattern: new RegExp(pattern, flags) }
  }

  #url(source: string, url: string): { url: string; perTrack: boolean } {
    const names = this.#templates(source, 'url', templatesOf(url, URL_TEMPLATES))
    const plain = url.replace(/\{\{.*?\}\}/g, 'x')
    const parsed = URL.canParse(plain) ? new URL(plain) : undefined
    if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) {
      throw this.#wrong(source, 'url', url, 'an http:// or https:// URL')
    }
    if (parsed.username !== '' || parsed.password !== '') {
      throw this.#wrong(
        source,
        'url',
        `${parsed.protocol}//…@${parsed.host}`,
        'a URL without user and password',
      )
    }
    return { url, perTrack: differsByTrack(names) }
  }

  #path(source: string, path: string): string {
    this.#templates(source, 'path', templatesOf(path, URL_TEMPLATES))
    if (!path.startsWith('/'))
      throw this.#wrong(source, 'path', path, `a path that begins with /, such as /${path}`)
    return path
  }

  #port(source: string, port: Port): Port {
    const read = readPort(port)
    if (read === undefined)
      throw this.#wrong(source, 'port', port, "a port number, or a container port's name")
    return read
  }

  #templates(source: string, key: string, found: Templates): readonly TemplateName[] {
    if (!found.ok) throw this.#wrong(source, key, found.value, found.legal)
    return found.names
  }

  #wrong(source: string, key: string, value: unknown, legal: string): Error {
    return problem(this.#origin, key === '' ? this.#at(source) : [...this.#at(source), key], value, legal)
  }
}

/** `url`, or `service: namespace/name:port`. */
export function readServer(raw: RawServer, origin: Origin, at: At): PrometheusServer {
  const { url, service } = raw
  const wrong = (key: string, value: unknown, legal: string): Error =>
    problem(origin, key === '' ? at('prometheus') : [...at('prometheus'), key], value, legal)
  if ((url === undefined) === (service === undefined)) throw wrong('', raw, 'either service or url')
  if (url !== undefined) {
    const parsed = URL.canParse(url) ? new URL(url) : undefined
    if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) {
      throw wrong('url', url, 'the http:// or https:// address of Prometheus')
    }
    if (parsed.username !== '' || parsed.password !== '') {
      throw wrong(
        'url',
        `${parsed.protocol}//…@${parsed.host}`,
        'a URL without user and password, and token-from-env or headers-from-env',
      )
    }
    return {
      kind: 'url',
      url: url.replace(/\/+$/, ''),
      headersFromEnv: raw['headers-from-env'] ?? {},
      tokenFromEnv: raw['token-from-env'],
      ca: raw.ca,
    }
  }
  for (const key of ['headers-from-env', 'token-from-env', 'ca'] as const) {
    if (raw[key] !== undefined) {
      throw wrong(
        key,
        raw[key],
        "it with url: through the API server, Prometheus sees the cluster's credentials only",
      )
    }
  }
  const [, namespace, name, port] =
    /^(?:([a-z0-9-]+)\/)?([a-z0-9-]+):([a-z0-9-]+)$/.exec(service?.trim() ?? '') ?? []
  const read = port === undefined ? undefined : readPort(port)
  if (name === undefined || read === undefined) {
    throw wrong('service', service, 'namespace/service:port, such as monitoring/prometheus:9090')
  }
  return { kind: 'service', namespace, service: name, port: read }
}

function readPort(port: Port): Port | undefined {
  const number = typeof port === 'number' || /^\d+$/.test(port) ? Number(port) : undefined
  if (number !== undefined)
    return Number.isInteger(number) && number > 0 && number < 65_536 ? number : undefined
  return typeof port === 'string' && /^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/.test(port) ? port : undefined
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

function compiles(pattern: string): boolean {
  try {
    new RegExp(`^(?:${pattern})$`)
    return true
  } catch {
    return false
  }
}
