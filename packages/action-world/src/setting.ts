import type { Kit } from '@release-actions/action-kit'
import type { Http } from '@release-actions/http'
import type { Connection } from '@release-actions/kubernetes'
import { messageOf } from '@release-actions/values'

/** What a step has once it is connected and has found its workload; nothing has been touched. */
export interface Connected {
  readonly http: Http
  readonly connection: Connection
  /** The name under which releases are recorded. */
  readonly service: string
  /** Ends all watches and connections. Never throws. */
  close(): void
}

/** A first look at a workload, and what opens the rest: once, however often it is asked for. */
export function settingOf<F extends { open(): Promise<W> }, W extends { close(): void }>(
  found: F & { open(): Promise<W> },
  world: Omit<Connected, 'close'>,
  { log }: Pick<Kit, 'log'>,
): F & Connected {
  let opened: W | undefined
  return {
    ...found,
    ...world,
    open: async () => (opened ??= await found.open()),
    close() {
      // The process ends with the step, and its connections with it: what was only asked has nothing to be ended.
      if (opened === undefined) return
      try {
        opened.close()
        world.http.close()
      } catch (error) {
        log.debug(`while closing: ${messageOf(error)}`)
      }
    },
  }
}
