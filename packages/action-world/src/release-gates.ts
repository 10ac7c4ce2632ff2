import type { GateLine } from '@release-actions/action-kit'
import type { Http } from '@release-actions/http'
import { gateRow, type Gate } from '@release-actions/judge'
import {
  createReleaseGates,
  createTrafficMeter,
  loadSources,
  type ReleaseGates,
  type StageReport,
} from '@release-actions/metrics'
import type { Clock, Pods, Track, TrafficMeter } from '@release-actions/ports'
import type { Milliseconds } from '@release-actions/values'

export interface GateWorld {
  readonly warmUp: Milliseconds
  readonly interval: Milliseconds
  readonly pods: Pods
  readonly http: Http
  readonly clock: Clock
  readonly namespace: string
  readonly workspace: string
  readonly env: NodeJS.ProcessEnv
  /** The release waits for the pods that it adds in the middle of a window: see MetricsWorld. */
  readonly newcomers?: 'awaited'
  /** By track: what templates say. */
  readonly names: (track: Track) => {
    readonly service: string
    readonly workload: string
    readonly version: string
    readonly 'kube-service': string
  }
}

/** The track of the new version, and the one that it is compared with. */
export interface Tracks {
  readonly candidate: Track
  readonly baseline: Track
}

/**
 * Loads what the gates need; what they look at is said later, for it may not be known before a release begins.
 * @throws InvalidInput for a gate that cannot be sampled here
 */
export async function loadGates(
  gates: readonly Gate[],
  world: GateWorld,
): Promise<(tracks: Tracks) => ReleaseGates> {
  const { clock, warmUp, interval } = world
  const sources = await loadSources(gates, world)
  return (tracks) => createReleaseGates({ gates, sources, clock, warmUp, interval, ...tracks })
}

/** The longest that one look at the split may take: a retreat does not wait for a pod that hangs. */
const METER_TIMEOUT_MS = 1000

/** The pods' own request counters, when a gate scrapes them anyway: a vantage point on the split. */
export function meterOf(gates: readonly Gate[], pods: Pods): TrafficMeter | undefined {
  for (const { source } of gates) {
    if (source.kind !== 'scrape') continue
    const { port, path, signal } = source
    const counter = signal.kind === 'rate' || signal.kind === 'error-rate' ? signal.counter : undefined
    const { where } = signal
    const scrape = { port, path, where, ...(counter === undefined ? {} : { counter }) }
    return createTrafficMeter({ pods, scrape, timeout: METER_TIMEOUT_MS })
  }
  return undefined
}

/**
 * The gates of every stage as rows of the summary's table: those that did not pass come first; of the others those that
 * were compared with the baseline; of these the last stage.
 * @param label a stage in few words, behind the gate's name: `25 %`
 */
export function gateLines(
  gates: ReleaseGates,
  label: (stage: StageReport['stage']) => string,
): readonly GateLine[] {
  const judged = gates
    .reports()
    .toReversed()
    .flatMap(({ stage, reports }) =>
      reports
        // A gate of the stage at which the release ended may not have looked at all.
        .filter(({ verdict, samples }) => verdict.state !== 'judging' || samples.length > 0)
        .map((report) => {
          const row = gateRow(report)
          const { state } = report.verdict
          const line: GateLine = {
            ...row,
            name: `${row.name} (${label(stage)})`,
          }
          // Its figures are shown, but they are no verdict.
          return { state, line: state === 'judging' ? { ...line, outcome: '⏹️ unfinished', why: '' } : line }
        }),
    )
  const order = ['fail', 'inconclusive', 'judging', 'pass']
  const alone = (state: string, baseline: string): number => (state === 'pass' && baseline === '–' ? 1 : 0)
  const rank = ({ state, line }: (typeof judged)[number]): number =>
    order.indexOf(state) + alone(state, line.baseline)
  return judged.sort((a, b) => rank(a) - rank(b)).map(({ line }) => line)
}
