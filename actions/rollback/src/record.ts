import { createLedger } from '@release-actions/github'
import type { Ledger, LedgerEntry } from '@release-actions/ports'
import type { ReleaseRecord } from '@release-actions/release'
import { formatRun, type ReleaseId } from '@release-actions/release'
import { messageOf, type Milliseconds } from '@release-actions/values'
import type { Asked } from './asked.ts'

/** What a rollback writes of itself, and of what it takes back. */
export interface RollbackRecord {
  /** The Deployment of the rollback, once GitHub has answered. */
  readonly deployment: number | undefined
  /** Files the rollback: in the background, since GitHub holds up no way back. */
  open(restored: LedgerEntry, release: Restored): void
  phase(description: string): void
  /** What was taken back has failed, and what was restored is the active one. */
  done(bad: readonly number[], restored: string): void
  failed(description: string): void
  /** It was filed, and there was nothing for it to do. */
  closed(description: string): void
  /** Resolves when everything has been written, at the latest after `most`; what is not written then is said. */
  flush(most: Milliseconds): Promise<void>
}

/** What is restored, and from what. */
export interface Restored {
  readonly release: Pick<ReleaseId, 'version' | 'digest' | 'image' | 'template'>
  readonly from: Pick<ReleaseId, 'version' | 'digest'>
  readonly fromDeployment: number | undefined
  readonly target: ReleaseRecord['target']
}

/** @returns undefined: nothing is recorded */
export function openRollbackRecord(
  { inputs, kit, environment, github }: Asked,
  service: string,
  warn: (text: string) => void,
): RollbackRecord | undefined {
  if (github === undefined || environment === undefined) return undefined
  const { run } = kit.context
  // A rollback's commit is that of the release that it restores.
  const ledgerOf = (sha: string): Ledger =>
    createLedger({
      github: github.github,
      clock: kit.clock,
      environment,
      service,
      sha,
      jobUrl: github.jobUrl,
      warn,
    })
  let ledger = ledgerOf(kit.context.sha)
  let queue: Promise<void> = Promise.resolve()
  let deployment: number | undefined

  function enqueue(what: string, write: () => Promise<void>): void {
    queue = queue.then(write).catch((error: unknown) => {
      warn(`the record on GitHub could not be written (${what}): ${messageOf(error)}`)
    })
  }
  function write(what: string, work: (id: number) => Promise<void>): void {
    enqueue(what, async () => {
      if (deployment !== undefined) await work(deployment)
    })
  }

  return {
    get deployment() {
      return deployment
    },
    open(restored, { release, from, fromDeployment, target }) {
      ledger = ledgerOf(restored.sha)
      const record: ReleaseRecord = {
        kind: 'rollback',
        service,
        ...release,
        strategy: 'rollback',
        previous: { version: from.version, digest: from.digest, deployment: fromDeployment },
        target,
        run,
      }
      enqueue('open', async () => {
        deployment = (await ledger.open(record, undefined)).id
      })
    },
    phase: (description) => write('phase', (id) => ledger.phase(id, description)),
    done(bad, restored) {
      for (const id of bad) {
        enqueue('what was taken back', () =>
          ledger.failed(id, `rolled back to ${restored} by run ${formatRun(run)}: ${inputs.reason}`),
        )
      }
      write('verified', (id) => ledger.verified(id, `${restored} is restored: ${inputs.reason}`))
    },
    failed: (description) => write('failed', (id) => ledger.failed(id, description)),
    closed: (description) => write('closed', (id) => ledger.closed(id, description)),
    async flush(most) {
      const stop = new AbortController()
      const late = Symbol()
      const first = await Promise.race([queue, kit.clock.sleep(most, stop.signal).then(() => late)])
      stop.abort()
      if (first === late) warn(`the record on GitHub is not complete: no answer within ${most / 1000} s`)
    },
  }
}
