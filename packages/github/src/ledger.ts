import {
  encodeRecord,
  formatRun,
  taskOf,
  type RecordState,
  type ReleaseRecord,
} from '@release-actions/release'
import type { Clock, Ledger } from '@release-actions/ports'
import { messageOf, NotFound, type Milliseconds } from '@release-actions/values'
import type { GitHub } from './client.ts'
import { addStatus, createDeployment, getDeployment, listDeployments, listStatuses } from './deployments.ts'
import { isLost } from './errors.ts'
import { readHistory, recordOf } from './history.ts'

export interface LedgerOptions {
  readonly github: GitHub
  readonly clock: Clock
  readonly environment: string
  readonly service: string
  /** The full commit SHA that the release was made of; of a rollback: the restored release's. */
  readonly sha: string
  /** The page of this job; asked once, when the first status is written. */
  readonly jobUrl: () => Promise<string>
  /** Where the service can be seen: http(s). */
  readonly environmentUrl?: string
  /** Default: the environment is called `production`. */
  readonly production?: boolean
  readonly warn: (text: string) => void
}

/** Writes for one release and service at most, of which the last ones are kept for the end (GITHUB.md, "Limits"). */
const MOST_WRITES = 12
const KEPT_FOR_THE_END = 3

/** How far back a run looks for its own entry. */
const LOOK_BACK = 30
/** Pauses before a lost answer's entry is looked for: GitHub's lists lag a moment behind. */
const AFTER_LOST_ANSWER_MS = [500, 1500]
/**
 * Pauses before a lost status is sent again: said twice is harmless, not said at all is not. After a phase comes the
 * next one, after the last word nobody: it outlasts what GitHub stumbles over for a moment.
 */
const BEFORE_SAYING_AGAIN_MS = { phase: [0], end: [0, 1_000, 3_000, 6_000] }

/** The record as GitHub Deployments: one for each release of a service to an environment, each phase a status. */
export function createLedger(options: LedgerOptions): Ledger {
  const { github, clock, environment, service, warn } = options
  const task = taskOf(service)
  const writes = new Map<number, { count: number; last: string }>()
  let url: Promise<string> | undefined

  const link = (): Promise<string> => (url ??= options.jobUrl())

  async function say(id: number, state: RecordState, description: string): Promise<void> {
    const logUrl = await link()
    const status = { state, description, logUrl, environmentUrl: options.environmentUrl }
    const isPhase = state === 'queued' || state === 'in_progress'
    await stubbornly(BEFORE_SAYING_AGAIN_MS[isPhase ? 'phase' : 'end'], () => addStatus(github, id, status))
    writes.set(id, { count: (writes.get(id)?.count ?? 0) + 1, last: description })
  }

  /** Sends again, after each of the pauses, what may have been lost. */
  async function stubbornly(pauses: readonly Milliseconds[], send: () => Promise<void>): Promise<void> {
    for (const pause of pauses) {
      try {
        await send()
        return
      } catch (error) {
        if (!isLost(error)) throw error
      }
      await clock.sleep(pause)
    }
    await send()
  }

  /** This release's entries, the oldest first: found by run and target, whatever the attempt. */
  async function find(record: ReleaseRecord): Promise<readonly number[]> {
    const deployments = await listDeployments(github, { task, environment, limit: LOOK_BACK })
    return deployments
      .filter((deployment) => {
        const read = recordOf(deployment, options)
        return read !== undefined && sameRelease(read.record, record)
      })
      .map(({ id }) => id)
      .sort((a, b) => a - b)
  }

  /** The list may lag behind; what the Lease knows does not. */
  async function findKnown(known: number | undefined, record: ReleaseRecord): Promise<readonly number[]> {
    if (known === undefined) return []
    try {
      const deployment = await getDeployment(github, known)
      const read = deployment.task === task ? recordOf(deployment, options) : undefined
      return read !== undefined && sameRelease(read.record, record) ? [known] : []
    } catch (error) {
      if (error instanceof NotFound) return []
      throw error
    }
  }

  async function create(record: ReleaseRecord): Promise<number> {
    const send = (): Promise<number> =>
      createDeployment(github, {
        sha: options.sha,
        task,
        environment,
        production: options.production ?? environment === 'production',
        description: `${record.service} ${record.version} (run ${formatRun(record.run)})`,
        payload: encodeRecord(record),
      })
    try {
      return await send()
    } catch (error) {
      // The answer was lost: the Deployment may be there all the same.
      if (!isLost(error)) throw error
      for (const pause of AFTER_LOST_ANSWER_MS) {
        await clock.sleep(pause)
        const [first] = await find(record)
        if (first !== undefined) return first
      }
      return send()
    }
  }

  /** Of several entries for one run the lowest id counts; the others end as errors. */
  async function settle(ids: readonly number[]): Promise<number> {
    const id = Math.min(...ids)
    for (const other of ids)
      if (other !== id) await close(other, `a second record of the same run: ${id} counts`)
    return id
  }

  async function close(id: number, description: string): Promise<void> {
    await say(id, 'error', description)
  }

  /** What was said of it before, by this run's earlier jobs and attempts. */
  async function resume(id: number): Promise<void> {
    const statuses = await listStatuses(github, id)
    writes.set(id, { count: 1 + statuses.length, last: statuses[0]?.description ?? '' })
    if (statuses.length === 0) await say(id, 'queued', 'queued')
  }

  return {
    history: (limit = 20) => readHistory(options, limit),

    async open(record, known) {
      const [listed] = await Promise.all([find(record), link()])
      const found =
        known !== undefined && listed.includes(known)
          ? listed
          : [...listed, ...(await findKnown(known, record))]
      if (found.length > 0) {
        const id = await settle(found)
        await resume(id)
        return { id, created: false }
      }
      const made = await create(record)
      writes.set(made, { count: 1, last: '' })
      // Another process of this run may have done the same at the same moment.
      const [others] = await Promise.all([find(record), say(made, 'queued', 'queued')])
      const id = await settle([...new Set([made, ...others])])
      if (id !== made) await resume(id)
      return { id, created: id === made }
    },

    async phase(id, description) {
      // An entry that the Lease named, and that an earlier job opened.
      if (!writes.has(id)) await resume(id)
      const { count, last } = writes.get(id) ?? { count: 0, last: '' }
      if (description === last || count >= MOST_WRITES - KEPT_FOR_THE_END) return
      await say(id, 'in_progress', description)
    },

    async verified(id, description) {
      await say(id, 'success', description)
      try {
        await deactivatePrevious(id)
      } catch (error) {
        warn(`the previous release of ${service} still shows as active on GitHub: ${messageOf(error)}`)
      }
    },

    failed: (id, description) => say(id, 'failure', description),
    closed: close,
  }

  /** Only this service's, and only what ran on the same target: others share the environment. */
  async function deactivatePrevious(id: number): Promise<void> {
    const entries = await readHistory(options, LOOK_BACK)
    const current = entries.find((entry) => entry.id === id)
    const active = entries.filter((entry) => entry.id !== id && entry.state === 'success')
    const replaced =
      current === undefined ? active : active.filter((entry) => sameTarget(entry.record, current.record))
    for (const entry of replaced.slice(0, KEPT_FOR_THE_END - 1))
      await say(entry.id, 'inactive', `replaced by Deployment ${id}`)
  }
}

/** The same run releases the same thing to the same place; its attempts are one. */
function sameRelease(a: ReleaseRecord, b: ReleaseRecord): boolean {
  const sameThing =
    a.digest !== undefined && b.digest !== undefined ? a.digest === b.digest : a.image === b.image
  return a.run.id === b.run.id && a.kind === b.kind && sameThing && sameTarget(a, b)
}

function sameTarget(a: ReleaseRecord, b: ReleaseRecord): boolean {
  const [x, y] = [a.target, b.target]
  return x.cluster === y.cluster && x.namespace === y.namespace && x.workload === y.workload
}
