import type { Milliseconds } from '@release-actions/values'
import type { ReleaseId, Retreat, Timestamp } from '../in-flight.ts'
import type { RunId } from '../run-id.ts'
import type { Color, Owner } from './color.ts'

/**
 * A blue/green release under way, as JSON on the workload's Lease: all that a next process needs in order to carry on,
 * or to go back, without GitHub.
 */
export interface Switching {
  readonly release: ReleaseId
  readonly run: RunId
  /** The GitHub Deployment, once there is one. */
  readonly deployment: number | undefined
  /** As the user wrote it: `service/shop`, `httproute/shop`. */
  readonly traffic: string
  /** How long the old colour is to stay up afterwards. */
  readonly keep: Keep
  /** A rollback: nothing is judged. */
  readonly preempt: boolean
  readonly since: Timestamp
  /** The colour that gets the new version. */
  readonly to: Color
  /** What served when the release began: what a retreat goes back to. */
  readonly base: {
    readonly release: ReleaseId
    /** `own`: a first run, which adopts it as the other colour before anything else. */
    readonly owner: Owner
    /** Desired replicas. */
    readonly replicas: number
    /** The name of the ReplicaSet of that template. */
    readonly replicaSet: string | undefined
    /** What the switch must put back, in its own words. */
    readonly switch: unknown
  }
  /** Stages whose gates have passed. */
  readonly passed: readonly SwitchStage[]
  /** Every change of who serves that was made, the last one last: the adoption, the switch, the way back. */
  readonly switches: readonly SwitchMade[]
  readonly phase: { readonly name: SwitchPhase; readonly since: Timestamp }
  /** Set once the way back has begun; it is never taken back. */
  readonly retreat: Retreat | undefined
  /** How often somebody undid a write of ours. */
  readonly reverted: number
}

export interface SwitchMade {
  readonly to: Color
  readonly at: Timestamp
  readonly verified: 'pending' | 'observed' | 'unobserved'
  /** New requests that were asked for as a proof, and how many of them the colour answered. */
  readonly seen?: { readonly asked: number; readonly answered: number }
  /** What was looked at: the Service, through the API server; the URL that users ask; or the pods' own counters. */
  readonly by?: 'service' | 'url' | 'counters'
}

/** What is judged: the idle colour before the switch, and the same pods after it. */
export type SwitchStage = 'pre-switch' | 'post-switch'

/** `clearing`: what the idle colour had before is going. */
export type SwitchPhase =
  'adopting' | 'clearing' | 'deploying' | 'judging' | 'switching' | 'soaking' | 'retreating'

/** What blue/green has left on a workload, between its releases. */
export interface ColorState {
  /** The colour that serves, by our own doing: a Service that names another, or none, was changed by somebody else. */
  readonly live: Color
  /** The colour that served before and is still up: a patch is all it takes to go back. */
  readonly warm: Warm | undefined
}

export interface Warm {
  readonly color: Color
  readonly release: ReleaseId
  /** Whose release it was; undefined: it was there before us. */
  readonly run: RunId | undefined
  readonly deployment: number | undefined
  /** When it stopped serving. */
  readonly since: Timestamp
  /** How long it stays up from then on. */
  readonly keep: Keep
}

/** `forever`: until the next release needs the colour. */
export type Keep = Milliseconds | 'forever'
