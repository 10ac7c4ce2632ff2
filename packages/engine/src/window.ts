import type { GateStage, GateWindow } from '@release-actions/ports'
import type { ReasonCode } from '@release-actions/values'

/** The window that this process has open: evidence, read like any other instrument. */
export interface OpenWindow<S extends GateStage> {
  readonly stage: S
  readonly gates: GateWindow
}

/** What a decision sees of it. */
export type VerdictOf<S extends GateStage> =
  | { readonly kind: 'none' }
  | { readonly kind: 'judging' | 'pass'; readonly stage: S }
  | { readonly kind: 'fail'; readonly stage: S; readonly code: ReasonCode; readonly reason: string }
  | { readonly kind: 'hold'; readonly stage: S; readonly reason: string }

export function verdictOf<S extends GateStage>(window: OpenWindow<S> | undefined): VerdictOf<S> {
  if (window === undefined) return { kind: 'none' }
  const { stage } = window
  const verdict = window.gates.verdict()
  switch (verdict.kind) {
    case 'judging':
    case 'pass':
      return { kind: verdict.kind, stage }
    case 'hold':
      return { kind: 'hold', stage, reason: verdict.reason }
    case 'fail':
      return { kind: 'fail', stage, code: verdict.code, reason: verdict.reason }
  }
}
