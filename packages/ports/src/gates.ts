import type { RedeployStage, Stage, SwitchStage } from '@release-actions/release'
import type { Milliseconds, ReasonCode } from '@release-actions/values'

/**
 * What gates are asked about: a weight of a canary, its promoted stable, or a colour before or after the switch, or
 * what a rollback has restored.
 */
export type GateStage = Stage | SwitchStage | RedeployStage

/** What the gates of a window say, as far as a release needs to know. */
export type WindowVerdict =
  | { readonly kind: 'judging' }
  | { readonly kind: 'pass' }
  | { readonly kind: 'hold'; readonly reason: string }
  | { readonly kind: 'fail'; readonly code: ReasonCode; readonly reason: string }

/** One soak under the gates. The evidence is this process's own: a resumed step opens a new window. */
export interface GateWindow {
  /** When the next round is due; at most 0: now. */
  nextRoundIn(): Milliseconds
  /** One look at all gates, side by side. Never throws: what goes wrong is an outcome of a gate. */
  round(signal: AbortSignal): Promise<void>
  verdict(): WindowVerdict
  /** Nobody waits for it any more: commands that still run are ended. */
  close(): Promise<void>
}

/** `S`: the stages that a release of one strategy has. */
export interface Gates<S extends GateStage = GateStage> {
  /** @param soak how long to judge, after the warm-up */
  open(stage: S, soak: Milliseconds): GateWindow
}
