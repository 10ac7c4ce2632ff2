import type { Percent, ReasonCode } from '@release-actions/values'
import type { Decision } from '../outputs.ts'

/**
 * What a person needs of a release at 3 a.m., as plain data: the texts are as they came, the builders escape them.
 * Times are milliseconds since 1970. What is empty or undefined is left out of the summary.
 */
export interface ReleaseReport {
  readonly service: string
  readonly environment: string | undefined
  /** The version that this step is about. */
  readonly version: string
  readonly decision: Decision
  /** The verdict in one line of plain text; default: what a release of this decision says. */
  readonly headline?: string | undefined
  /** `retreat-failed` is said before everything else. */
  readonly code: ReasonCode | undefined
  /** One sentence; undefined when the goal was reached. */
  readonly reason: string | undefined
  /** Which versions users are on now, the largest share first. */
  readonly serving: readonly Serving[]
  readonly todo: Todo
  readonly gates: readonly GateLine[]
  readonly exposure: Exposure | undefined
  /** In order of time; of a dry run without times. */
  readonly moves: readonly MoveLine[]
  readonly split: readonly SplitPoint[]
  readonly pods: readonly PodWords[]
  readonly next: readonly NextCommand[]
  readonly links: readonly { readonly title: string; readonly url: string }[]
  /** A sentence each. */
  readonly warnings: readonly string[]
  /** What only this kind of release has to say: each a section, before the moves. */
  readonly notes?: readonly Note[]
}

export interface Note {
  readonly title: string
  /** A sentence each. */
  readonly lines: readonly string[]
}

export interface Serving {
  readonly version: string
  readonly share: Percent
  /** How the share is known. */
  readonly basis: 'measured' | 'configured' | 'assumed'
  /** `0 of 640 requests in the last 30s reached 1.4.0` */
  readonly detail?: string
}

export type Todo =
  | { readonly kind: 'nothing' }
  /** Not at once: fix and release again. */
  | { readonly kind: 'later'; readonly text: string }
  /** Somebody must choose; `command` is one of the ways. */
  | { readonly kind: 'decide'; readonly text: string; readonly command: string }
  /** Now, by hand: `command` is exact. */
  | { readonly kind: 'now'; readonly text: string; readonly command: string }

/** One gate as text; packages/judge makes it of its verdict. */
export interface GateLine {
  /** `❌ fail` */
  readonly outcome: string
  readonly name: string
  readonly value: string
  readonly baseline: string
  readonly limit: string
  readonly samples: string
  readonly why: string
}

/** How much traffic met the new version: measured, or said to be not. */
export interface Exposure {
  readonly from: number
  /** undefined: it still has traffic. */
  readonly to: number | undefined
  readonly highestWeight: Percent
  /** Counted while it had traffic; undefined: there was no vantage point. */
  readonly requests: { readonly new: number; readonly all: number; readonly newFailed?: number } | undefined
}

export interface MoveLine {
  readonly at: number | undefined
  readonly what: string
  readonly detail?: string
}

/** The new version's share from a moment on. */
export interface SplitPoint {
  readonly at: number
  readonly weight: Percent
  readonly measured: Percent | undefined
}

/** Why a pod is not well, in its own words. */
export interface PodWords {
  /** `shop-canary-5d8f: CrashLoopBackOff, exit code 1` */
  readonly title: string
  /** Events and last log lines. */
  readonly lines: readonly string[]
}

export interface NextCommand {
  readonly what: string
  readonly command: string
}
