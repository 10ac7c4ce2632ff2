import { sourceError, type Note, type PrometheusServer, type SourceError } from '@release-actions/judge'
import { InvalidInput } from '@release-actions/values'
import { excerpt, failed } from '../failure.ts'
import type { Look, MetricsWorld } from '../source.ts'

/** The `data` of a successful answer, or what went wrong. */
export type Answer =
  { readonly kind: 'data'; readonly data: unknown; readonly notes: readonly Note[] } | SourceError

/** GETs one path of Prometheus's HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/). */
export type Ask = (path: string, look: Look) => Promise<Answer>

/**
 * @param ca PEM
 * @throws InvalidInput for an environment variable that is not set
 */
export function connect(
  gate: string,
  server: PrometheusServer,
  world: MetricsWorld,
  ca: string | undefined,
): Ask {
  if (server.kind === 'service') {
    const { pods } = world
    const name = {
      namespace: server.namespace ?? world.namespace,
      service: server.service,
      port: server.port,
    }
    return async (path, look) => {
      if (pods === undefined)
        return sourceError('source-error', 'there is no cluster through which to ask Prometheus')
      try {
        return read(await pods.service(name, path, look.timeout))
      } catch (error) {
        return failed(error, `Prometheus (Service ${name.namespace}/${name.service}:${name.port})`)
      }
    }
  }
  const headers = authorization(gate, server, world.env)
  return async (path, { timeout, signal }) => {
    try {
      return read(
        await world.http.request({
          method: 'GET',
          url: `${server.url}${path}`,
          headers,
          timeout,
          signal,
          retry: 'never',
          ...(ca === undefined ? {} : { tls: { ca } }),
        }),
      )
    } catch (error) {
      return failed(error, 'Prometheus')
    }
  }
}

function authorization(
  gate: string,
  server: Extract<PrometheusServer, { kind: 'url' }>,
  env: MetricsWorld['env'],
): Readonly<Record<string, string>> {
  const value = (name: string): string => {
    // A secret that was piped into its store ends in a newline, which no header may have.
    const found = env[name]?.trim() ?? ''
    if (found === '')
      throw new InvalidInput(
        `gate "${gate}"`,
        `$${name}`,
        'an environment variable that is set for this step',
      )
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(found))
      throw new InvalidInput(`gate "${gate}"`, `$${name}`, 'a value of one line: it is sent as a header')
    return found
  }
  const headers = Object.fromEntries(
    Object.entries(server.headersFromEnv).map(([header, name]) => [header, value(name)]),
  )
  return server.tokenFromEnv === undefined
    ? headers
    : { ...headers, authorization: `Bearer ${value(server.tokenFromEnv)}` }
}

/** Prometheus says what is wrong in the body, also with 400, 422 and 503. */
function read(answer: {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}): Answer {
  const { status, body } = answer
  if (status === 401 || status === 403)
    return sourceError('unauthorised', `Prometheus answered ${status}: ${excerpt(body)}`)
  const json = parsed(body)
  if (!isRecord(json) || typeof json['status'] !== 'string') {
    const moved = answer.headers['location']
    const said = moved === undefined ? excerpt(body) : `it redirects to ${moved}; redirects are not followed`
    return sourceError('source-error', `Prometheus answered ${status}, which is not its API: ${said}`)
  }
  if (json['status'] !== 'success') {
    const type = String(json['errorType'] ?? 'error')
    const bad = type === 'bad_data' || type === 'execution'
    return sourceError(
      type === 'timeout' ? 'timeout' : bad ? 'bad-query' : 'source-error',
      `Prometheus says ${type}: ${String(json['error'] ?? '')}`,
    )
  }
  const warnings = Array.isArray(json['warnings']) ? json['warnings'] : []
  return {
    kind: 'data',
    data: json['data'],
    notes: warnings.map((text): Note => ({ reason: 'warning', detail: `Prometheus warns: ${String(text)}` })),
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    // A page of a proxy or a log-in form: said with its first line by the caller.
    return undefined
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
