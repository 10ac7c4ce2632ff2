import type { Clock } from '@release-actions/ports'
import type { Milliseconds } from '@release-actions/values'
import type { Client, Selection } from './client.ts'
import type { Kind, ObjectMeta } from './objects.ts'

/** Rings when something that was looked at has changed: a wait is a watch, with the timeout as its poll. */
export interface Bell {
  /** Objects as last read: a watch's replay of them is no news. Call with the result of every look. */
  seen(objects: readonly ({ readonly metadata?: ObjectMeta } | undefined)[]): void
  /** Resolves at the next change since the last `seen`, at the latest after `ms`, at once when `signal` aborts. */
  wait(ms: Milliseconds, signal?: AbortSignal): Promise<void>
  close(): void
}

export interface BellRope {
  readonly kind: Kind
  readonly selection: Selection
  /** Undefined: every object of the selection. */
  readonly names?: readonly string[]
}

/** Several objects change at once when a pod becomes ready: one look for all of them. */
const GATHER: Milliseconds = 40

/** The watches begin with the first wait and then stay open. */
export function createBell(client: Client, clock: Clock, ropes: () => readonly BellRope[]): Bell {
  const versions = new Map<string, string>()
  const stop = new AbortController()
  let open = false
  let rung = false
  let wake: (() => void) | undefined

  function ring(): void {
    rung = true
    wake?.()
  }

  async function listen({ kind, selection, names }: BellRope): Promise<void> {
    try {
      for await (const { type, object } of client.watch(kind, selection, stop.signal)) {
        const { uid = '', resourceVersion = '', name = '' } = object.metadata ?? {}
        if (names !== undefined && !names.includes(name)) continue
        if (type !== 'DELETED' && versions.get(uid) === resourceVersion) continue
        versions.set(uid, resourceVersion)
        ring()
      }
    } catch {
      // Watching this kind is not allowed: the poll of whoever waits still sees it.
    }
  }

  return {
    seen(objects) {
      rung = false
      for (const object of objects) {
        const { uid, resourceVersion } = object?.metadata ?? {}
        if (uid !== undefined && resourceVersion !== undefined) versions.set(uid, resourceVersion)
      }
    },
    async wait(ms, signal) {
      if (!open) {
        open = true
        for (const rope of ropes()) void listen(rope)
      }
      const over = new AbortController()
      const end = (): void => over.abort()
      signal?.addEventListener('abort', end, { once: true })
      if (signal?.aborted === true) end()
      wake = end
      if (!rung) await clock.sleep(ms, over.signal)
      if (rung) await clock.sleep(Math.min(GATHER, ms), signal)
      wake = undefined
      signal?.removeEventListener('abort', end)
    },
    close: () => stop.abort(),
  }
}
