import { randomBytes } from 'node:crypto'
import { NO_GATES } from '@release-actions/action-world'
import { runBlueGreen, type BlueGreenEnd, type JournalEntry } from '@release-actions/engine'
import { openBlueGreen, type KubernetesBlueGreen, type Restoring } from '@release-actions/kubernetes'
import {
  leftTo,
  type AbortGoal,
  type BlueGreenGoal,
  type Color,
  type Identity,
  type Keep,
  type ReleaseId,
  type SwitchGoal,
  type Switching,
  type Way,
} from '@release-actions/release'
import { ReleaseError } from '@release-actions/values'
import type { Asked } from './asked.ts'
import type { Target } from './choose.ts'
import type { Location } from './locate.ts'
import { asItRuns, type Part } from './part.ts'

interface Told {
  moving(entry: JournalEntry): void
  tell(text: string): void
}

/** What was taken back stays up so long, for whoever wants to look at it. */
const KEEP: Keep = 3_600_000

/** Ends the blue/green release that is under way, whoever works on it: all traffic on what served before. */
export async function endSwitch(
  asked: Asked,
  goal: AbortGoal,
  switching: Switching,
  location: Location,
  told: Told,
): Promise<Part> {
  const world = await openColors(asked, { ...location, traffic: switching.traffic }, undefined)
  try {
    const ran = await run(asked, goal, world, told)
    const seen = ran.flight ?? switching
    const { state } = ran.last.seen.claim
    const left = ran.end.kind === 'done' ? leftTo(goal, ran.last.seen.claim) : undefined
    // It may have been switched and judged so far that only tidying up was left: then it is what serves.
    const promoted =
      ran.end.kind === 'done' &&
      state.last?.outcome === 'promoted' &&
      state.last.release.template === seen.release.template
    const onNew = promoted || ran.last.seen.switch.to === seen.to
    const way = onNew && !promoted && !asked.kit.cancelled.aborted
    const part = partOf(
      ran,
      onNew ? seen.release : seen.base.release,
      // An earlier attempt's own switch, seen through: that is what was asked for.
      !promoted || seen.preempt,
      promoted ? undefined : seen.deployment,
      way ? await world.switch.wayBack(ran.last.seen.switch.to === 'blue' ? 'green' : 'blue') : undefined,
    )
    return left === undefined ? part : { ...part, end: { kind: 'left', reason: left } }
  } finally {
    world.close()
  }
}

/**
 * Back to the other colour: where it is warm, one patch does it; else its pods come first, with the whole pod template
 * of that release where anything in the cluster has kept it.
 * @param restores told what the colour will have, before anything is touched
 * @throws NotFound when nothing that differs from what serves can be had back
 */
export async function switchTo(
  asked: Asked,
  { to }: Extract<Way, { kind: 'switch' }>,
  target: Target,
  from: ReleaseId,
  location: Location,
  told: Told,
  restores: (restoring: Restoring) => void,
): Promise<Part> {
  const world = await openColors(asked, location, target)
  try {
    const { restoring } = world.target
    if (restoring === undefined) throw new ReleaseError('conflict', 'there is nothing to restore')
    restores(restoring)
    if (restoring.from !== undefined) told.tell(`the pod template of ${target.version}: ${restoring.from}`)
    const { version, digest } = target
    const { image, hash: template } = restoring.goal
    const goal = switchGoal(asked, to, { version, digest, image, template }, location)
    const ran = await run(asked, goal, world, told)
    const serves = ran.last.seen.switch.to === to
    const wayBack = ran.end.kind !== 'done' && !serves && !asked.kit.cancelled.aborted
    return partOf(
      ran,
      serves ? asItRuns(goal.release, ran.last.colors[to]?.digest) : from,
      ran.end.kind === 'done' && ran.end.decision === 'switched',
      undefined,
      wayBack ? await world.switch.wayBack(to) : undefined,
    )
  } finally {
    world.close()
  }
}

function switchGoal(
  { inputs, kit }: Asked,
  color: Color,
  release: ReleaseId,
  location: Location,
): SwitchGoal {
  const { timeout, interval, drain } = inputs
  return {
    kind: 'switch',
    release,
    run: kit.context.run,
    traffic: trafficOf(location).text,
    color,
    preSwitchSoak: 0,
    soak: 0,
    keep: KEEP,
    timing: { timeout, warmUp: 0, interval, drain },
    onFailure: 'retreat',
    allowOlder: true,
    preempt: true,
  }
}

/** The two colours of a workload; `restore`: what one of them is to run again. */
export function openColors(
  { http, kit, connection, inputs }: Pick<Asked, 'http' | 'kit' | 'connection' | 'inputs'>,
  location: Location,
  restore: Identity | undefined,
): Promise<KubernetesBlueGreen> {
  const { kind, name } = trafficOf(location)
  return openBlueGreen({
    http,
    clock: kit.clock,
    connection,
    namespace: location.namespace,
    workload: location.workload,
    container: location.container,
    traffic: { kind, name },
    restore,
    nonce: randomBytes(6).toString('hex'),
    cancelled: kit.cancelled,
    cwd: kit.context.workspace,
    settle: inputs.settle,
  })
}

/** What says who serves; where nobody says it, the Service that is called like the workload. */
function trafficOf({ traffic, workload }: Location): {
  readonly kind: 'service' | 'httproute'
  readonly name: string
  readonly text: string
} {
  const [, kind, name] = /^(service|httproute)\/(.+)$/.exec(traffic ?? '') ?? []
  if (name === undefined || (kind !== 'service' && kind !== 'httproute'))
    return { kind: 'service', name: workload, text: `service/${workload}` }
  return { kind, name, text: `${kind}/${name}` }
}

function run(
  { kit }: Asked,
  goal: BlueGreenGoal,
  { colors, switch: switching, claims }: KubernetesBlueGreen,
  told: Told,
): Promise<BlueGreenEnd> {
  const ports = { clock: kit.clock, colors, switch: switching, claims, gates: NO_GATES }
  return runBlueGreen(goal, ports, kit.cancelled, told)
}

function partOf(
  { end, journal, words }: BlueGreenEnd,
  release: ReleaseId,
  changed: boolean,
  deployment: number | undefined,
  wayBack: string | undefined,
): Part {
  const common = { journal, words, serving: { release, share: 100 }, deployment, wayBack }
  switch (end.kind) {
    case 'done':
      return { ...common, end: { kind: 'done', changed } }
    case 'failed': {
      const decision = end.decision === 'cancelled' ? 'cancelled' : 'failed'
      const code = wayBack === undefined ? end.code : 'retreat-failed'
      return { ...common, end: { kind: 'failed', decision, code, reason: end.reason } }
    }
    case 'stopped':
      return {
        ...common,
        end: { kind: 'failed', decision: 'superseded', code: 'superseded', reason: end.reason },
      }
  }
}
