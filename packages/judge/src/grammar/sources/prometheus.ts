import type { PrometheusServer } from '../../gate.ts'
import { differsByTrack, templatesOfPromql } from '../../templates.ts'
import type { RawGate, RawServer } from '../shape.ts'
import { compiles, type Fields, NO_TRACK, readPort, type ReadSource } from './fields.ts'

/** A query, or the alerts that must not fire. */
export function readPrometheus(raw: NonNullable<RawGate['prometheus']>, fields: Fields): ReadSource {
  const server = readServer(raw, fields)
  const { query, alerts } = raw
  if (query !== undefined && alerts === undefined) return readQuery(query, server, fields)
  if (alerts !== undefined && query === undefined) {
    return readAlerts(typeof alerts === 'string' ? [alerts] : alerts, server, fields)
  }
  throw fields.wrong('', raw, 'either query or alerts')
}

function readQuery(query: string, server: PrometheusServer, fields: Fields): ReadSource {
  if (query.trim() === '') throw fields.wrong('query', query, 'one PromQL query')
  const names = fields.templates('query', templatesOfPromql(query))
  return {
    source: { kind: 'prometheus', server, query: query.trim() },
    unit: undefined,
    defaults: [],
    noBaseline: differsByTrack(names)
      ? undefined
      : 'the query is the same for the new version and the baseline; name the pods with {pod=~"{{ pods }}"}',
  }
}

function readAlerts(alerts: readonly string[], server: PrometheusServer, fields: Fields): ReadSource {
  if (alerts.length === 0) throw fields.wrong('alerts', alerts, 'at least one alert')
  const wrong = alerts.find((name) => !compiles(name))
  if (wrong !== undefined) {
    throw fields.wrong('alerts', wrong, 'the name of an alert, or a regular expression')
  }
  return {
    source: { kind: 'alerts', server, alerts },
    unit: undefined,
    defaults: [{ kind: 'max', value: 0 }],
    noBaseline: NO_TRACK,
  }
}

/** `url`, or `service: namespace/name:port`. */
function readServer(raw: RawServer, fields: Fields): PrometheusServer {
  const { url, service } = raw
  if (url !== undefined && service === undefined) {
    const legal = 'the http:// or https:// address of Prometheus'
    fields.plainUrl(url, legal)
    if (/[?#]|\{\{/.test(url)) {
      const why = 'its paths are put behind it'
      throw fields.wrong('url', url, `${legal}, without a query, a fragment or templates: ${why}`)
    }
    const header = Object.keys(raw['headers-from-env'] ?? {}).find(
      (name) => !/^[\w!#$%&'*+.^`|~-]+$/.test(name),
    )
    if (header !== undefined) {
      throw fields.wrong('headers-from-env', header, "a header's name of letters, digits and dashes")
    }
    return {
      kind: 'url',
      url: url.replace(/\/+$/, ''),
      headersFromEnv: raw['headers-from-env'] ?? {},
      tokenFromEnv: raw['token-from-env'],
      ca: raw.ca,
    }
  }
  if (service === undefined || url !== undefined) throw fields.wrong('', raw, 'either service or url')
  for (const key of ['headers-from-env', 'token-from-env', 'ca'] as const) {
    if (raw[key] === undefined) continue
    const why = "through the API server, Prometheus sees the cluster's credentials only"
    throw fields.wrong(key, raw[key], `${key} with a url only: ${why}`)
  }
  const [, namespace, name, port] =
    /^(?:([a-z0-9-]+)\/)?([a-z0-9-]+):([a-z0-9-]+)$/.exec(service.trim()) ?? []
  const read = port === undefined ? undefined : readPort(port)
  if (name === undefined || read === undefined) {
    throw fields.wrong('service', service, 'namespace/service:port, such as monitoring/prometheus:9090')
  }
  return { kind: 'service', namespace, service: name, port: read }
}
