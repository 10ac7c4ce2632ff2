import type { Claims, Clock } from '@release-actions/ports'
import {
  type ClaimSight,
  EMPTY_LEASE_STATE,
  formatRun,
  type LeaseState,
  type RunId,
} from '@release-actions/release'
import { Conflict, type Milliseconds, Superseded } from '@release-actions/values'
import type { Client } from './client.ts'
import { formatHolder, parseHolder, readState } from './lease-state.ts'
import { leaseName, STATE } from './names.ts'
import { apiVersionOf, type Lease } from './objects.ts'

export interface ClaimsOptions {
  readonly client: Client
  readonly clock: Clock
  readonly workload: string
  /** Different for every process, also of one run. */
  readonly nonce: string
  /** A holder that has not renewed for so long is gone. Default 30 s. */
  readonly leaseDuration?: Milliseconds
  /** Aborts on the runner's signal: then there are seconds. */
  readonly cancelled?: AbortSignal | undefined
}

/** How long letting go may take: whoever does not manage it lets it expire. */
const RELEASE_MS = 5_000
const CANCELLED_RELEASE_MS = 1_000

export interface KubernetesClaims extends Claims {
  /** The fence of the claim that this process holds; undefined: it holds none. */
  fence(): number | undefined
}

/** The Lease `release-actions-<workload>`: who works on it (a compare-and-swap), and what is in flight (its JSON). */
export function createClaims(options: ClaimsOptions): KubernetesClaims {
  const { client, clock, nonce, leaseDuration = 30_000 } = options
  const name = leaseName(options.workload)
  const object = `Lease ${client.namespace}/${name}`

  /** The Lease as last read or written; undefined: there was none. */
  let lease: Lease | undefined
  let known = false
  /** What this process took, until it lets go. */
  let mine: { readonly holder: string; readonly run: RunId; readonly fence: number } | undefined
  /** What it said while it was ours: should somebody delete it under us, it is made again as it was. */
  let ours: LeaseState | undefined
  /** Expiry is judged on our own clock: since when we have seen this version of another's Lease. */
  let seen: { readonly version: string; readonly since: number } | undefined
  /** Writes of one process go one after another. */
  let queue: Promise<unknown> = Promise.resolve()

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = queue.then(work, work)
    queue = next.catch(() => undefined)
    return next
  }

  function keep(now: Lease | undefined): Lease | undefined {
    lease = now
    known = true
    const version = now?.metadata?.resourceVersion ?? ''
    if (seen?.version !== version) seen = { version, since: clock.now() }
    if (now !== undefined) ours = isMine(now) ? readState(now) : undefined
    return now
  }

  const refresh = async (): Promise<Lease | undefined> => keep(await client.find('Lease', name))
  const holderOf = (of: Lease | undefined): string => of?.spec?.holderIdentity ?? ''
  const isMine = (of: Lease | undefined): boolean => mine !== undefined && holderOf(of) === mine.holder
  const stateOf = (of: Lease | undefined): LeaseState =>
    of === undefined ? (ours ?? EMPTY_LEASE_STATE) : readState(of)

  function superseded(): Superseded {
    const to = parseHolder(holderOf(lease))
    const by = to === undefined ? 'somebody else' : `run ${formatRun(to)}`
    return new Superseded(`${object} is held by ${by} now`, { object })
  }

  function sight(): ClaimSight {
    const state = stateOf(lease)
    const holder = holderOf(lease)
    const by = parseHolder(holder)
    if (mine !== undefined && isMine(lease)) {
      return { kind: 'ours', fence: mine.fence, since: timeOf(lease?.spec?.acquireTime, clock.now()), state }
    }
    // Deleted under us, and nobody's: then it is taken anew, with what it said, and the release goes on.
    if (mine !== undefined && lease !== undefined) return { kind: 'lost', to: by, state }
    if (holder === '') return { kind: 'free', state }
    if (by === undefined) {
      throw new Conflict(`${object} is held by "${holder}", which is not a run of release-actions`, {
        object,
        fix: [`kubectl -n ${client.namespace} delete lease ${name}`],
      })
    }
    const expired = seen !== undefined && clock.now() - seen.since >= leaseDuration
    return expired ? { kind: 'free', state } : { kind: 'held', by, state }
  }

  /** The Lease with another state, or none, and renewed. */
  function changed(now: Lease, state: LeaseState | undefined, spec: Lease['spec']): Lease {
    const annotations = { ...now.metadata?.annotations }
    if (state !== undefined) annotations[STATE] = JSON.stringify(state)
    return { ...now, metadata: { ...now.metadata, annotations }, spec: { ...now.spec, ...spec } }
  }

  /** Read-modify-write while we hold it; somebody may annotate it meanwhile, which is no loss of the claim. */
  async function update(
    change: ((state: LeaseState) => LeaseState) | undefined,
    letGo: boolean,
  ): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      if (!known || attempt > 0) await refresh()
      if (lease === undefined || !isMine(lease)) throw superseded()
      const state = change?.(readState(lease))
      const spec = letGo ? { holderIdentity: '' } : { renewTime: microTime(clock.now()) }
      try {
        keep(await client.update('Lease', changed(lease, state, spec)))
        return
      } catch (error) {
        if (!(error instanceof Conflict) || attempt >= 5) throw error
      }
    }
  }

  return {
    fence: () => mine?.fence,
    read: () =>
      inTurn(async () => {
        await refresh()
        return sight()
      }),
    take: (run) =>
      inTurn(async () => {
        if (!known) await refresh()
        const holder = formatHolder(run, nonce)
        const now = microTime(clock.now())
        const fence =
          lease === undefined
            ? Math.max(firstFence(clock.now()), (mine?.fence ?? 0) + 1)
            : (lease.spec?.leaseTransitions ?? 0) + 1
        const spec = {
          holderIdentity: holder,
          leaseDurationSeconds: Math.ceil(leaseDuration / 1000),
          acquireTime: now,
          renewTime: now,
          leaseTransitions: fence,
        }
        try {
          if (lease === undefined) {
            const annotations = ours === undefined ? {} : { [STATE]: JSON.stringify(ours) }
            const metadata = { name, namespace: client.namespace, annotations }
            keep(
              await client.create('Lease', {
                apiVersion: apiVersionOf('Lease'),
                kind: 'Lease',
                metadata,
                spec,
              }),
            )
          } else {
            keep(await client.update('Lease', changed(lease, undefined, spec)))
          }
        } catch (error) {
          if (!(error instanceof Conflict)) throw error
          // The answer to a write of ours may have been lost: then it is ours after all.
          await refresh()
          if (holderOf(lease) !== holder || lease?.spec?.leaseTransitions !== fence) throw error
        }
        mine = { holder, run, fence }
        return { fence }
      }),
    write: (change) => inTurn(() => update(change, false)),
    async release() {
      const released = new AbortController()
      // Beside whatever a hung server still owes us an answer to.
      await Promise.race([giveUp().finally(() => released.abort()), patience(released.signal)])
    },
    guard() {
      const lost = new AbortController()
      const stop = new AbortController()
      const check = (): void => {
        if (mine !== undefined && known && !isMine(lease)) lost.abort(superseded())
      }
      void renewing(stop.signal, check)
      void watching(stop.signal, check)
      return { lost: lost.signal, stop: () => stop.abort() }
    },
  }

  function giveUp(): Promise<void> {
    return inTurn(async () => {
      if (mine === undefined) return
      try {
        await update(undefined, true)
      } catch {
        // Not ours any more, or out of reach: then it expires. Whoever lets go has no use for an error.
      }
      mine = undefined
      ours = undefined
    })
  }

  async function patience(released: AbortSignal): Promise<void> {
    const { cancelled } = options
    if (cancelled?.aborted !== true) {
      await clock.sleep(
        RELEASE_MS,
        cancelled === undefined ? released : AbortSignal.any([released, cancelled]),
      )
    }
    if (cancelled?.aborted === true) await clock.sleep(CANCELLED_RELEASE_MS, released)
  }

  async function renewing(stop: AbortSignal, check: () => void): Promise<void> {
    for (;;) {
      await clock.sleep(leaseDuration / 3, stop)
      if (stop.aborted) return
      try {
        if (mine !== undefined) await inTurn(() => update(undefined, false))
      } catch (error) {
        // Out of reach: tried again in a while; until then every write of ours still tests the fence.
        if (error instanceof Superseded) check()
      }
    }
  }

  async function watching(stop: AbortSignal, check: () => void): Promise<void> {
    try {
      for await (const event of client.watch('Lease', { fields: `metadata.name=${name}` }, stop)) {
        await inTurn(async () => {
          if (event.type === 'DELETED' || Number(event.object.spec?.leaseTransitions) > (mine?.fence ?? 0)) {
            await refresh()
          }
        })
        check()
      }
    } catch {
      // Watching is not allowed: the renewal finds out, a little later.
    }
  }
}

/** 2025-01-01, so that the counter (an int32) lasts until 2093. */
const EPOCH = Date.UTC(2025, 0, 1)

/**
 * The fence of a new Lease is the time in seconds: were it 1, the stamps of a Lease that somebody deleted would be the
 * later ones, and every claim would take itself for an overtaken one.
 */
function firstFence(now: number): number {
  return Math.max(1, Math.floor((now - EPOCH) / 1000))
}

/** RFC 3339 with microseconds, as Leases have it. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}

function timeOf(text: string | undefined, otherwise: number): number {
  const at = Date.parse(text ?? '')
  return Number.isNaN(at) ? otherwise : at
}
