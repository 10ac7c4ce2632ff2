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
 * A service whose record a newer version of ours wrote is refused alone: its meaning is not known here.
 * @param abort what is in flight is only ended: for that the cluster is enough
 */
export async function readRecord(
  { github, warn }: OpenGitHub,
  environment: string,
  wanted: readonly string[] | 'all',
  clock: Clock,
  abort: boolean,
): Promise<KnownRecord> {
  const refused = new Map<string, Conflict>()
  /** Those of an abort: what is in flight is in the cluster. */
  const blind: string[] = []
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
    return { kind: 'read', services, refused }
  } catch (error) {
    return { kind: 'away', why: `the record on GitHub cannot be read (${messageOf(error)})` }
  } finally {
    stop.abort()
  }

  function refuse(service: string, error: Conflict): void {
    if (!abort) return void refused.set(service, error)
    blind.push(service)
    warn(`${messageOf(error)}: the cluster's own state is used`)
  }

  async function read(): Promise<ReadonlyMap<string, readonly LedgerEntry[]>> {
    const of = { github, environment, warn }
    if (wanted === 'all') {
      const services = new Map(await readServices(of, LIMIT, refuse))
      // They are in the environment all the same, and are named by what becomes of them.
      for (const service of [...refused.keys(), ...blind]) services.set(service, [])
      return services
    }
    const entries = await Promise.all(
      wanted.map(async (service) => [service, await readOne(service)] as const),
    )
    return new Map(entries)

    async function readOne(service: string): Promise<readonly LedgerEntry[]> {
      try {
        return await readHistory({ ...of, service }, LIMIT)
      } catch (error) {
        if (!(error instanceof Conflict)) throw error
        refuse(service, error)
        return []
      }
    }
  }
}
