/** Requests that each track has served since the meter began, from the pods' own counters: resets are handled. */
export interface TrafficMeter {
  /** Cumulative counts; undefined when some pods cannot be read now. Never throws. */
  read(): Promise<{ readonly stable: number; readonly canary: number } | undefined>
}
