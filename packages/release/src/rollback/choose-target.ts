import type { ReleaseRecord } from '../record/record.ts'
import { isSameImage, isSameVersion, type Identity } from './identity.ts'

/** What to go back to, as it is asked for. */
export type To =
  /** The last verified release that is neither what runs nor what was taken back since. */
  | { readonly kind: 'previous' }
  | { readonly kind: 'version'; readonly version: string }
  /** The id of a GitHub Deployment. */
  | { readonly kind: 'deployment'; readonly id: number }

/** One entry of the record, as far as the choice needs it. */
export interface HistoryEntry {
  readonly id: number
  /** Any status of it was `success`. */
  readonly verified: boolean
  /** The newest status. */
  readonly state: string
  readonly record: ReleaseRecord
}

export type Choice<E> =
  | { readonly kind: 'target'; readonly entry: E }
  /** Nothing may be restored; `reason` is a sentence, `verified` what there is to choose from. */
  | { readonly kind: 'none'; readonly reason: string; readonly verified: readonly string[] }

/**
 * The release to restore, from the record alone: only one that was verified.
 * @param history of one service in one environment, newest first
 * @param running what serves now, and is to be taken back; undefined: nothing is known of it
 */
export function chooseTarget<E extends HistoryEntry>(
  to: To,
  history: readonly E[],
  running: Identity | undefined,
): Choice<E> {
  const verified = history.filter((entry) => entry.verified)
  const none = (reason: string): Choice<E> => ({ kind: 'none', reason, verified: namesOf(verified) })
  switch (to.kind) {
    case 'previous': {
      const runs = running === undefined ? () => false : runningOf(history, running)
      const entry = verified.find((each) => !runs(each) && !wasTakenBack(each, history))
      if (entry !== undefined) return { kind: 'target', entry }
      if (verified.length === 0) return none('no release was ever verified')
      return none('no verified release is left besides what runs now and what was taken back')
    }
    case 'version': {
      const named = history.filter(({ record }) => record.version === to.version)
      const entry = named.find((each) => each.verified)
      if (entry !== undefined) return { kind: 'target', entry }
      return none(
        named.length > 0
          ? `version ${to.version} was released, but never verified`
          : `no release has the version ${to.version}`,
      )
    }
    case 'deployment': {
      const entry = history.find(({ id }) => id === to.id)
      if (entry === undefined) return none(`Deployment ${to.id} is none of its releases`)
      return entry.verified
        ? { kind: 'target', entry }
        : none(`Deployment ${to.id} (version ${entry.record.version}) was never verified`)
    }
  }
}

/**
 * The entry of what runs: what the record must say was taken back. The newest verified one, since that is what a later
 * rollback would go back to; a release that was never verified has only what it has.
 */
export function entryOfRunning<E extends HistoryEntry>(
  history: readonly E[],
  running: Identity,
): E | undefined {
  const own = history.filter(({ record }) => isSameVersion(record, running))
  return own.find(({ verified }) => verified) ?? own[0]
}

/** A template that is in the record tells exactly which release runs; one that is not leaves the image to go by. */
function runningOf(history: readonly HistoryEntry[], running: Identity): (entry: HistoryEntry) => boolean {
  const exact = history.find(
    ({ record }) => record.template !== undefined && record.template === running.template,
  )
  return (entry) =>
    exact === undefined ? isSameImage(entry.record, running) : isWhatRan(exact, entry, history)
}

/**
 * A verified release that ended as a failure was taken back later; what was released anew after that counts by its
 * newest entry. Going back and forth between two bad versions is so ruled out.
 */
function wasTakenBack(entry: HistoryEntry, history: readonly HistoryEntry[]): boolean {
  const newest = history.find((each) => each.verified && isWhatRan(each, entry, history))
  return newest?.state === 'failure' || newest?.state === 'error'
}

/**
 * One entry ran what the other did. A rollback that found nothing which had kept the template put the image alone back,
 * on a template that no release had: it stands for the releases of that image.
 */
function isWhatRan(
  { record }: HistoryEntry,
  { record: other }: HistoryEntry,
  history: readonly HistoryEntry[],
): boolean {
  if (isSameVersion(record, other)) return true
  if (record.kind !== 'rollback' || !isSameImage(record, other)) return false
  return !history.some((each) => each.record.kind === 'release' && isSameVersion(each.record, record))
}

function namesOf(verified: readonly HistoryEntry[]): readonly string[] {
  return verified.map(({ id, record }) => `${record.version} (Deployment ${id})`)
}
