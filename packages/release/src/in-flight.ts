import type { Milliseconds, Percent, ReasonCode } from '@release-actions/values'
import type { ColorState, Switching } from './bluegreen/switching.ts'
import type { Redeploying, RolledBack } from './rollback/redeploying.ts'
import type { RunId } from './run-id.ts'

/** Milliseconds since 1970, UTC. */
export type Timestamp = number

/** A version of the workload, as it is named in records and messages. */
export interface ReleaseId {
  /** What people call it: `1.4.0`. */
  readonly version: string
  /** `sha256:…`; undefined when neither the input, the registry nor the pods told it. */
  readonly digest: string | undefined
  /** As written in the pod's spec. */
  readonly image: string
  /** SHA-256 (hex) of the pod template that the stable has, or will have, with this version. */
  readonly template: string
}

/**
 * What is under way on one workload, as JSON on its Lease: all that a next process needs in order to carry on,
 * or to go back, without GitHub. It goes away when the release is promoted or has retreated.
 */
export interface InFlight {
  readonly release: ReleaseId
  readonly run: RunId
  /** The GitHub Deployment, once there is one. */
  readonly deployment: number | undefined
  readonly traffic: string
  readonly plan: readonly Percent[]
  /** When this release began on the cluster. */
  readonly since: Timestamp
  /** What the stable was when the release began: what a retreat goes back to. */
  readonly base: {
    readonly release: ReleaseId
    /** Desired replicas. */
    readonly replicas: number
    /** The name of the ReplicaSet of that template. */
    readonly replicaSet: string | undefined
    /** The HPA whose minimum is held, and the minimum to put back; undefined: no HPA. */
    readonly autoscaler: { readonly name: string; readonly min: number } | undefined
    /** What the provider must put back, in its own words (the route's original weights, by rule and ref). */
    readonly route: unknown
  }
  /** Weights whose soak has passed, in the order of the plan. */
  readonly passed: readonly Percent[]
  /** Every shift of the route that was made, the last one last. `verified` is how it was proved. */
  readonly shifts: readonly Shift[]
  /** Since when the current phase lasts: waits time out against it. */
  readonly phase: { readonly name: PhaseName; readonly since: Timestamp }
  /** Set once the way back has begun; it is never taken back. */
  readonly retreat: Retreat | undefined
  /** How often somebody undid a write of ours (GitOps self-healing). */
  readonly reverted: number
}

export interface Shift {
  readonly weight: Percent
  readonly at: Timestamp
  readonly verified: 'pending' | 'observed' | 'unobserved'
  /** The share that was seen, 0–100, when there was a vantage point. */
  readonly seen?: Percent
}

export interface Retreat {
  readonly code: ReasonCode
  /** One sentence for people. */
  readonly reason: string
  readonly at: Timestamp
}

export type PhaseName =
  'adopting' | 'scaling' | 'shifting' | 'soaking' | 'waiting' | 'promoting' | 'restoring' | 'retreating'

/** What the Lease says of the last release that ended. */
export interface Landed {
  readonly release: ReleaseId
  readonly run: RunId
  readonly deployment: number | undefined
  readonly outcome: 'promoted' | 'retreated'
  /** Why it was taken back. */
  readonly why: Retreat | undefined
  readonly at: Timestamp
  /** A rollback's own switch: what it was to bring back is no bad version where it did not come about. */
  readonly restoring?: true
}

/** The JSON on the Lease. */
export interface LeaseState {
  readonly schema: 1
  readonly inFlight: InFlight | undefined
  /** A blue/green release under way; never beside a canary. */
  readonly switching?: Switching | undefined
  /** What blue/green has left; undefined: the workload is not adopted. */
  readonly colors?: ColorState | undefined
  /** A rollback that sets the workload itself back, under way. */
  readonly redeploying?: Redeploying | undefined
  /** What rollbacks took back, the newest first: nothing to go back to, also when GitHub cannot be asked. */
  readonly rolledBack?: readonly RolledBack[] | undefined
  /** The last release that ended, however. */
  readonly last: Landed | undefined
  /** The last release that was promoted: what is live, as far as we know. */
  readonly live: Landed | undefined
}

export const EMPTY_LEASE_STATE: LeaseState = {
  schema: 1,
  inFlight: undefined,
  last: undefined,
  live: undefined,
}

/** The times that bound a release. */
export interface Timing {
  /** For each wait: ready, rollout, route. */
  readonly timeout: Milliseconds
  readonly warmUp: Milliseconds
  readonly interval: Milliseconds
  /** Route settle plus the longest request: nothing is scaled down before. */
  readonly drain: Milliseconds
}
