/** What the tests of a real cluster share: the scene, the versions' gates, and where figures go. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  clusterFromEnv,
  openScene,
  type ActionResult,
  type Scene,
  type SceneOptions,
} from '@release-actions/lab'

const ROOT = join(import.meta.dirname, '../..')

/** The bundles of this repository, or those of another folder, such as a release's. */
const DIST = process.env['RELEASE_DIST'] ?? join(ROOT, 'dist')

/** A release takes a minute here: a router needs time to settle, and pods to start. */
export const MINUTES = 60_000

/** Twice the throttle of the router: what `settle` is in these scenes, in milliseconds. */
export const SETTLE_MS = 5_000

/** Counters of the pods themselves: a judgement, and a vantage point on the split. */
export const GOLDEN_SIGNALS = `
- preset: golden-signals
  scrape: {port: http}
- name: up
  http: {path: /healthz, port: http}
`

/** A scene on the cluster that KUBECONFIG names. @throws Error that says what is missing */
export function openOnCluster(options: Omit<SceneOptions, 'cluster' | 'dist'> = {}): Promise<Scene> {
  const cluster = clusterFromEnv(process.env)
  if (cluster === undefined)
    throw new Error('KUBECONFIG is not set: these tests need a cluster (npm run test:cluster)')
  return openScene({ ...options, cluster, dist: DIST })
}

/** Figures of a run, for a person: a table on the console, and `build/figures/<name>.json`. */
export function publish(name: string, rows: readonly Readonly<Record<string, string | number>>[]): void {
  const folder = join(ROOT, 'build', 'figures')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ schema: 1, name, rows }, undefined, 2)}\n`)
  const columns = Object.keys(rows[0] ?? {})
  const lines = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))]
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  const table = lines.map((line) =>
    `  ${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd(),
  )
  // Written whole: jest's console would put a stack trace under each line.
  process.stderr.write(`\n${name}\n${table.join('\n')}\n\n`)
}

/** Milliseconds since 1970, on the clock that the load's samples have. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}

/** Remembers when each line of a step's log came. */
export class LogTimes {
  readonly #lines: { readonly at: number; readonly text: string }[] = []

  readonly hear = (text: string): void => {
    this.#lines.push({ at: now(), text })
  }

  /** When the first line that matches came, on or after `from`. @throws Error when none did */
  first(pattern: RegExp, from = -Infinity): number {
    const found = this.#lines.find(({ at, text }) => at >= from && pattern.test(text))
    if (found === undefined) throw new Error(`no line of the log matches ${String(pattern)}:\n${this.all}`)
    return found.at
  }

  get all(): string {
    return this.#lines.map(({ text }) => text).join('\n')
  }
}

/** What a finished release leaves of itself on the cluster; equal for all that ended alike. */
export async function whatIsLeft({ stage, name }: Scene): Promise<object> {
  const [route, deployments, services, scalers, lease] = await Promise.all([
    stage.get('HTTPRoute', name),
    stage.list('Deployment'),
    stage.list('Service'),
    stage.list('HorizontalPodAutoscaler'),
    stage.get('Lease', `release-actions-${name}`),
  ])
  const { inFlight, last } = stateOf(lease?.metadata['annotations'])
  return {
    route: route?.['spec'],
    deployments: deployments.map(({ metadata, ...rest }) => ({ name: metadata.name, spec: rest['spec'] })),
    services: services.map(({ metadata }) => metadata.name),
    autoscalers: scalers.map(({ spec }) => spec),
    inFlight,
    outcome: last?.outcome,
  }
}

interface State {
  readonly inFlight?: unknown
  readonly last?: { readonly outcome: string }
}

/** The JSON on a Lease: the one annotation of ours that holds an object. */
function stateOf(annotations: unknown): State {
  const texts = Object.values((annotations ?? {}) as Readonly<Record<string, string>>)
  const text = texts.find((each) => each.startsWith('{'))
  return text === undefined ? {} : (JSON.parse(text) as State)
}

/** How a step ended; where it is not as expected, the end of its log says why. */
export function expectDecision(done: ActionResult, ...expected: readonly string[]): void {
  const decision = done.outputs['decision'] ?? 'nothing'
  if (expected.includes(decision)) return
  const log = done.log.split('\n').slice(-60).join('\n')
  throw new Error(`the step ended as ${decision}, not ${expected.join(' or ')}:\n${log}`)
}
