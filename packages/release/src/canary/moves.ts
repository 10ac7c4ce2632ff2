import type { Milliseconds, Percent, ReasonCode } from '@release-actions/values'
import type { PhaseName, Retreat, Timestamp } from '../in-flight.ts'
import type { RunId } from '../run-id.ts'
import type { Stage } from './sight.ts'

/**
 * One step of a canary release: one idempotent, guarded write, or one wait. Repeating any of them is harmless.
 * `done`, `failed` and `stopped` end the process.
 */
export type CanaryMove = Write | Wait | End

export type Write =
  /** Compare-and-swap on the Lease; raises the fence. */
  | { readonly kind: 'claim' }
  /** Put the fence on one object that will be changed. */
  | { readonly kind: 'stamp'; readonly object: string }
  /** Write this release's in-flight state on the Lease. */
  | { readonly kind: 'begin' }
  /** Write down on the Lease what is observed, or has been passed. */
  | { readonly kind: 'note'; readonly change: Note }
  | { readonly kind: 'hold-autoscaler'; readonly min: number }
  | { readonly kind: 'apply-canary'; readonly replicas: number }
  | { readonly kind: 'scale-canary'; readonly replicas: number }
  /** The canary's Service, and our backend in the route with weight 0. */
  | { readonly kind: 'link' }
  | { readonly kind: 'shift'; readonly weight: Percent }
  | { readonly kind: 'promote-stable' }
  /** Route back, at once. */
  | { readonly kind: 'retreat-route'; readonly why: Retreat }
  /** The stable's template back to what it was when the release began. */
  | { readonly kind: 'restore-stable' }
  | { readonly kind: 'unlink' }
  | { readonly kind: 'delete-canary' }
  | { readonly kind: 'release-autoscaler'; readonly name: string; readonly min: number }
  /** In-flight state off the Lease, the outcome on it. */
  | { readonly kind: 'land'; readonly outcome: 'promoted' | 'retreated' }

export type Wait =
  | { readonly kind: 'await'; readonly what: Awaited; readonly until: Timestamp }
  /** Prove that the route does what it says, or let it settle. */
  | { readonly kind: 'verify'; readonly weight: Percent; readonly until: Timestamp }
  | { readonly kind: 'judge'; readonly stage: Stage; readonly soak: Milliseconds }
  | { readonly kind: 'drain'; readonly until: Timestamp }

export type Awaited =
  | 'canary-ready'
  | 'canary-endpoints'
  | 'canary-gone'
  | 'route-accepted'
  | 'stable-rolled-out'
  | 'stable-endpoints'

export type End =
  | { readonly kind: 'done'; readonly decision: 'advanced' | 'promoted' | 'unchanged' | 'aborted' }
  | {
      readonly kind: 'failed'
      readonly decision: 'retreated' | 'held' | 'failed' | 'cancelled'
      readonly code: ReasonCode
      readonly reason: string
    }
  /** Somebody newer has it: nothing of theirs is touched. */
  | { readonly kind: 'stopped'; readonly by: RunId | undefined; readonly reason: string }

export type Note =
  | { readonly kind: 'phase'; readonly name: PhaseName }
  /** The route has this weight, but the Lease does not know since when: since now. */
  | { readonly kind: 'shift'; readonly weight: Percent }
  | { readonly kind: 'passed'; readonly weight: Percent }
  | { readonly kind: 'retreat'; readonly why: Retreat; readonly phase: 'retreating' | 'restoring' }
  /** Somebody put the stable's old template back after we had promoted. */
  | { readonly kind: 'reverted' }
