import type { Kit } from '@release-actions/action-kit'
import { releaseSummary } from '@release-actions/action-kit'
import {
  assertOutlives,
  failureOf,
  finished,
  finishOnGitHub,
  gateLines,
  linksOf,
  loadGates,
  meterOf,
  openRecord,
  touched,
} from '@release-actions/action-world'
import {
  runCanary,
  type CanaryEnd,
  type CanaryPorts,
  type Listener,
  type Recorder,
} from '@release-actions/engine'
import type { Gate } from '@release-actions/judge'
import type { KubernetesCanary } from '@release-actions/kubernetes'
import type { Traffic } from '@release-actions/ports'
import { attained, type CanarySight, type ReleaseGoal } from '@release-actions/release'
import type { StageReport } from '@release-actions/metrics'
import { formatPercent, type Milliseconds, type ReleaseError } from '@release-actions/values'
import type { CanaryInputs } from './inputs.ts'
import { recorderOf } from './record.ts'
import { endingOf, outcomeOf, reportOf, shareAt, type ReportFrame } from './report.ts'
import type { Setting } from './setting.ts'
import { staysInFlight } from './stays-in-flight.ts'

/** A step that has something to do: all that it was asked for, and the workload that was found. */
export interface Release {
  readonly inputs: CanaryInputs
  readonly kit: Kit
  readonly goal: ReleaseGoal
  readonly gates: readonly Gate[]
  readonly setting: Setting
  readonly environment: string | undefined
}

/** Walks, judges, promotes or takes back, and says what became of it. */
export async function release(step: Release): Promise<void> {
  const { inputs, kit, setting, goal } = step
  const { clock, log } = kit
  const canary = await setting.open()
  const opening = await loadGates(step.gates, {
    warmUp: inputs.warmUp,
    interval: inputs.interval,
    http: setting.http,
    clock,
    pods: canary.pods,
    namespace: setting.namespace,
    workspace: kit.context.workspace,
    env: process.env,
    newcomers: 'awaited',
    names: (track) => ({
      service: setting.service,
      workload: track === 'canary' ? canary.target.canary : inputs.workload,
      version: track === 'canary' ? goal.release.version : 'stable',
      'kube-service': track === 'canary' ? canary.target.canaryService : canary.target.stableService,
    }),
  })
  const windows = opening({ candidate: 'canary', baseline: 'stable' })
  const ports: CanaryPorts = {
    clock,
    cluster: canary.cluster,
    traffic: canary.traffic,
    claims: canary.claims,
    gates: windows,
    meter: meterOf(step.gates, canary.pods),
  }
  if (inputs.dryRun) return (await import('./dry-run.ts')).plan(ports, step)
  const record = await openRecord(inputs, kit, setting.http, step.environment, setting.service)
  const warnings: string[] = []
  const warn = (text: string): void => {
    warnings.push(text)
    log.warning(text)
  }
  const recorder =
    record === undefined
      ? undefined
      : recorderOf(record.ledger, { ...step, container: canary.target.container }, warn)
  const startedAt = clock.now()
  const listener: Listener = {
    opening: async (seen) => {
      try {
        await look(step, canary, warn)
        attainedShares(goal, seen).forEach(warn)
      } catch (error) {
        kit.outputs.set({ weight: seen.traffic.weight })
        throw staysInFlight(error, seen)
      }
      touched(kit)
      return recorder?.opening(seen)
    },
    moving: (entry) => {
      log.line(`▶ ${entry.text}`)
      recorder?.moving(entry)
    },
    judging: (stage, flight, entry) => recorder?.judging(stage, flight, entry),
    nameOf: (digest) => recorder?.nameOf(digest),
    tell: (text) => log.line(text),
  }
  const ran = await runCanary(goal, ports, kit.cancelled, listener)
  const ending = endingOf(ran, goal)
  const waits = ending.decision === 'advanced' || ending.decision === 'held'
  // What stays in flight is for a later step: post must not take it back.
  if (waits) finished(kit)
  writeRecord(recorder, ran, goal)
  const deployment = recorder?.deployment
  const frame: ReportFrame = {
    service: setting.service,
    environment: step.environment,
    namespace: setting.namespace,
    workload: inputs.workload,
    goal,
    gates: gateLines(windows, stageLabel),
    warnings,
    links: linksOf(inputs),
    deployment,
    wayBack: await wayBackOf(canary.traffic, ran, kit.cancelled),
  }
  const report = reportOf(ran, frame)
  kit.outputs.set(outcomeOf(ran, frame))
  kit.summarize(releaseSummary(report))
  if (ran.words.length > 0) log.group('What the pods say', ran.words)
  await finishOnGitHub({
    kit,
    service: setting.service,
    record,
    recorder,
    gates: windows,
    describe: (stage) => describeStage(stage, ran),
    startedAt,
    warn,
  })
  // Only now: post also completes the record, should main be killed before it has.
  if (!waits && ending.decision !== 'cancelled' && ending.code !== 'retreat-failed') finished(kit)
  log.line(kit.outputs.known.message ?? ending.decision)
  if (ran.end.kind !== 'done') throw failed(ran, frame)
}

function stageLabel(stage: StageReport['stage']): string {
  return stage === 'stable' ? 'stable' : `${stage} %`
}

function describeStage(stage: StageReport['stage'], ran: CanaryEnd): string {
  if (stage === 'stable') return 'Judged on the stable, after promotion.'
  return `Judged with ${formatPercent(shareAt(Number(stage), ran))} of the traffic.`
}

/**
 * Everything that can be known to fail is known before the first write: the workload, the route, every permission, and
 * whether the credentials outlive the soak.
 */
async function look(step: Release, canary: KubernetesCanary, warn: (text: string) => void): Promise<void> {
  const [warnings, { warnings: routeWarnings, changes }, expiresAt] = await Promise.all([
    canary.cluster.preflight(),
    canary.traffic.preflight(step.goal.plan),
    step.setting.connection.expiresAt(),
  ])
  ;[...warnings, ...routeWarnings].forEach(warn)
  changes.forEach((text) => step.kit.log.line(`will change: ${text}`))
  assertOutlives(expiresAt, step.kit.clock.now(), longest(step.goal))
}

/** Without a router one pod is the least: where that is more than was asked for, it is said before it is so. */
function attainedShares({ plan, until }: ReleaseGoal, { traffic, stable }: CanarySight): readonly string[] {
  const more = plan.flatMap((weight) => {
    const share = attained(traffic.kind, weight, stable.desired)
    return weight <= until && share > weight ? [`${formatPercent(weight)} is ${formatPercent(share)}`] : []
  })
  return more.length === 0 || stable.desired === 0
    ? []
    : [
        `without a router one pod is the least: beside ${stable.desired} of ${stable.name}, ${more.join(', ')}`,
      ]
}

/** The soaks and the drains of what is walked, and one wait: shorter, and the way back might find no way in. */
function longest({ plan, until, soaks, timing }: ReleaseGoal): Milliseconds {
  const soak = plan.reduce(
    (sum, weight, at) => (weight <= until ? sum + timing.warmUp + (soaks[at] ?? 0) : sum),
    0,
  )
  return soak + 2 * timing.drain + timing.interval
}

function writeRecord(recorder: Recorder | undefined, { end, last }: CanaryEnd, goal: ReleaseGoal): void {
  switch (end.kind) {
    case 'done':
      if (end.decision === 'promoted')
        recorder?.verified(`${goal.release.version} serves all traffic, verified`)
      else if (end.decision === 'unchanged') recorder?.landed(last.seen.claim.state.live)
      else if (end.decision === 'advanced')
        recorder?.passed(`canary ${formatPercent(last.seen.traffic.weight)}: passed`)
      return
    case 'failed':
      return recorder?.failed(`${end.decision}: ${end.reason}`)
    case 'stopped':
      return recorder?.failed(`superseded: ${end.reason}`)
  }
}

/** What puts the route back by hand; read only where somebody may have to type it. */
export async function wayBackOf(
  traffic: Pick<Traffic, 'wayBack'>,
  { end, last }: CanaryEnd,
  hurried: AbortSignal,
): Promise<string | undefined> {
  const stuck = end.kind === 'failed' && (last.seen.traffic.weight > 0 || end.code === 'retreat-failed')
  return stuck && !hurried.aborted ? traffic.wayBack() : undefined
}

export function failed(ran: CanaryEnd, frame: ReportFrame): ReleaseError {
  return failureOf(reportOf(ran, frame), ran.words)
}
