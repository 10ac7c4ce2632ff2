import type { RollbackSurvey } from '@release-actions/kubernetes'
import type { LedgerEntry } from '@release-actions/ports'
import {
  badOf,
  chooseFromCluster,
  chooseTarget,
  entryOfRunning,
  hasTakenBack,
  isSameVersion,
  ownRedeploy,
  type Identity,
  type ReleaseId,
  type RunId,
  type To,
} from '@release-actions/release'
import { NotFound, versionOf } from '@release-actions/values'

/** What is gone back to. */
export interface Target extends Identity {
  readonly version: string
  /** The record that names it; undefined: the cluster does. */
  readonly entry: LedgerEntry | undefined
  /** How it is known, as the end of a sentence. */
  readonly source: string
}

export interface Choosing {
  readonly service: string
  readonly to: To
  readonly run: RunId
  readonly survey: RollbackSurvey
  /** undefined: the record cannot be read. */
  readonly entries: readonly LedgerEntry[] | undefined
  readonly namespace: string
  readonly workload: string
}

/** What serves now, or is about to, in the words of the record where it knows it. */
export function fromOf(survey: RollbackSurvey, entries: readonly LedgerEntry[]): ReleaseId {
  return badOf(survey, (running) => {
    const known = entryOfRunning(entries, running)?.record
    const live = survey.state.live?.release
    if (known === undefined && live !== undefined && isSameVersion(live, running)) return live
    const { digest, image, template = '' } = running
    return {
      version: known?.version ?? versionOf(image, digest),
      digest: digest ?? known?.digest,
      image,
      template,
    }
  })
}

/**
 * The release to go back to: what an earlier attempt of this run had begun to restore; else what the record says; else,
 * where it cannot be read, what the cluster remembers.
 * @throws NotFound: there is none, and nothing has been touched
 */
export function choose(choosing: Choosing): Target {
  const { to, run, survey, entries } = choosing
  const from = fromOf(survey, entries ?? [])
  const own = entries?.find((entry) => isOwnRollback(entry, run) && isAskedFor(to, entry.record.version))
  if (own !== undefined) return targetOf(own, `what this run began to restore (Deployment ${own.id})`)
  const begun = ownRedeploy(survey.state, run)?.release ?? landedByUs(survey, run, from)
  if (begun !== undefined && isAskedFor(to, begun.version)) {
    // It may have ended before it had recorded itself: that is done by the record that names what it restored.
    const known = entryOfRunning(entries ?? [], begun)
    const entry = known?.verified === true ? known : undefined
    return { ...begun, entry, source: 'what this run began to restore' }
  }
  if (entries === undefined) {
    const found = chooseFromCluster(to, survey, from)
    if (found.kind === 'none') throw nothing(choosing, found.reason, [])
    return { ...found.release, entry: undefined, source: found.source }
  }
  const found = chooseTarget(to, entries, from)
  if (found.kind === 'target')
    return targetOf(found.entry, `the record: Deployment ${found.entry.id}, which was verified`)
  // What served before a release that is in flight serves most requests already: to end the release deploys nothing.
  const base = survey.state.inFlight?.base.release ?? survey.state.switching?.base.release
  if (to.kind === 'previous' && base !== undefined) {
    return {
      ...base,
      entry: undefined,
      source: 'what served before the release in flight began; no record says that it was verified',
    }
  }
  throw nothing(choosing, found.reason, found.verified)
}

/** This run has filed it: this attempt, or an earlier one. */
export function isOwnRollback({ record }: LedgerEntry, run: RunId): boolean {
  return record.kind === 'rollback' && record.run.id === run.id
}

/** Two steps of one run may ask for different releases. */
function isAskedFor(to: To, version: string): boolean {
  return to.kind === 'previous' || (to.kind === 'version' && to.version === version)
}

/** An earlier attempt of this run has restored it already, or has ended what was in flight: what serves was meant. */
function landedByUs({ state }: RollbackSurvey, run: RunId, serving: ReleaseId): ReleaseId | undefined {
  if (!hasTakenBack(state, run)) return undefined
  return state.live?.run.id === run.id ? state.live.release : serving
}

function targetOf(entry: LedgerEntry, source: string): Target {
  const { version, digest, image, template } = entry.record
  return { version, digest, image, template, entry, source }
}

function nothing(
  { service, namespace, workload, to }: Choosing,
  reason: string,
  verified: readonly string[],
): NotFound {
  const what =
    to.kind === 'previous' ? 'no verified release to go back to' : 'that release cannot be restored'
  return new NotFound(`${service}: ${what}: ${reason}`, {
    object: `service ${service}`,
    why: [
      'nothing has been changed',
      ...(verified.length === 0 ? [] : [`verified releases: ${verified.slice(0, 10).join(', ')}`]),
    ],
    fix: [
      ...(verified.length === 0 ? [] : ['name one of them: to: version:… or deployment:…']),
      `release a version that is good, or set it back by hand: kubectl -n ${namespace} rollout undo deployment/${workload}`,
    ],
  })
}
