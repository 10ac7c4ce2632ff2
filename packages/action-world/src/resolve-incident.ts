import type { Incidents, Ledger, LedgerEntry } from '@release-actions/ports'
import { markdownLine, messageOf } from '@release-actions/values'

/**
 * The record, which also closes the incident of the service when a release is verified after one that was taken back.
 * Where nothing was, nothing is asked: most releases follow a good one.
 * @param tell is told why the incident stays open; it fails nothing
 */
export function resolvingIncidents(
  ledger: Ledger,
  incidents: Pick<Incidents, 'resolve'>,
  service: string,
  tell: (text: string) => void,
): Ledger {
  return {
    ...ledger,
    async verified(id, description) {
      await ledger.verified(id, description)
      try {
        const entries = await ledger.history()
        const entry = entries.find((each) => each.id === id)
        if (entry === undefined || !followsTrouble(entry, entries)) return
        const { version } = entry.record
        const closed = await incidents.resolve(
          `${markdownLine(`${service} ${version}`)} is verified (Deployment ${id}): ${markdownLine(description)}`,
        )
        if (closed !== undefined) tell(`incident #${closed.number} is closed: ${closed.url}`)
      } catch (error) {
        tell(`whether an incident is open could not be told: ${messageOf(error)}`)
      }
    },
  }
}

/** Between it and the last good release something was taken back. */
function followsTrouble({ id }: LedgerEntry, newestFirst: readonly LedgerEntry[]): boolean {
  for (const { state, verified, record } of newestFirst.filter((each) => each.id < id)) {
    if (record.kind === 'rollback' || state === 'failure' || state === 'error') return true
    if (verified) return false
  }
  return false
}
