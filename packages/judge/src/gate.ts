import type { Milliseconds } from '@release-actions/values'

/** One named check: where its value comes from, and what the value must be. Plain data, made by the grammar. */
export interface Gate {
  /** Unique in its list. */
  readonly name: string
  readonly source: Source
  /** What the source's value counts; undefined: a bare number. Limits are in this unit. */
  readonly unit: Unit | undefined
  readonly rules: Rules
  /** How often it is sampled, when that is not the window's own interval. */
  readonly interval: Milliseconds | undefined
}

/** `share`: 0..1; `%`: 0–100; `B`: bytes. */
export const UNITS = ['share', '%', 's', 'ms', 'us', 'B'] as const
export type Unit = (typeof UNITS)[number]

export const LIMIT_KINDS = ['max', 'min', 'max-delta', 'min-delta', 'max-increase', 'max-decrease'] as const
export type LimitKind = (typeof LIMIT_KINDS)[number]

/**
 * What a value must keep. `max`, `min`: the value itself, in the gate's unit. `max-delta`, `min-delta`: new − baseline,
 * in the gate's unit. `max-increase`, `max-decrease`: (new − baseline) ÷ |baseline| and its negative; 0.2 is 20 %.
 */
export interface Limit {
  readonly kind: LimitKind
  readonly value: number
  /**
   * `baseline-floor`, of a relative limit, in the gate's unit: a smaller baseline counts as this, since a ratio to
   * almost nothing says nothing. 12 ms after 8 ms is 50 % more, and no slower for anybody.
   */
  readonly floor?: number
}

export interface Rules {
  readonly limits: readonly Limit[]
  /** So many passing samples in a row, the last one included, when the window ends. */
  readonly consecutiveSuccesses: number | undefined
  /** Failed samples allowed in the window. */
  readonly failureLimit: number
  /** Source errors in a row that are allowed; one more and the gate is inconclusive at once. */
  readonly errorLimit: number
  /** Conclusive (passing or failing) samples that a pass needs; at least 1. */
  readonly minSamples: number
  /** false: shown, never decides. */
  readonly enforce: boolean
  readonly onInconclusive: OnInconclusive
}
export type OnInconclusive = 'fail' | 'hold' | 'pass'

export type Source =
  HttpSource | PrometheusSource | AlertsSource | ScrapeSource | KubernetesSource | JsonSource | RunSource

/** A number, or a container port's (or Service port's) name. */
export type Port = number | string

/** 1 when the request (at `pods`: to every ready pod) meets status and body, else 0; `latency`: its seconds. */
export interface HttpSource {
  readonly kind: 'http'
  readonly target:
    | { readonly kind: 'url'; readonly url: string; readonly ca: string | undefined }
    | { readonly kind: 'pods'; readonly path: string; readonly port: Port }
  readonly signal: 'up' | 'latency'
  readonly status: readonly StatusRange[]
  readonly body: TextMatch | undefined
  readonly timeout: Milliseconds | undefined
}
/** Both ends included. */
export interface StatusRange {
  readonly from: number
  readonly to: number
}
export type TextMatch =
  { readonly kind: 'substring'; readonly text: string } | { readonly kind: 'regex'; readonly pattern: RegExp }

/** The instant value of a PromQL query with templates. */
export interface PrometheusSource {
  readonly kind: 'prometheus'
  readonly server: PrometheusServer
  readonly query: string
}
/** How many of the named alerts fire. */
export interface AlertsSource {
  readonly kind: 'alerts'
  readonly server: PrometheusServer
  /** Names or regular expressions, matched whole. */
  readonly alerts: readonly string[]
}
export type PrometheusServer =
  | {
      readonly kind: 'url'
      readonly url: string
      /** Header → the environment variable that holds its value. */
      readonly headersFromEnv: Readonly<Record<string, string>>
      readonly tokenFromEnv: string | undefined
      /** PEM, or the path of a PEM file. */
      readonly ca: string | undefined
    }
  /** Through the API server's service proxy; `namespace` undefined: the release's own. */
  | {
      readonly kind: 'service'
      readonly namespace: string | undefined
      readonly service: string
      readonly port: Port
    }

/** Deltas of the pods' own metrics since the window's first scrape. */
export interface ScrapeSource {
  readonly kind: 'scrape'
  readonly port: Port
  readonly path: string
  readonly signal: ScrapeSignal
  /** Fewer requests than that in the window are no data; at least 1 (`rate` needs none). */
  readonly minObservations: number
}
export type ScrapeSignal =
  /** Per second. */
  | { readonly kind: 'rate'; readonly counter: string; readonly where: readonly Matcher[] }
  | {
      readonly kind: 'error-rate'
      readonly counter: string
      readonly where: readonly Matcher[]
      readonly errors: readonly Matcher[]
    }
  | { readonly kind: 'avg'; readonly histogram: string; readonly where: readonly Matcher[] }
  | {
      readonly kind: 'quantile'
      /** 0..1, both excluded. */
      readonly quantile: number
      readonly histogram: string
      readonly where: readonly Matcher[]
    }
/** A PromQL label matcher; regular expressions match whole values. */
export interface Matcher {
  readonly label: string
  readonly op: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

export const KUBERNETES_SIGNALS = ['ready', 'restarts', 'cpu', 'memory'] as const
/** `ready`, `cpu`, `memory`: shares 0..1; `restarts`: a count since the window began. */
export interface KubernetesSource {
  readonly kind: 'kubernetes'
  readonly signal: (typeof KUBERNETES_SIGNALS)[number]
}

export interface JsonSource {
  readonly kind: 'json'
  readonly at:
    { readonly kind: 'file'; readonly path: string } | { readonly kind: 'url'; readonly url: string }
  /** RFC 6901. */
  readonly pointer: string
}

export interface RunSource {
  readonly kind: 'run'
  readonly script: string
  readonly value: 'exit-code' | 'stdout'
  readonly timeout: Milliseconds
}

/** A rule of this gate compares with the baseline. */
export function needsBaseline(gate: Gate): boolean {
  return gate.rules.limits.some(({ kind }) => isRelative(kind))
}

export function isRelative(kind: LimitKind): boolean {
  return kind !== 'max' && kind !== 'min'
}

/**
 * The value comes from users' requests (a query, a counter), so without traffic there is none: at weight 0, and of a
 * stable that the route has left.
 */
export function needsTraffic(gate: Gate): boolean {
  switch (gate.source.kind) {
    case 'prometheus':
    case 'scrape':
      return true
    case 'http':
    case 'alerts':
    case 'kubernetes':
    case 'json':
    case 'run':
      return false
  }
}
