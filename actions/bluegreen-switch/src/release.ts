import { releaseSummary, type Kit } from '@release-actions/action-kit'
import {
  assertOutlives,
  failureOf,
  finished,
  finishOnGitHub,
  gateLines,
  linksOf,
  meterOf,
  NO_GATES,
  openRecord,
  touched,
} from '@release-actions/action-world'
import {
  runBlueGreen,
  type BlueGreenEnd,
  type BlueGreenListener,
  type BlueGreenPorts,
  type Recorder,
} from '@release-actions/engine'
import { colorName, type KubernetesBlueGreen } from '@release-actions/kubernetes'
import type { Pods, Switch, TrafficMeter } from '@release-actions/ports'
import { otherColor, type Color, type SwitchGoal } from '@release-actions/release'
import type { Milliseconds, ReleaseError } from '@release-actions/values'
import type { ChosenGates } from './choose-gates.ts'
import { openGates } from './gates.ts'
import type { SwitchInputs } from './inputs.ts'
import { setColors } from './kept.ts'
import { recorderOf } from './record.ts'
import { endingOf, outcomeOf, reportOf, type ReportFrame } from './report.ts'
import type { Setting } from './setting.ts'
import { describeStage, stageLabel } from './stages.ts'

/** A step that has something to do: all that it was asked for, and the workload that was found. */
export interface Release {
  readonly inputs: SwitchInputs
  readonly kit: Kit
  readonly goal: SwitchGoal
  readonly gates: ChosenGates
  readonly setting: Setting
  readonly environment: string | undefined
}

/** Deploys, judges, switches or takes back, and says what became of it. */
export async function release(step: Release): Promise<void> {
  const { inputs, kit, setting, goal } = step
  const { clock, log } = kit
  const world = await setting.open()
  if (inputs.dryRun) return (await import('./dry-run.ts')).plan(portsOf(world, kit, NO_GATES), step)
  const record = await openRecord(inputs, kit, setting.http, step.environment, setting.service)
  let color: Color = 'green'
  const windows = await openGates(
    step.gates,
    {
      warmUp: inputs.warmUp,
      interval: inputs.interval,
      http: setting.http,
      clock,
      pods: world.pods,
      namespace: setting.namespace,
      workspace: kit.context.workspace,
      env: process.env,
      names: (track) => ({
        service: setting.service,
        workload: track === 'blue' || track === 'green' ? colorName(inputs.workload, track) : inputs.workload,
        version: track === color ? goal.release.version : 'stable',
        'kube-service': world.target.service,
      }),
    },
    () => color,
  )
  const ports = { ...portsOf(world, kit, windows), meter: meterOfRoute(step, world) }
  const warnings: string[] = []
  const warn = (text: string): void => {
    warnings.push(text)
    log.warning(text)
  }
  const recorder = record === undefined ? undefined : recorderOf(record.ledger, step, warn)
  const startedAt = clock.now()
  let changes: readonly string[] = []
  const listener: BlueGreenListener = {
    opening: async (seen) => {
      changes = await look(step, world, warn)
      touched(kit)
      return recorder?.opening(seen)
    },
    moving: (entry, seen) => {
      color = seen.claim.state.switching?.to ?? color
      log.line(`▶ ${entry.text}`)
      recorder?.moving(entry)
    },
    judging: (stage, flight, entry) => recorder?.judging(stage, flight, entry),
    nameOf: (digest) => recorder?.nameOf(digest),
    tell: (text) => log.line(text),
  }
  const ran = await runBlueGreen(goal, ports, kit.cancelled, listener)
  const ending = endingOf(ran, goal)
  // What is held is for a later step: post must not take it back.
  if (ending.decision === 'held') finished(kit)
  writeRecord(recorder, ran, goal)
  const frame: ReportFrame = {
    service: setting.service,
    environment: step.environment,
    namespace: setting.namespace,
    workload: inputs.workload,
    goal,
    gates: gateLines(windows, stageLabel),
    warnings,
    changes,
    links: linksOf(inputs),
    deployment: recorder?.deployment,
    wayBack: await wayBackOf(world.switch, ran, kit.cancelled),
  }
  kit.outputs.set(outcomeOf(ran, frame))
  setColors(kit, ran.last.seen.switch.to, ran.last.seen.claim.state.colors?.warm)
  kit.summarize(releaseSummary(reportOf(ran, frame)))
  if (ran.words.length > 0) log.group('What the pods say', ran.words)
  await finishOnGitHub({
    kit,
    service: setting.service,
    record,
    recorder,
    gates: windows,
    describe: describeStage,
    startedAt,
    warn,
  })
  // Only now: post also completes the record, should main be killed before it has.
  if (ending.decision !== 'cancelled' && ending.code !== 'retreat-failed') finished(kit)
  log.line(kit.outputs.known.message ?? ending.decision)
  if (ran.end.kind !== 'done') throw failed(ran, frame)
}

export function portsOf(
  world: KubernetesBlueGreen,
  { clock }: Pick<Kit, 'clock'>,
  gates: BlueGreenPorts['gates'],
): BlueGreenPorts {
  return { clock, colors: world.colors, switch: world.switch, claims: world.claims, gates }
}

/** Behind a router nobody can be asked from here, unless by a URL: the pods' counters tell, where a gate scrapes them. */
function meterOfRoute({ gates, setting }: Release, { pods }: KubernetesBlueGreen): TrafficMeter | undefined {
  if (!setting.traffic.startsWith('httproute/')) return undefined
  const colored: Pods = {
    ...pods,
    list: (track) => pods.list(track === 'stable' ? 'blue' : track === 'canary' ? 'green' : track),
  }
  return meterOf([...gates['post-switch'], ...gates['pre-switch']], colored)
}

/**
 * Everything that can be known to fail is known before the first write: the workload, what serves it, every permission,
 * and whether the credentials outlive the soak.
 * @returns what of the user's objects will be changed, a sentence each
 */
async function look(
  { inputs, kit, setting, goal }: Release,
  world: KubernetesBlueGreen,
  warn: (text: string) => void,
): Promise<readonly string[]> {
  const [warnings, switched, expiresAt] = await Promise.all([
    world.colors.preflight(),
    world.switch.preflight(),
    setting.connection.expiresAt(),
  ])
  ;[...warnings, ...switched.warnings].forEach(warn)
  switched.changes.forEach((text) => kit.log.line(`will change: ${text}`))
  assertOutlives(expiresAt, kit.clock.now(), longest(goal, inputs.settle))
  return switched.changes
}

/** The soaks and the drains: shorter, and the way back might find no way in. */
function longest({ preSwitchSoak, soak, timing }: SwitchGoal, settle: Milliseconds): Milliseconds {
  return preSwitchSoak + timing.warmUp + soak + 2 * timing.drain + 2 * settle + timing.interval
}

function writeRecord(
  recorder: Recorder | undefined,
  { end, last }: BlueGreenEnd,
  { release: { version } }: SwitchGoal,
): void {
  switch (end.kind) {
    case 'done':
      if (end.decision === 'switched') recorder?.verified(`${version} serves all traffic, verified`)
      else if (end.decision === 'unchanged') recorder?.landed(last.seen.claim.state.live)
      return
    case 'failed':
      return recorder?.failed(`${end.decision}: ${end.reason}`)
    case 'stopped':
      return recorder?.failed(`superseded: ${end.reason}`)
  }
}

/** What goes back by hand: read where somebody may have to type it, or may like to. */
export async function wayBackOf(
  { wayBack }: Pick<Switch, 'wayBack'>,
  { end, last, flight }: BlueGreenEnd,
  hurried: AbortSignal,
): Promise<string | undefined> {
  if (hurried.aborted || flight === undefined) return undefined
  const { to } = last.seen.switch
  const warm = last.seen.claim.state.colors?.warm
  if (end.kind === 'done') return warm === undefined || to === warm.color ? undefined : wayBack(warm.color)
  const stuck = end.kind === 'failed' && (to === flight.to || end.code === 'retreat-failed')
  return stuck ? wayBack(otherColor(flight.to)) : undefined
}

/** The release did not reach its goal, so the job fails, also after a good retreat. */
export function failed(ran: BlueGreenEnd, frame: ReportFrame): ReleaseError {
  return failureOf(reportOf(ran, frame), ran.words)
}
