/** How many requests each track has served, by the pods' own counters: a vantage point on the route. */
export interface TrafficMeter {
  /**
   * Requests since the first read (which gives zeros), resets handled, pods that are gone included. Never throws.
   * @returns undefined when some ready pod cannot be scraped, or nothing has the counter
   */
  read(): Promise<{ readonly stable: number; readonly canary: number } | undefined>
}
