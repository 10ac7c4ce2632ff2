import type { Clock, Gates } from '@release-actions/ports'
import type { RedeployStage } from '@release-actions/release'
import type { Milliseconds, ReasonCode } from '@release-actions/values'

export type Verification =
  { readonly kind: 'pass' } | { readonly kind: 'fail'; readonly code: ReasonCode; readonly reason: string }

/**
 * Judges what serves after a way back that moved traffic only: as often as asked, each time over a window of its own.
 * Nothing is changed, whatever it says.
 */
export async function verifyRestored(
  { clock, gates }: { readonly clock: Clock; readonly gates: Gates<RedeployStage> },
  times: number,
  soak: Milliseconds,
  cancelled: AbortSignal,
  judging: (stage: RedeployStage) => void,
): Promise<Verification> {
  for (let round = 1; round <= times; round++) {
    const stage: RedeployStage = `restored-${round}`
    judging(stage)
    const window = gates.open(stage, soak)
    try {
      for (;;) {
        if (cancelled.aborted)
          return { kind: 'fail', code: 'cancelled', reason: 'cancelled while it was being verified' }
        const verdict = window.verdict()
        if (verdict.kind === 'pass') break
        if (verdict.kind === 'fail') return verdict
        if (verdict.kind === 'hold') return { kind: 'fail', code: 'inconclusive', reason: verdict.reason }
        const wait = window.nextRoundIn()
        if (wait > 0) await clock.sleep(wait, cancelled)
        else await window.round(cancelled)
      }
    } finally {
      await window.close()
    }
  }
  return { kind: 'pass' }
}
