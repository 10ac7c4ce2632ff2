import { sayUnchanged, type OpenRecord } from '@release-actions/action-world'
import type { Landed } from '@release-actions/release'
import type { Release } from './release.ts'

/** What is live is what was asked for: said as a release would say it, without its instruments. */
export async function unchanged(
  step: Omit<Release, 'gates'>,
  live: Landed,
  record: Promise<OpenRecord | undefined>,
): Promise<void> {
  const { inputs, kit, goal, setting, environment } = step
  return sayUnchanged({
    inputs,
    kit,
    record,
    service: setting.service,
    environment,
    release: goal.release,
    live,
    unapplied: await setting.unapplied(),
    evidence: { journal: [], exposures: [], shifts: [], gates: [], pods: [] },
    recorderOf: async (ledger, warn) =>
      (await import('./record.ts')).recorderOf(ledger, { ...step, container: setting.container }, warn),
  })
}
