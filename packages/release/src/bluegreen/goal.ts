import type { Milliseconds } from '@release-actions/values'
import type { ReleaseId, Timing } from '../in-flight.ts'
import type { AbortGoal } from '../canary/goal.ts'
import type { RunId } from '../run-id.ts'
import type { Color } from './color.ts'
import type { Keep } from './switching.ts'

/** What this step is asked for. Plain data, fixed for the life of the process. */
export type BlueGreenGoal = SwitchGoal | AbortGoal

export interface SwitchGoal {
  readonly kind: 'switch'
  readonly release: ReleaseId
  readonly run: RunId
  /** As the user wrote it: `service/shop`, `httproute/shop`. */
  readonly traffic: string
  /** Which colour gets it; one that serves is refused. */
  readonly color: 'idle' | Color
  /** How long the gates look at the idle colour before the switch; 0: as long as they need. */
  readonly preSwitchSoak: Milliseconds
  /** How long they look after it. */
  readonly soak: Milliseconds
  readonly keep: Keep
  readonly timing: Timing
  readonly onFailure: 'retreat' | 'hold'
  /** Act although a newer run has released. */
  readonly allowOlder: boolean
  /**
   * A rollback: takes the claim also from a run that is at work, ends what is in flight, and switches as soon as the
   * pods are ready: to a warm colour at once.
   */
  readonly preempt: boolean
}
