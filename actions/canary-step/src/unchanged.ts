import { sayUnchanged } from '@release-actions/action-world'
import type { Landed } from '@release-actions/release'
import type { Release } from './release.ts'

/** What is live is what was asked for: said as a release would say it, without its instruments. */
export function unchanged(step: Omit<Release, 'gates'>, live: Landed): Promise<void> {
  const { inputs, kit, goal, setting, environment } = step
  return sayUnchanged({
    inputs,
    kit,
    http: setting.http,
    service: setting.service,
    environment,
    release: goal.release,
    live,
    evidence: { journal: [], exposures: [], shifts: [], gates: [], pods: [] },
    recorderOf: async (ledger, warn) =>
      (await import('./record.ts')).recorderOf(ledger, { ...step, container: setting.container }, warn),
  })
}
