import { sayUnchanged, type OpenRecord } from '@release-actions/action-world'
import type { ClaimSight, Landed } from '@release-actions/release'
import { setColors } from './kept.ts'
import type { Release } from './release.ts'

/** What is live is what was asked for: said as a release would say it, without its instruments. */
export function unchanged(
  step: Omit<Release, 'gates'>,
  live: Landed,
  claim: ClaimSight,
  record: Promise<OpenRecord | undefined>,
): Promise<void> {
  const { inputs, kit, goal, setting, environment } = step
  const { colors } = claim.state
  setColors(kit, colors?.live, colors?.warm)
  return sayUnchanged({
    inputs,
    kit,
    record,
    service: setting.service,
    environment,
    release: goal.release,
    live,
    ...(colors === undefined ? {} : { detail: colors.live }),
    evidence: { journal: [], switches: [], gates: [], pods: [] },
    recorderOf: async (ledger, warn) => (await import('./record.ts')).recorderOf(ledger, step, warn),
  })
}
