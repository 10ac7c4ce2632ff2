import type { Decision, GateLine } from '@release-actions/action-kit'
import type { IncidentRef } from '@release-actions/ports'
import type { ReleaseGates } from '@release-actions/metrics'
import type { ReleaseId } from '@release-actions/release'
import type { ReasonCode } from '@release-actions/values'
import type { HookRun } from './hooks.ts'
import type { Serving } from './part.ts'

/** What became of one service. */
export interface ServiceEnd {
  readonly service: string
  readonly namespace: string
  readonly workload: string
  readonly decision: Extract<
    Decision,
    'rolled-back' | 'unchanged' | 'planned' | 'failed' | 'superseded' | 'cancelled'
  >
  readonly code: ReasonCode | undefined
  /** One sentence; undefined when the goal was reached. */
  readonly reason: string | undefined
  /** What was, or is to be, taken back; undefined: it was not found out. */
  readonly from: ReleaseId | undefined
  readonly to: Pick<ReleaseId, 'version' | 'digest' | 'image'> | undefined
  /** How it is known what to go back to. */
  readonly source: string | undefined
  readonly serving: Serving | undefined
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** Something of the service was changed, by this process or an earlier attempt; a hook counts, the Lease does not. */
  readonly changed: boolean
  /** When nothing was sent to what was taken back any more. */
  readonly backAt: number | undefined
  readonly moves: readonly { readonly at: number; readonly text: string; readonly kind: string }[]
  readonly hooks: readonly HookRun[]
  readonly gates: readonly GateLine[]
  readonly windows: ReleaseGates | undefined
  readonly words: readonly string[]
  readonly warnings: readonly string[]
  /** The GitHub Deployment that records the rollback. */
  readonly deployment: number | undefined
  readonly incident: IncidentRef | undefined
  /** Lines of the error: why, and what to do. */
  readonly why: readonly string[]
  readonly fix: readonly string[]
  /** The exact command that finishes it by hand. */
  readonly wayBack: string | undefined
}

/** Whether the service is where it should be. */
export function isGood({ decision }: Pick<ServiceEnd, 'decision'>): boolean {
  return decision === 'rolled-back' || decision === 'unchanged' || decision === 'planned'
}
