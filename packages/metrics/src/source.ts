import type { Gate, Reading, TemplateValues } from '@release-actions/judge'
import type { Http } from '@release-actions/http'
import type { Clock, Pods, Track } from '@release-actions/ports'
import type { Milliseconds } from '@release-actions/values'

/** Where one gate's values come from. It keeps what it must remember (a first scrape) for one window only. */
export interface GateSource {
  /** One look at one track. What goes wrong is a reading too; it throws only for a bug. */
  sample(track: Track, look: Look): Promise<Reading>
}

/** One round of a window. */
export interface Look {
  /** 0, 1, 2, …: gates of one round share what they fetch. */
  readonly round: number
  /** When the round began, milliseconds since 1970. */
  readonly at: number
  /** Since the window began: 0 at the first look. */
  readonly elapsed: Milliseconds
  /** For each request, and for the look as a whole. */
  readonly timeout: Milliseconds
  readonly signal: AbortSignal
}

/** What the sources reach. Everything comes in; nothing is looked up behind the caller's back. */
export interface MetricsWorld {
  /** undefined: there is no cluster (a gate on files and URLs needs none). */
  readonly pods: Pods | undefined
  readonly http: Http
  readonly clock: Clock
  readonly namespace: string
  /** The template values of a track, but `pods` and `window`, which are found out at each look. */
  readonly names: (track: Track) => TrackNames
  /**
   * `awaited`: pods that appear in a window are waited for by whoever scales the workload, so for readiness they count
   * from when they were ready first. Default: at once.
   */
  readonly newcomers?: 'awaited'
  /** The process's environment: tokens that gates name, and what a command inherits. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder that relative paths start from. */
  readonly workspace: string
}

export type TrackNames = Omit<TemplateValues, 'pods' | 'window' | 'track' | 'namespace'>

/** Makes the sources of a list of gates; `open` gives fresh ones for each window. */
export interface Sources {
  open(): (gate: Gate) => GateSource
}
