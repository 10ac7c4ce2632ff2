import type { Decision, Outcome, ReleaseReport } from '@release-actions/action-kit'
import type { CanaryEnd } from '@release-actions/engine'
import type { GateLine } from '@release-actions/action-kit'
import type { CanaryGoal, InFlight, ReleaseId } from '@release-actions/release'
import { versionOf, type Percent, type ReasonCode } from '@release-actions/values'

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

export interface Ending {
  readonly decision: Decision
  readonly code: ReasonCode | undefined
  readonly reason: string | undefined
}

/** The engine's end in the words of the outputs. */
export function endingOf({ end }: Pick<CanaryEnd, 'end'>): Ending {
  switch (end.kind) {
    case 'done':
      return { decision: end.decision === 'aborted' ? 'retreated' : end.decision, code: undefined, reason: undefined }
    case 'failed':
      return { decision: end.decision, code: end.code, reason: end.reason }
    case 'stopped':
      return { decision: 'superseded', code: 'superseded', reason: end.reason }
  }
}

/** Who serves what, as it was last seen. */
interface Split {
  readonly fresh: ReleaseId | undefined
  readonly old: ReleaseId
  /** The configured share of the new version. */
  readonly weight: Percent
  readonly measured: Percent | undefined
}

export function splitOf(ran: CanaryEnd, goal: CanaryGoal): Split {
  const { seen, cluster } = ran.last
  const { flight } = ran
  const state = seen.claim.state
  const wanted = goal.kind === 'release' ? goal.release : flight?.release
  const old = flight?.base.release ?? stableOf(ran, state.live?.release)
  if (wanted !== undefined && cluster.stable.template === wanted.template) {
    const digest = wanted.digest ?? cluster.stable.digest
    return { fresh: { ...wanted, digest }, old, weight: 100, measured: undefined }
  }
  const shift = flight?.shifts.at(-1)
  const known = shift !== undefined && shift.weight === seen.traffic.weight ? shift.seen : undefined
  return { fresh: wanted, old, weight: seen.traffic.weight, measured: known }
}

function stableOf({ last }: CanaryEnd, live: ReleaseId | undefined): ReleaseId {
  const { image, digest, template } = last.cluster.stable
  return live?.template === template ? live : { version: versionOf(image, digest), digest, image, template }
}

export function outcomeOf(ran: CanaryEnd, frame: ReportFrame): Outcome {
  const { decision, code, reason } = endingOf(ran)
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
    evidence: { journal: ran.journal, exposures: ran.exposures, shifts: ran.flight?.shifts ?? [], gates: frame.gates, pods: ran.words },
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
      return `${frame.service} ${name} has ${weight} % of the traffic, and has passed`
    case 'unchanged':
      return `${frame.service} ${weight === 100 ? `${name} serves all traffic` : `${name} has ${weight} % of the traffic`} already`
    case 'retreated':
      return `${frame.service} is back on ${old.version}: ${reason ?? `${name} was taken back`}`
    default:
      return reason ?? decision
  }
}

export function reportOf(ran: CanaryEnd, frame: ReportFrame): ReleaseReport {
  const { decision, code, reason } = endingOf(ran)
  const split = splitOf(ran, frame.goal)
  return {
    service: frame.service,
    environment: frame.environment,
    version: split.fresh?.version ?? 'the new version',
    decision,
    code,
    reason,
    serving: servingOf(split),
    todo: todoOf(code, decision, frame),
    gates: frame.gates,
    exposure: exposureOf(ran),
    moves: ran.journal.map(({ at, text }) => ({ at, what: text })),
    split: chart(ran.flight, ran),
    pods: ran.words.length === 0 ? [] : [{ title: 'What the pods say', lines: ran.words }],
    next: nextOf(decision, frame),
    links: frame.links,
    warnings: frame.warnings,
  }
}

function servingOf({ fresh, old, weight, measured }: Split): ReleaseReport['serving'] {
  const basis = measured === undefined ? 'configured' : 'measured'
  const share = measured ?? weight
  const parts = [
    { version: fresh?.version ?? 'the new version', share, basis } as const,
    { version: old.version, share: 100 - share, basis } as const,
  ]
  return parts.filter((part) => part.share > 0).sort((a, b) => b.share - a.share)
}

function todoOf(code: ReasonCode | undefined, decision: Decision, frame: ReportFrame): ReleaseReport['todo'] {
  if (code === 'retreat-failed' && frame.wayBack !== undefined) {
    return { kind: 'now', text: 'Put the route back by hand', command: frame.wayBack }
  }
  switch (decision) {
    case 'held':
      return frame.wayBack === undefined
        ? { kind: 'later', text: 'Decide: run the step again to go on, or release another version to replace it.' }
        : { kind: 'now', text: 'Decide: run the step again to go on, or take it out of the traffic', command: frame.wayBack }
    case 'retreated':
    case 'failed':
      return { kind: 'later', text: 'Users are on the old version. Mend the cause and release again.' }
    case 'superseded':
      return { kind: 'later', text: 'Nothing: a newer run has taken over.' }
    case 'cancelled':
      return { kind: 'later', text: 'The `post` step of this job completes the way back; look at its log.' }
    default:
      return { kind: 'nothing' }
  }
}

function exposureOf({ exposures, last }: CanaryEnd): ReleaseReport['exposure'] {
  const [first] = exposures
  const end = exposures.at(-1)
  if (first === undefined || end === undefined) return undefined
  const counted = exposures.flatMap(({ requests }) => (requests === undefined ? [] : [requests]))
  const fresh = counted.reduce((sum, { canary }) => sum + canary, 0)
  const stable = counted.reduce((sum, requests) => sum + requests.stable, 0)
  return {
    from: first.from,
    to: last.seen.traffic.weight > 0 ? undefined : end.until,
    highestWeight: Math.max(...exposures.map(({ weight }) => weight)),
    requests: counted.length === 0 ? undefined : { new: fresh, all: fresh + stable },
  }
}

function chart(flight: InFlight | undefined, { last, exposures }: CanaryEnd): ReleaseReport['split'] {
  const shifts = flight?.shifts ?? []
  const points = shifts.map(({ at, weight, seen }) => ({ at, weight, measured: seen }))
  const promoted = last.seen.claim.state.last?.outcome === 'promoted' && last.seen.claim.state.inFlight === undefined
  // The shift back to the stable is, for the new version, not an end: the stable is the new version by then.
  const shown = promoted ? points.filter(({ weight }) => weight > 0) : points
  const end = exposures.at(-1)?.until
  const tail = shown.at(-1)
  return tail === undefined || end === undefined || end <= tail.at ? shown : [...shown, { ...tail, at: end }]
}

function nextOf(decision: Decision, { namespace, workload }: ReportFrame): ReleaseReport['next'] {
  const events = { what: 'What the cluster said', command: `kubectl -n ${namespace} get events --sort-by=.lastTimestamp` }
  const state = { what: 'What is in flight', command: `kubectl -n ${namespace} get lease release-actions-${workload} -o yaml` }
  if (decision === 'held' || decision === 'advanced') return [state]
  return decision === 'retreated' || decision === 'failed' || decision === 'cancelled' ? [events, state] : []
}
