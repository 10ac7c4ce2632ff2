import { utcTime, type Decision, type Outcome, type ReleaseReport } from '@release-actions/action-kit'
import { NEWER_GOES_ON, POST_COMPLETES, type Ending } from '@release-actions/action-world'
import { isForPeople, versionOfStable, type CanaryEnd } from '@release-actions/engine'
import type { GateLine } from '@release-actions/action-kit'
import { canaryName, leaseName } from '@release-actions/kubernetes'
import {
  attained,
  type CanaryGoal,
  type InFlight,
  type Landed,
  type ReleaseId,
} from '@release-actions/release'
import { formatPercent, type Percent } from '@release-actions/values'

/** What a report says besides what the engine knows. */
export interface ReportFrame {
  readonly service: string
  readonly environment: string | undefined
  readonly namespace: string
  readonly workload: string
  readonly goal: CanaryGoal
  readonly gates: readonly GateLine[]
  readonly warnings: readonly string[]
  readonly links: ReleaseReport['links']
  readonly deployment: number | undefined
  /** The exact command that puts the route back by hand. */
  readonly wayBack: string | undefined
}

/** The engine's end in the words of the outputs. */
export function endingOf({ end, last }: Pick<CanaryEnd, 'end' | 'last'>, goal: CanaryGoal): Ending {
  switch (end.kind) {
    case 'done':
      return end.decision === 'aborted'
        ? aborted(last.seen.claim.state.last)
        : { decision: end.decision, code: undefined, reason: undefined }
    case 'failed': {
      // Whoever wanted it out of the traffic and left it in has failed at what matters most, whatever stood in the way.
      const stranded = goal.kind === 'abort' && last.seen.traffic.weight > 0
      return { decision: end.decision, code: stranded ? 'retreat-failed' : end.code, reason: end.reason }
    }
    case 'stopped':
      return { decision: 'superseded', code: 'superseded', reason: end.reason }
  }
}

/** What was in flight has been ended: taken back, or, where it served already, tidied up. */
function aborted(landed: Landed | undefined): Ending {
  const promoted = landed?.outcome === 'promoted'
  return { decision: promoted ? 'promoted' : 'retreated', code: undefined, reason: landed?.why?.reason }
}

/** Who serves what, as it was last seen. */
interface Split {
  readonly fresh: ReleaseId | undefined
  readonly old: ReleaseId
  /** The configured share of the new version. */
  readonly weight: Percent
  readonly measured: Percent | undefined
}

function splitOf(ran: CanaryEnd, goal: CanaryGoal): Split {
  const { seen, cluster } = ran.last
  const { flight } = ran
  const state = seen.claim.state
  // What is in flight has the traffic: when a newer run has taken over, that is not the version of this step.
  const wanted = goal.kind === 'release' && !isForeign(flight, goal) ? goal.release : flight?.release
  const live = stableOf(ran, state.live?.release)
  const base = flight?.base.release
  const known = [base?.template, wanted?.template].includes(cluster.stable.template)
  const old = known ? (base ?? live) : live
  const shift = flight?.shifts.at(-1)
  if (wanted !== undefined && cluster.stable.template === wanted.template) {
    const digest = wanted.digest ?? cluster.stable.digest
    // The stable is the new version now: when nothing reached the canary any more, everything reached the stable.
    const measured = shift?.weight === 0 && shift.seen === 0 ? 100 : undefined
    return { fresh: { ...wanted, digest }, old, weight: 100, measured }
  }
  const set = shift !== undefined && shift.weight === seen.traffic.weight ? shift.seen : undefined
  return { fresh: wanted, old, weight: seen.traffic.weight, measured: set }
}

/** Another run's release is in flight, and not the one that this step is about. */
function isForeign(flight: InFlight | undefined, goal: CanaryGoal): boolean {
  return goal.kind === 'release' && flight !== undefined && flight.release.template !== goal.release.template
}

function stableOf({ last }: CanaryEnd, live: ReleaseId | undefined): ReleaseId {
  const { stable } = last.cluster
  const { image, digest, template } = stable
  return live?.template === template ? live : { version: versionOfStable(stable), digest, image, template }
}

export function outcomeOf(ran: CanaryEnd, frame: ReportFrame): Outcome {
  const { decision, code, reason } = endingOf(ran, frame.goal)
  const { fresh, old, weight, measured } = splitOf(ran, frame.goal)
  const now = weight === 100 && fresh !== undefined ? fresh : old
  const before = now === fresh ? old : ran.last.seen.claim.state.live?.release
  const differs = before !== undefined && before.template !== now.template
  return {
    decision,
    ...(code === undefined ? {} : { reasonCode: code }),
    message: messageOf(ran, frame, { decision, code, reason }),
    version: now.version,
    ...(now.digest === undefined ? {} : { digest: now.digest }),
    ...(differs ? { previousVersion: before.version } : {}),
    ...(differs && before.digest !== undefined ? { previousDigest: before.digest } : {}),
    weight,
    ...(measured === undefined ? {} : { measuredWeight: measured }),
    ...(frame.deployment === undefined ? {} : { deploymentId: frame.deployment }),
    evidence: {
      journal: ran.journal,
      exposures: ran.exposures,
      shifts: ran.flight?.shifts ?? [],
      gates: frame.gates,
      pods: ran.words,
    },
  }
}

/** One sentence for people. */
function messageOf(ran: CanaryEnd, frame: ReportFrame, { decision, reason }: Ending): string {
  const { fresh, old, weight } = splitOf(ran, frame.goal)
  const name = fresh?.version ?? 'the new version'
  switch (decision) {
    case 'promoted':
      return `${frame.service} ${name} serves all traffic`
    case 'advanced':
      return `${frame.service} ${name} has ${formatPercent(weight)} of the traffic, and has passed`
    case 'unchanged':
      return `${frame.service} ${weight === 100 ? `${name} serves all traffic` : `${name} has ${formatPercent(weight)} of the traffic`} already`
    case 'retreated':
      return `${frame.service} is back on ${old.version}: ${reason ?? `${name} was taken back`}`
    default:
      return reason ?? decision
  }
}

export function reportOf(ran: CanaryEnd, frame: ReportFrame): ReleaseReport {
  const ending = endingOf(ran, frame.goal)
  const { decision, code, reason } = ending
  const split = splitOf(ran, frame.goal)
  const about = frame.goal.kind === 'release' ? frame.goal.release : split.fresh
  return {
    service: frame.service,
    environment: frame.environment,
    version: about?.version ?? 'the new version',
    decision,
    code,
    reason,
    serving: servingOf(split, ran.exposures.at(-1)),
    todo: todoOf(ending, split, ran, frame),
    gates: frame.gates,
    exposure: exposureOf(ran, frame.goal, decision),
    moves: ran.journal.filter(isForPeople).map(({ at, text }) => ({ at, what: text })),
    split: isForeign(ran.flight, frame.goal) ? [] : chart(ran),
    pods: ran.words.length === 0 ? [] : [{ title: 'What the pods say', lines: ran.words }],
    next: nextOf(decision, split, frame),
    links: frame.links,
    warnings: frame.warnings,
  }
}

/** @param last what was counted last: the best there is, when it was at this weight */
function servingOf(
  { fresh, old, weight, measured }: Split,
  last: CanaryEnd['exposures'][number] | undefined,
): ReleaseReport['serving'] {
  const basis = measured === weight ? 'measured' : 'configured'
  const seen = last !== undefined && last.weight === weight ? shareOf(last) : undefined
  const detail =
    last !== undefined && seen !== undefined && weight < 100
      ? `${formatPercent(seen)} measured since ${utcTime(last.from)}`
      : measured === undefined || measured === weight
        ? undefined
        : `${formatPercent(measured)} was measured when it was set`
  const parts = [
    {
      version: fresh?.version ?? 'the new version',
      share: weight,
      basis,
      ...(detail === undefined ? {} : { detail }),
    } as const,
    { version: old.version, share: 100 - weight, basis } as const,
  ]
  return parts.filter(({ share }) => share > 0).sort((a, b) => b.share - a.share)
}

/** The new version's share of the requests that were counted; undefined when none were. */
function shareOf({ requests }: CanaryEnd['exposures'][number]): Percent | undefined {
  const all = requests === undefined ? 0 : requests.canary + requests.stable
  return requests === undefined || all === 0 ? undefined : (100 * requests.canary) / all
}

/** What a person must do, judged by who has the traffic and not by how the step ended. */
function todoOf(
  { decision, code }: Ending,
  { fresh, old, weight }: Split,
  { flight, last }: CanaryEnd,
  frame: ReportFrame,
): ReleaseReport['todo'] {
  const name = fresh?.version ?? 'the new version'
  const kubectl = `kubectl -n ${frame.namespace}`
  const wayBack = frame.wayBack ?? `${kubectl} get deployments`
  if (code === 'retreat-failed') {
    if (flight?.phase.name !== 'restoring')
      return {
        kind: 'now',
        text: `Take ${name} out of the traffic by hand, and see that nothing reaches it:`,
        command: wayBack,
      }
    const { stable } = last.seen
    if (stable.desired === 0) {
      const up = `${kubectl} scale deployment ${frame.workload} --replicas ${flight.base.replicas}`
      const text = `${frame.workload} is scaled to 0: there is nobody to route the traffic back to. Scale it up, and route the traffic to it when it is there:`
      return {
        kind: 'now',
        text,
        command: `${up} && ${kubectl} rollout status deployment ${frame.workload} && ${wayBack}`,
      }
    }
    if (stable.template === flight.release.template) {
      const undo = `${kubectl} rollout undo deployment ${frame.workload}`
      return {
        kind: 'now',
        text: `${frame.workload} could not be put back to ${old.version} and still has the template of ${name}. Put it back, and route the traffic to it when it is rolled out:`,
        command: `${undo} && ${kubectl} rollout status deployment ${frame.workload} && ${wayBack}`,
      }
    }
    // The canary has passed every gate; the stable is half rolled: traffic goes back to it when it is whole.
    const text = `${frame.workload} was being put back to ${old.version} behind the canary. When it is rolled out, route the traffic to it:`
    return {
      kind: 'now',
      text,
      command: `${kubectl} rollout status deployment ${frame.workload} && ${wayBack}`,
    }
  }
  switch (decision) {
    case 'held': {
      const text = `${name} keeps ${formatPercent(weight)} of the requests until somebody acts. Run the step again to judge it once more, release another version to replace it, or take it out of the traffic (the next run cleans up):`
      return { kind: 'decide', text, command: wayBack }
    }
    case 'retreated':
      return { kind: 'later', text: `Mend the cause and release again: the walk begins anew.` }
    case 'failed':
      return weight > 0 && weight < 100
        ? {
            kind: 'later',
            text: `${name} keeps its ${formatPercent(weight)} of the requests, as before this step.`,
          }
        : { kind: 'later', text: 'Mend the cause and run the step again.' }
    case 'cancelled':
      return flight === undefined ? { kind: 'nothing' } : POST_COMPLETES
    case 'superseded':
      return flight !== undefined && weight > 0 ? NEWER_GOES_ON : { kind: 'nothing' }
    default:
      return { kind: 'nothing' }
  }
}

/** How much traffic met this release; what an earlier one had, which this run cleared away, is not counted. */
function exposureOf(
  { exposures, last, flight }: CanaryEnd,
  goal: CanaryGoal,
  decision: Decision,
): ReleaseReport['exposure'] {
  const since = flight?.since ?? 0
  const foreign = isForeign(flight, goal)
  const ours = exposures.filter(({ from, until }) => (foreign ? from < since : until > since))
  const [first] = ours
  const end = ours.at(-1)
  if (first === undefined || end === undefined) return undefined
  const counted = ours.flatMap(({ requests }) => (requests === undefined ? [] : [requests]))
  const fresh = counted.reduce((sum, { canary }) => sum + canary, 0)
  const stable = counted.reduce((sum, requests) => sum + requests.stable, 0)
  return {
    from: first.from,
    to: !foreign && (decision === 'promoted' || last.seen.traffic.weight > 0) ? undefined : end.until,
    highestWeight: Math.max(...ours.map(({ weight }) => weight)),
    requests: counted.length === 0 ? undefined : { new: fresh, all: fresh + stable },
  }
}

/** The share that a weight of the plan stands for: without a router, what whole pods of this release's base attain. */
export function shareAt(planned: Percent, { flight, last }: Pick<CanaryEnd, 'flight' | 'last'>): Percent {
  const { traffic, stable } = last.seen
  return attained(traffic.kind, planned, flight?.base.replicas ?? stable.desired)
}

function chart(ran: CanaryEnd): ReleaseReport['split'] {
  const { flight, last, exposures } = ran
  const shifts = flight?.shifts ?? []
  const points = shifts.map(({ at, weight: asked, seen }, n) => {
    const weight = shareAt(asked, ran)
    const next = shifts[n + 1]?.at ?? Infinity
    // All that was counted while it stood there says more than the few requests that proved the shift.
    const stood = exposures.find(
      (each) => each.weight === weight && each.from < next && each.until > at && shareOf(each) !== undefined,
    )
    return { at, weight, measured: stood === undefined ? seen : shareOf(stood) }
  })
  const promoted =
    last.seen.claim.state.last?.outcome === 'promoted' && last.seen.claim.state.inFlight === undefined
  // The shift back to the stable is, for the new version, not an end: the stable is the new version by then.
  const shown = promoted ? points.filter(({ weight }) => weight > 0) : points
  const end = exposures.at(-1)?.until
  const tail = shown.at(-1)
  if (tail === undefined || end === undefined || end <= tail.at) return shown
  // Without a router at most half of the pods are the canary's; the rest has come with the stable's own rollout.
  return [
    ...shown,
    promoted && tail.weight < 100 ? { at: end, weight: 100, measured: undefined } : { ...tail, at: end },
  ]
}

function nextOf(
  decision: Decision,
  { weight }: Split,
  { namespace, workload }: ReportFrame,
): ReleaseReport['next'] {
  const kubectl = `kubectl -n ${namespace}`
  const events = { what: 'What the cluster said', command: `${kubectl} get events --sort-by=.lastTimestamp` }
  const state = {
    what: 'What is in flight',
    command: `${kubectl} get lease ${leaseName(workload)} -o yaml`,
  }
  const logs = {
    what: "What the new version's pods log",
    command: `${kubectl} logs deployment/${canaryName(workload)} --tail 50`,
  }
  switch (decision) {
    case 'held':
      return [logs, state]
    case 'advanced':
      return [state]
    case 'retreated':
      return [events]
    case 'failed':
    case 'cancelled':
      return weight > 0 && weight < 100 ? [logs, state, events] : [events, state]
    default:
      return []
  }
}
