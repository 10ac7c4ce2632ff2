import type { Milliseconds, ReasonCode } from '@release-actions/values'
import type { Retreat, Timestamp } from '../in-flight.ts'
import type { RunId } from '../run-id.ts'
import type { Color, Owner } from './color.ts'
import type { SwitchPhase, SwitchStage } from './switching.ts'

/**
 * One step of a blue/green release: one idempotent, guarded write, or one wait. Repeating any of them is harmless.
 * `done`, `failed` and `stopped` end the process.
 */
export type BlueGreenMove = SwitchWrite | SwitchWait | SwitchEnd

export type SwitchWrite =
  /** Compare-and-swap on the Lease; raises the fence. */
  | { readonly kind: 'claim' }
  /** Put the fence on one object that will be changed. */
  | { readonly kind: 'stamp'; readonly object: string }
  /** Write this release's state on the Lease. */
  | { readonly kind: 'begin' }
  | { readonly kind: 'note'; readonly change: Exclude<SwitchNote, { kind: 'reverted' }> }
  /** The colour's Deployment, with what serves now (a first run adopts it so) or with the new version. */
  | {
      readonly kind: 'apply-color'
      readonly color: Color
      readonly content: 'base' | 'release'
      readonly replicas: number
    }
  | { readonly kind: 'scale'; readonly owner: Owner; readonly replicas: number }
  /** The preview Service of the idle colour; for a route, our Services and our backends with weight 0. */
  | { readonly kind: 'link' }
  /** The one guarded patch: decided on what was observed, refused when that has changed. */
  | { readonly kind: 'switch'; readonly to: Color; readonly why: 'adopt' | 'release' | 'mend' }
  /** The patch back, at once: it needs the fence only. */
  | { readonly kind: 'switch-back'; readonly to: Color; readonly why: Retreat }
  /** An HPA or PDB follows. */
  | { readonly kind: 'follow'; readonly object: string; readonly to: Owner }
  /** In-flight state off the Lease, the outcome on it. */
  | { readonly kind: 'land'; readonly outcome: 'promoted' | 'retreated' }
  /** The Lease says that no colour is warm any more. */
  | { readonly kind: 'forget-warm' }

export type SwitchWait =
  | { readonly kind: 'await'; readonly what: SwitchAwaited; readonly until: Timestamp }
  /** Prove that only this colour serves, or let the data plane settle. */
  | { readonly kind: 'verify'; readonly to: Color; readonly until: Timestamp }
  | { readonly kind: 'judge'; readonly stage: SwitchStage; readonly soak: Milliseconds }
  | { readonly kind: 'drain'; readonly until: Timestamp }

export type SwitchAwaited =
  | 'live-rolled-out'
  | 'color-ready'
  | 'color-endpoints'
  | 'color-gone'
  | 'switch-accepted'
  | 'switch-endpoints'
  | 'base-ready'

export type SwitchEnd =
  | { readonly kind: 'done'; readonly decision: 'switched' | 'unchanged' | 'aborted' }
  | {
      readonly kind: 'failed'
      readonly decision: 'retreated' | 'held' | 'failed' | 'cancelled'
      readonly code: ReasonCode
      readonly reason: string
    }
  /** Somebody newer has it: nothing of theirs is touched. */
  | { readonly kind: 'stopped'; readonly by: RunId | undefined; readonly reason: string }

export type SwitchNote =
  | { readonly kind: 'phase'; readonly name: SwitchPhase }
  /** This colour serves, but the Lease does not know since when: since now. */
  | { readonly kind: 'switched'; readonly to: Color }
  | { readonly kind: 'passed'; readonly stage: SwitchStage }
  | { readonly kind: 'retreat'; readonly why: Retreat }
  /** Somebody undid the switch: told with the `switch` that mends it. */
  | { readonly kind: 'reverted' }
