import type { Kit } from '@release-actions/action-kit'
import type { Http } from '@release-actions/http'
import type { Ledger } from '@release-actions/ports'
import { isOpen, type Landed } from '@release-actions/release'
import { messageOf } from '@release-actions/values'
import { environmentOf } from './environment.ts'
import { FLUSH_MS } from './finish-on-github.ts'
import { openRecord } from './record.ts'

export interface CloseRecord {
  readonly inputs: Parameters<typeof environmentOf>[0]
  readonly kit: Kit
  readonly http: Http
  readonly service: string
  readonly namespace: string
  readonly workload: string
  /** The GitHub Deployment that was in flight, as the Lease said. */
  readonly deployment: number | undefined
  /** What the Lease says of the release that ended last. */
  readonly landed: Landed | undefined
  readonly reason: string
}

/**
 * For post: ends what main has left open on GitHub. Never throws: the way back needs no GitHub, and the record is written
 * when it can be.
 */
export async function closeRecord(close: CloseRecord): Promise<void> {
  const { inputs, kit, http, service, landed, reason } = close
  const { clock, log } = kit
  const stop = new AbortController()
  try {
    const record = await openRecord(inputs, kit, http, environmentOf(inputs), service)
    if (record === undefined) return
    const late = clock.sleep(FLUSH_MS, stop.signal).then(() => 'late' as const)
    if ((await Promise.race([write(record.ledger), late])) === 'late')
      log.warning(`the record on GitHub is not complete: no answer within ${FLUSH_MS / 1000} s`)
  } catch (error) {
    log.warning(`the record on GitHub could not be written: ${messageOf(error)}`)
  } finally {
    stop.abort()
  }

  async function write(ledger: Ledger): Promise<void> {
    // Main may have been killed before the Lease knew of its record, or after it had forgotten it.
    const open = (await ledger.history()).filter(
      ({ state, record: { run, target } }) =>
        isOpen(state) &&
        run.id === kit.context.run.id &&
        target.namespace === close.namespace &&
        target.workload === close.workload,
    )
    const ids = new Set([
      ...(close.deployment === undefined ? [] : [close.deployment]),
      ...open.map(({ id }) => id),
    ])
    for (const id of ids) {
      if (landed?.outcome === 'promoted' && landed.deployment === id)
        await ledger.verified(id, 'promoted; tidied up after main had ended')
      else await ledger.failed(id, `taken back: ${reason}`)
    }
  }
}
