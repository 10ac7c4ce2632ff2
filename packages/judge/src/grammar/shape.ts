import { nearest } from '@release-actions/values'
import * as z from 'zod/mini'
import { KUBERNETES_SIGNALS, UNITS } from '../gate.ts'
import { BLOCK_SCALAR_HINT } from './document.ts'
import { problem, type Origin, type Path } from './problem.ts'

/** The keys of the grammar and the kinds of their values; what the values mean is read in sources/ and rules.ts. */
const text = z.string()
const port = z.union([z.number(), z.string()])
const limit = z.union([z.number(), z.string()])
const duration = z.union([z.string(), z.literal(0)])
const texts = z.union([z.string(), z.array(z.string())])

const http = z.strictObject({
  url: z.optional(text),
  path: z.optional(text),
  port: z.optional(port),
  status: z.optional(z.union([z.number(), z.string(), z.array(z.union([z.number(), z.string()]))])),
  body: z.optional(text),
  signal: z.optional(z.enum(['up', 'latency'])),
  timeout: z.optional(duration),
  ca: z.optional(text),
})
const server = {
  url: z.optional(text),
  service: z.optional(text),
  'headers-from-env': z.optional(z.record(z.string(), z.string())),
  'token-from-env': z.optional(text),
  ca: z.optional(text),
}
const prometheus = z.strictObject({
  ...server,
  query: z.optional(text),
  alerts: z.optional(texts),
})
const scrape = z.strictObject({
  port: z.optional(port),
  path: z.optional(text),
  signal: z.optional(text),
  counter: z.optional(text),
  errors: z.optional(text),
  histogram: z.optional(text),
  where: z.optional(text),
  'min-observations': z.optional(z.number()),
})
const json = z.strictObject({ path: z.optional(text), url: z.optional(text), pointer: text })

const rules = {
  max: z.optional(limit),
  min: z.optional(limit),
  'max-delta': z.optional(limit),
  'min-delta': z.optional(limit),
  'max-increase': z.optional(limit),
  'max-decrease': z.optional(limit),
  'baseline-floor': z.optional(limit),
  'consecutive-successes': z.optional(z.number()),
  'failure-limit': z.optional(z.number()),
  'error-limit': z.optional(z.number()),
  'min-samples': z.optional(z.number()),
  enforce: z.optional(z.boolean()),
  'on-inconclusive': z.optional(z.enum(['fail', 'hold', 'pass'])),
  interval: z.optional(duration),
}
const gate = z.strictObject({
  name: z.optional(text),
  http: z.optional(http),
  prometheus: z.optional(prometheus),
  scrape: z.optional(scrape),
  kubernetes: z.optional(z.enum(KUBERNETES_SIGNALS)),
  json: z.optional(json),
  run: z.optional(text),
  value: z.optional(z.enum(['exit-code', 'stdout'])),
  timeout: z.optional(duration),
  unit: z.optional(z.enum(UNITS)),
  ...rules,
})
const override = z.strictObject(rules)
const preset = z.strictObject({
  preset: z.enum(['golden-signals']),
  scrape: z.optional(
    z.strictObject({
      port: z.optional(port),
      path: z.optional(text),
      counter: z.optional(text),
      errors: z.optional(text),
      histogram: z.optional(text),
      where: z.optional(text),
      'min-observations': z.optional(z.number()),
    }),
  ),
  prometheus: z.optional(
    z.strictObject({
      ...server,
      counter: z.optional(text),
      errors: z.optional(text),
      histogram: z.optional(text),
      where: z.optional(text),
    }),
  ),
  limits: z.optional(z.record(z.string(), z.unknown())),
})

/** A gate, in either of its forms: for the JSON Schema that editors read. */
export const gateSchemas = [gate, preset] as const

export type RawGate = z.output<typeof gate>
export type RawPreset = z.output<typeof preset>
export type RawRules = z.output<typeof override>
export type RawServer = Pick<NonNullable<RawGate['prometheus']>, keyof typeof server>

/** @throws InvalidInput for the first key that is unknown or has another kind of value */
export function checkGate(origin: Origin, path: Path, data: unknown): RawGate {
  return check(gate, origin, path, data)
}
export function checkPreset(origin: Origin, path: Path, data: unknown): RawPreset {
  return check(preset, origin, path, data)
}
export function checkOverride(origin: Origin, path: Path, data: unknown): RawRules | false {
  return data === false ? false : check(override, origin, path, data)
}

const KEYS: Readonly<Record<string, readonly string[]>> = {
  http: Object.keys(http.shape),
  prometheus: Object.keys(prometheus.shape),
  scrape: Object.keys(scrape.shape),
  json: Object.keys(json.shape),
}
const RULE_KEYS = Object.keys(rules)
const GATE_KEYS = Object.keys(gate.shape)
const PRESET_KEYS = Object.keys(preset.shape)

function check<S extends z.ZodMiniType>(schema: S, origin: Origin, path: Path, data: unknown): z.output<S> {
  const result = z.safeParse(schema, data)
  if (result.success) return result.data
  // A key that does not exist explains more than what is missing because of it.
  const { issues } = result.error
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
  const inner = (issue?.path ?? []).map((part) => (typeof part === 'number' ? part : String(part)))
  const at: Path = [...path, ...inner]
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? ''
    const known = knownKeys(schema, inner)
    const close = nearest(key, known)
    const legal =
      close === undefined
        ? `one of the keys ${known.join(', ')}`
        : `${close}? Known keys are ${known.join(', ')}`
    throw problem(origin, [...at, key], key, legal, key.includes('{') ? BLOCK_SCALAR_HINT : [])
  }
  const value = inner.reduce<unknown>((from, part) => (isRecord(from) ? from[String(part)] : undefined), data)
  const key = String(inner.at(-1) ?? '')
  const legal =
    key === '' && Object.is(schema, override)
      ? 'rules such as {max: 2%}, or false to leave it out'
      : legalFor(key)
  throw problem(origin, at, value, legal, key === 'query' ? BLOCK_SCALAR_HINT : [])
}

function knownKeys(schema: z.ZodMiniType, inner: Path): readonly string[] {
  const [first] = inner
  const keys = typeof first === 'string' ? KEYS[first] : undefined
  if (keys !== undefined) {
    // A preset's source has no signal and no query of its own.
    return schema === preset ? keys.filter((one) => !['signal', 'query', 'alerts'].includes(one)) : keys
  }
  if (schema === gate) return GATE_KEYS
  return schema === preset ? PRESET_KEYS : RULE_KEYS
}

/** The end of the sentence "use …", by key. */
function legalFor(key: string): string {
  switch (key) {
    case 'port':
      return "a port number, or the name of a container's port"
    case 'path':
      return 'a path such as /healthz'
    case 'status':
      return 'a status such as 200, 2xx or 200-299, or a list of them'
    case 'signal':
      return 'up or latency'
    case 'query':
      return 'one PromQL query as text'
    case 'alerts':
      return 'the names of alerts, or regular expressions'
    case 'headers-from-env':
      return 'headers and the environment variables with their values, such as {X-Scope-OrgID: TENANT}'
    case 'kubernetes':
      return KUBERNETES_SIGNALS.join(', ')
    case 'json':
      return '{path: a file, or url: a URL; pointer: /path/to/the/number}'
    case 'pointer':
      return 'a JSON pointer (RFC 6901) such as /total/lines/pct'
    case 'http':
      return '{path: /healthz, port: 8080} or {url: https://…}'
    case 'prometheus':
      return '{service: namespace/service:port, or url: https://…; query: PromQL, or alerts: names}'
    case 'scrape':
      return '{port: 9090, signal: error-rate}'
    case 'run':
      return 'a command as text'
    case 'value':
      return 'exit-code or stdout'
    case 'unit':
      return UNITS.join(', ')
    case 'enforce':
      return 'true or false'
    case 'on-inconclusive':
      return 'fail, hold or pass'
    case 'preset':
      return 'golden-signals'
    case 'limits':
      return 'rules by gate, such as {error rate: {max: 2%}}, or {restarts: false} to leave one out'
    case 'timeout':
    case 'interval':
      return 'a duration such as 30s or 5m'
    case 'consecutive-successes':
    case 'failure-limit':
    case 'error-limit':
    case 'min-samples':
    case 'min-observations':
      return 'a whole number'
    case 'max':
    case 'min':
    case 'baseline-floor':
      return 'a limit such as 5%, 0.05, 250ms or 90'
    case 'max-delta':
    case 'min-delta':
      return 'a difference to the baseline such as 1pp, 50ms or 3'
    case 'max-increase':
    case 'max-decrease':
      return 'a ratio to the baseline such as 20%'
    case '':
      return 'a map with a name, one source and at least one rule'
    default:
      return 'text'
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
