import type { OpenGitHub } from '@release-actions/action-world'
import { readHistory, readServices } from '@release-actions/github'
import type { Clock, LedgerEntry } from '@release-actions/ports'
import { Conflict, messageOf } from '@release-actions/values'
import type { KnownRecord } from './asked.ts'

/** Users are on a bad version: GitHub may take so long before the cluster has to do, in milliseconds. */
const PATIENCE_MS = 10_000
/** How far back a verified release is looked for. */
const LIMIT = 50

/**
 * The releases of the services that are asked for, or of all. GitHub may be away or refuse: that stops no rollback.
 * @throws Conflict when a newer version of ours wrote the record: its meaning is not known here
 */
export async function readRecord(
  { github, warn }: OpenGitHub,
  environment: string,
  wanted: readonly string[] | 'all',
  clock: Clock,
): Promise<KnownRecord> {
  const stop = new AbortController()
  const reading = read()
  reading.catch(() => undefined) // said below, or too late to matter
  try {
    const services = await Promise.race([
      reading,
      clock.sleep(PATIENCE_MS, stop.signal).then(() => undefined),
    ])
    if (services === undefined)
      return { kind: 'away', why: `GitHub gave no answer within ${PATIENCE_MS / 1000} s` }
    return { kind: 'read', services }
  } catch (error) {
    if (error instanceof Conflict) throw error
    return { kind: 'away', why: `the record on GitHub cannot be read (${messageOf(error)})` }
  } finally {
    stop.abort()
  }

  async function read(): Promise<ReadonlyMap<string, readonly LedgerEntry[]>> {
    const of = { github, environment, warn }
    if (wanted === 'all') return readServices(of, LIMIT)
    const entries = await Promise.all(
      wanted.map(async (service) => [service, await readHistory({ ...of, service }, LIMIT)] as const),
    )
    return new Map(entries)
  }
}
