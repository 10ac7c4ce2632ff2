import type { Milliseconds, ReasonCode } from '@release-actions/values'
import type { Retreat, Timestamp } from '../in-flight.ts'
import type { RunId } from '../run-id.ts'
import type { RedeployPhase } from './redeploying.ts'
import type { RedeployStage } from './sight.ts'

/**
 * One step of setting a workload back: one idempotent, guarded write, or one wait. Repeating any of them is harmless.
 * `done`, `failed` and `stopped` end the process.
 */
export type RedeployMove = RedeployWrite | RedeployWait | RedeployEnd

export type RedeployWrite =
  /** Compare-and-swap on the Lease, also from a run that is at work; raises the fence. */
  | { readonly kind: 'claim' }
  /** Write on the Lease what is being restored. */
  | { readonly kind: 'begin' }
  /** Put the fence on one object that will be changed. */
  | { readonly kind: 'stamp'; readonly object: string }
  | { readonly kind: 'note'; readonly change: RedeployNote }
  /** The workload's template becomes the target's. */
  | { readonly kind: 'restore' }
  /** What was restored is what is live; `flaw`: it serves, but its gates did not pass. */
  | { readonly kind: 'land'; readonly flaw: Retreat | undefined }

export type RedeployWait =
  | { readonly kind: 'await'; readonly what: 'rolled-out' | 'endpoints'; readonly until: Timestamp }
  | { readonly kind: 'judge'; readonly stage: RedeployStage; readonly soak: Milliseconds }

export type RedeployEnd =
  | { readonly kind: 'done'; readonly decision: 'rolled-back' | 'unchanged' }
  | {
      readonly kind: 'failed'
      readonly decision: 'failed' | 'cancelled'
      readonly code: ReasonCode
      readonly reason: string
    }
  /** Somebody newer has it: nothing of theirs is touched. */
  | { readonly kind: 'stopped'; readonly by: RunId | undefined; readonly reason: string }

export type RedeployNote =
  | { readonly kind: 'phase'; readonly name: RedeployPhase }
  /** The gates have passed once more. */
  | { readonly kind: 'passed'; readonly round: number }
  /** Somebody put the bad template back. */
  | { readonly kind: 'reverted' }
