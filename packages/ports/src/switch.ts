import type { Color, SwitchSight } from '@release-actions/release'
import type { Milliseconds } from '@release-actions/values'

/** How many new connections each colour answered; others were answered by neither, or not told apart. */
export interface Answers {
  readonly blue: number
  readonly green: number
  /** What was asked: the Service, through the API server, or the URL that users ask. */
  readonly through: 'service' | 'url'
}

/** Says which colour serves: the live Service's selector, or a route's weights. A provider is one file behind this. */
export interface Switch {
  /** How long after an accepted change the data plane may still follow the old one. */
  readonly settle: Milliseconds
  /** Refuses what cannot be switched, before anything is touched. @returns warnings and what will be changed, a sentence each */
  preflight(): Promise<{ readonly warnings: readonly string[]; readonly changes: readonly string[] }>
  read(): Promise<SwitchSight>
  stamp(object: string, fence: number): Promise<void>
  /** What there is to put back should the adoption be undone by hand: JSON. */
  original(): Promise<unknown>
  /** The preview Service of this idle colour and, for a route, our Services and backends with weight 0. */
  link(idle: Color, fence: number): Promise<void>
  /** One patch. @throws Conflict when what serves has changed since the last `read` */
  set(to: Color, fence: number): Promise<void>
  /** The same patch on the way back: needs no basis, only the fence; retries until it holds. */
  back(to: Color, fence: number): Promise<void>
  /**
   * Asks for so many new connections through what serves, and tells which colour answered, where the answers of the
   * two can be told apart. @returns undefined: no vantage point. Never throws.
   */
  ask(count: number, signal: AbortSignal): Promise<Answers | undefined>
  /** The exact kubectl command with which a person gives this colour everything, as things are now. Never throws. */
  wayBack(to: Color): Promise<string>
  /** Resolves when what serves has changed (a watch), at the latest after `ms`. */
  changed(ms: Milliseconds, signal?: AbortSignal): Promise<void>
}
