import type { GateLine, Note, Outcome, ReleaseReport } from '@release-actions/action-kit'
import { NEWER_GOES_ON, POST_COMPLETES, type Ending } from '@release-actions/action-world'
import { isForPeople, versionOfStable, type BlueGreenEnd } from '@release-actions/engine'
import { colorName, leaseName } from '@release-actions/kubernetes'
import type { BlueGreenGoal, Color, Landed, Owner, ReleaseId, SwitchMade } from '@release-actions/release'
import { keptNotes } from './kept.ts'
import { proved } from './proof.ts'

/** What a report says besides what the engine knows. */
export interface ReportFrame {
  readonly service: string
  readonly environment: string | undefined
  readonly namespace: string
  readonly workload: string
  readonly goal: BlueGreenGoal
  readonly gates: readonly GateLine[]
  readonly warnings: readonly string[]
  /** What of the user's objects this release changes, a sentence each. */
  readonly changes: readonly string[]
  readonly links: ReleaseReport['links']
  readonly deployment: number | undefined
  /** The exact command that gives the old version everything by hand. */
  readonly wayBack: string | undefined
}

/** The engine's end in the words of the outputs. */
export function endingOf({ end, last, flight }: BlueGreenEnd, goal: BlueGreenGoal): Ending {
  switch (end.kind) {
    case 'done':
      return end.decision === 'aborted'
        ? aborted(last.seen.claim.state.last)
        : { decision: end.decision, code: undefined, reason: undefined }
    case 'failed': {
      // Whoever wanted it out of the traffic and left it in has failed at what matters most, whatever stood in the way.
      const stranded = goal.kind === 'abort' && flight !== undefined && last.seen.switch.to === flight.to
      return { decision: end.decision, code: stranded ? 'retreat-failed' : end.code, reason: end.reason }
    }
    case 'stopped':
      return { decision: 'superseded', code: 'superseded', reason: end.reason }
  }
}

/** What was in flight has been ended: taken back, or, where it served already, tidied up. */
function aborted(landed: Landed | undefined): Ending {
  const promoted = landed?.outcome === 'promoted'
  return { decision: promoted ? 'switched' : 'retreated', code: undefined, reason: landed?.why?.reason }
}

/** Who serves, as it was last seen. */
export interface Served {
  readonly owner: Owner
  readonly release: ReleaseId
  /** The version that this step is about; undefined where nothing was in flight. */
  readonly fresh: ReleaseId | undefined
  /** Whether it is the one that serves. */
  readonly isFresh: boolean
  /** What served before it. */
  readonly before: ReleaseId | undefined
  /** The last proof, when it is one of who serves now. */
  readonly proof: SwitchMade | undefined
}

export function servedBy(ran: BlueGreenEnd, goal: BlueGreenGoal): Served {
  const { seen, colors } = ran.last
  const { flight } = ran
  const { live, colors: kept } = seen.claim.state
  const owner = seen.switch.to
  const sight = colors[owner]
  const fresh = goal.kind === 'switch' ? goal.release : flight?.release
  const known = [fresh, flight?.release, flight?.base.release, live?.release, kept?.warm?.release]
  const release = known.find((each) => each !== undefined && each.template === sight?.template)
  const shown: ReleaseId =
    release === undefined
      ? {
          version: sight === undefined ? 'unknown' : versionOfStable(sight),
          digest: sight?.digest,
          image: sight?.image ?? '',
          template: sight?.template ?? '',
        }
      : { ...release, digest: release.digest ?? sight?.digest }
  const isFresh = fresh !== undefined && shown.template === fresh.template
  const last = flight?.switches.at(-1)
  return {
    owner,
    release: shown,
    fresh,
    isFresh,
    before: isFresh ? flight?.base.release : live?.release,
    proof: last !== undefined && last.to === owner ? last : undefined,
  }
}

export function outcomeOf(ran: BlueGreenEnd, frame: ReportFrame): Outcome {
  const ending = endingOf(ran, frame.goal)
  const served = servedBy(ran, frame.goal)
  const { release, before, isFresh, proof } = served
  const differs = before !== undefined && before.template !== release.template
  const share = isFresh ? 100 : 0
  return {
    decision: ending.decision,
    ...(ending.code === undefined ? {} : { reasonCode: ending.code }),
    message: messageOf(ending, served, frame),
    version: release.version,
    ...(release.digest === undefined ? {} : { digest: release.digest }),
    ...(differs ? { previousVersion: before.version } : {}),
    ...(differs && before.digest !== undefined ? { previousDigest: before.digest } : {}),
    weight: share,
    ...(proof?.verified === 'observed' ? { measuredWeight: share } : {}),
    ...(frame.deployment === undefined ? {} : { deploymentId: frame.deployment }),
    evidence: {
      journal: ran.journal,
      switches: ran.flight?.switches ?? [],
      gates: frame.gates,
      pods: ran.words,
    },
  }
}

/** One sentence for people. */
function messageOf({ decision, reason }: Ending, served: Served, { service }: ReportFrame): string {
  const name = served.fresh?.version ?? 'the new version'
  const now = served.release.version
  switch (decision) {
    case 'switched':
      return `${service} ${now} serves all traffic (${served.owner})`
    case 'unchanged':
      return `${service} ${now} serves all traffic already (${served.owner})`
    case 'retreated':
      return `${service} is on ${now}: ${reason ?? `${name} was taken back`}`
    default:
      return reason ?? decision
  }
}

export function reportOf(ran: BlueGreenEnd, frame: ReportFrame): ReleaseReport {
  const ending = endingOf(ran, frame.goal)
  const { decision, code, reason } = ending
  const served = servedBy(ran, frame.goal)
  return {
    service: frame.service,
    environment: frame.environment,
    version: served.fresh?.version ?? 'the new version',
    decision,
    code,
    reason,
    serving: servingOf(served),
    todo: todoOf(ending, served, ran, frame),
    gates: frame.gates,
    exposure: exposureOf(ran, served),
    moves: ran.journal.filter(isForPeople).map(({ at, text }) => ({ at, what: text })),
    split: chart(ran, served),
    pods: ran.words.length === 0 ? [] : [{ title: 'What the pods say', lines: ran.words }],
    notes: notesOf(ending, served, ran, frame),
    next: nextOf(ending, served, ran, frame),
    links: frame.links,
    warnings: frame.warnings,
  }
}

function servingOf({ owner, release, fresh, isFresh, proof }: Served): ReleaseReport['serving'] {
  const seen = proof?.verified === 'observed' ? proof.seen : undefined
  const where = owner === 'own' ? 'the Deployment as it was' : owner
  const now = {
    version: release.version,
    share: 100,
    basis: seen === undefined ? 'configured' : 'measured',
    detail:
      seen === undefined
        ? where
        : `${where}, which ${proved(proof?.by, seen.answered, seen.asked)} when it was set`,
  } as const
  const other = fresh === undefined || isFresh ? [] : [{ version: fresh.version, share: 0, basis: now.basis }]
  return [now, ...other]
}

/** What a person must do, judged by who has the traffic and not by how the step ended. */
function todoOf(
  { decision, code }: Ending,
  { fresh, isFresh, release, before }: Served,
  { flight }: BlueGreenEnd,
  frame: ReportFrame,
): ReleaseReport['todo'] {
  const name = fresh?.version ?? 'the new version'
  const wayBack = frame.wayBack ?? `kubectl -n ${frame.namespace} get deployments,services`
  if (code === 'retreat-failed') {
    const text = `Give ${before?.version ?? 'the old version'} the traffic by hand, and see that ${name} has none:`
    return { kind: 'now', text, command: wayBack }
  }
  switch (decision) {
    case 'held':
      return isFresh
        ? {
            kind: 'decide',
            text: `${name} keeps all of the requests until somebody acts. Run the step again to judge it once more, release another version to replace it, or go back by hand (the next run cleans up):`,
            command: wayBack,
          }
        : {
            kind: 'later',
            text: `${release.version} serves as before; the pods of ${name} are left for you to look at. The next run takes them up again or replaces them.`,
          }
    case 'retreated':
      return { kind: 'later', text: 'Mend the cause and release again.' }
    case 'failed':
      return {
        kind: 'later',
        text: isFresh
          ? `${name} serves, as before this step.`
          : `${release.version} serves, as before. Mend the cause and run the step again.`,
      }
    case 'cancelled':
      return flight === undefined ? { kind: 'nothing' } : POST_COMPLETES
    case 'superseded':
      return flight !== undefined ? NEWER_GOES_ON : { kind: 'nothing' }
    default:
      return { kind: 'nothing' }
  }
}

/** How long the new version served, when it does not any more or was judged while it did. */
function exposureOf({ flight }: BlueGreenEnd, { fresh, isFresh }: Served): ReleaseReport['exposure'] {
  const switches = isForeign(flight, fresh) ? [] : (flight?.switches ?? [])
  const at = switches.findLastIndex(({ to }) => to === flight?.to)
  const begun = switches[at]
  if (begun === undefined) return undefined
  const back = switches[at + 1]
  return {
    from: begun.at,
    to: isFresh ? undefined : back?.at,
    highestWeight: 100,
    requests: undefined,
  }
}

/** What is under way is a newer run's: none of it is told as this one's. */
function isForeign(flight: BlueGreenEnd['flight'], fresh: ReleaseId | undefined): boolean {
  return flight !== undefined && fresh !== undefined && flight.release.template !== fresh.template
}

function chart({ flight, journal }: BlueGreenEnd, { fresh }: Served): ReleaseReport['split'] {
  if (isForeign(flight, fresh)) return []
  const points = (flight?.switches ?? []).map(({ to, at }) => ({
    at,
    weight: to === flight?.to ? 100 : 0,
    measured: undefined,
  }))
  const [first] = points
  if (first === undefined || flight === undefined || points.every(({ weight }) => weight === 0)) return []
  const end = journal.at(-1)?.at ?? first.at
  const tail = points.at(-1) ?? first
  return [{ at: flight.since, weight: 0, measured: undefined }, ...points, { ...tail, at: end }]
}

function notesOf(
  { decision }: Ending,
  served: Served,
  ran: BlueGreenEnd,
  { changes, workload }: ReportFrame,
): readonly Note[] {
  const { seen } = ran.last
  const kept = keptNotes(seen, served, workload)
  const adopted = ran.flight?.base.owner === 'own' && seen.switch.to !== 'own'
  return [
    ...(kept.length === 0 || decision === 'planned' ? [] : [{ title: 'The colours', lines: kept }]),
    ...(adopted && changes.length > 0
      ? [
          {
            title: 'What this first release changed of yours',
            lines: [
              ...changes,
              `Deployment ${workload}: at 0 replicas. Its pods serve nothing from now on, so an apply of it alone changes no traffic: release with image or manifests`,
            ],
          },
        ]
      : []),
  ]
}

function nextOf(
  { decision }: Ending,
  { isFresh }: Served,
  { flight }: BlueGreenEnd,
  { namespace, workload, wayBack }: ReportFrame,
): ReleaseReport['next'] {
  const kubectl = `kubectl -n ${namespace}`
  const events = { what: 'What the cluster said', command: `${kubectl} get events --sort-by=.lastTimestamp` }
  const state = {
    what: 'What is in flight',
    command: `${kubectl} get lease ${leaseName(workload)} -o yaml`,
  }
  const color: Color | undefined = flight?.to
  const logs =
    color === undefined
      ? []
      : [
          {
            what: "What the new version's pods log",
            command: `${kubectl} logs deployment/${colorName(workload, color)} --tail 50`,
          },
        ]
  switch (decision) {
    case 'switched':
      return wayBack === undefined ? [] : [{ what: 'Go back, while the old colour is up', command: wayBack }]
    case 'held':
      return [...logs, state]
    case 'retreated':
      return [events]
    case 'failed':
    case 'cancelled':
      return isFresh ? [...logs, state, events] : [events, state]
    default:
      return []
  }
}
