import type { Claims, Clock, Gates, GateStage } from '@release-actions/ports'
import type { ClaimSight, LeaseState, Obstacle } from '@release-actions/release'
import {
  RateLimited,
  ReleaseError,
  messageOf,
  Unauthenticated,
  wholeOf,
  type Milliseconds,
  type Percent,
} from '@release-actions/values'
import type { JournalEntry, LoopListener } from './listener.ts'
import type { OpenWindow } from './window.ts'

/** Conflicts in a row after which somebody is writing against us. */
const MOST_CONFLICTS = 8
/** The same write so often in a row: it has no effect. */
const MOST_REPEATS = 12
const RETRY_MS = 1000
const LONGEST_RETRY_MS = 10_000
/** How long credentials that held until now are tried again: what is in flight has nobody else who looks after it. */
const CREDENTIALS_PATIENCE_MS = 60_000
/** How long a cluster that cannot be reached is tried after a signal: the runner kills 10 s after it. */
const CANCEL_PATIENCE_MS = 8000
const CANCEL_RETRY_MS = 200

/** What the loop itself looks at, of all that is seen. */
export interface LoopSight {
  readonly now: number
  readonly claim: ClaimSight
  readonly cancelled: boolean
}

export interface LoopAct<Stage extends GateStage, Kind extends string = string> {
  readonly kind: Kind
  /** Of an `await`: what for. */
  readonly what?: string
  /** Of a `judge`. */
  readonly stage?: Stage
}

export interface LoopEnd {
  readonly kind: 'done' | 'failed' | 'stopped'
}

/** What `observe` reads besides the ports. */
export interface LoopSenses<Stage extends GateStage> {
  readonly cancelled: boolean
  readonly window: OpenWindow<Stage> | undefined
  readonly obstacle: Obstacle | undefined
}

/** What `act` is given besides the ports. */
export interface LoopActing<Stage extends GateStage> {
  /** Aborts on a cancel signal, or when the Lease is lost: waits end, and the world is looked at again. */
  readonly interrupt: AbortSignal
  readonly cancelled: () => boolean
  /** Opens the window of a stage, or gives the one that is open. */
  readonly window: (stage: Stage, soak: Milliseconds) => OpenWindow<Stage>
  /** The GitHub Deployment of this release, once known. */
  readonly deployment: () => number | undefined
  /** What the record calls the version with this digest. */
  readonly nameOf: (digest: string) => string | undefined
  /** Told what an act found out beyond the world's own state. */
  readonly tell: (text: string) => void
}

/**
 * What one kind of release puts into the loop. `Seeing`: a look, with more than the decision needs; `Act`: writes and
 * waits (`await`, `verify`, `judge`, `drain`), of which `claim`, `stamp` and `begin` are known here too.
 */
export interface Course<
  Seeing extends { readonly seen: LoopSight },
  Act extends LoopAct<Stage>,
  End extends LoopEnd,
  Stage extends GateStage,
> {
  readonly ports: { readonly clock: Clock; readonly claims: Claims; readonly gates: Gates<Stage> }
  /** How long a cluster that cannot be observed is asked again. */
  readonly timeout: Milliseconds
  observe(senses: LoopSenses<Stage>): Promise<Seeing>
  /** Pure. */
  decide(seen: Seeing['seen']): Act | End
  /** One idempotent, guarded write, or a wait. @throws ReleaseError; `conflict` means: look again */
  act(move: Act, seeing: Seeing, acting: LoopActing<Stage>): Promise<void>
  describe(move: Act | End, seen: Seeing['seen']): string
  isWorthTelling(move: Act): boolean
  /** The new version's configured share, for the journal. */
  share(seen: Seeing['seen']): Percent
  underWay(state: LeaseState): { readonly deployment: number | undefined } | undefined
  /** The traffic goes back with it: after a signal it is decided on the last look when a new one is slow. */
  isWayBack(move: Act | End): boolean
  /** Once it is done, pods that have something to say are gone. */
  isParting(move: Act, seen: Seeing['seen']): boolean
  /** The pods' own words, of those that are not well. */
  explain(): Promise<readonly string[]>
  /** After each look. */
  looked?(seeing: Seeing): Promise<void>
}

export interface LoopEnded<Seeing, Kind extends string, End> {
  readonly end: End
  /** The world as it was when the end was decided. */
  readonly last: Seeing
  readonly journal: readonly JournalEntry<Kind>[]
  /** The pods' own words, when the release was taken back or could not go on: read before they are removed. */
  readonly words: readonly string[]
}

/**
 * Observe, decide, act, until the end. It ends by returning, also when the release failed.
 * @param cancelled aborts on the runner's signal
 * @throws ReleaseError when the cluster cannot be observed, for longer than the timeout
 */
export async function runLoop<
  Seeing extends { readonly seen: LoopSight },
  Act extends LoopAct<Stage, Kind>,
  End extends LoopEnd,
  Stage extends GateStage,
  Kind extends string,
>(
  course: Course<Seeing, Act, End, Stage>,
  cancelled: AbortSignal,
  listener: LoopListener<Seeing['seen'], Stage, Kind | LoopEnd['kind']>,
): Promise<LoopEnded<Seeing, Kind | LoopEnd['kind'], End>> {
  const { clock, claims, gates } = course.ports
  const journal: JournalEntry<Kind | LoopEnd['kind']>[] = []
  let window: OpenWindow<Stage> | undefined
  let obstacle: Obstacle | undefined
  let deployment: number | undefined
  let guard: { readonly lost: AbortSignal; stop(): void } | undefined
  let interrupt = cancelled
  let [conflicts, repeats] = [0, 0]
  /** Since when the write has not gone through that trying again may help. */
  let unavailing: number | undefined
  let words: readonly string[] | undefined
  let doing: Act | undefined
  /** The cluster has been seen. */
  let known = false
  /** The last look, while nothing has been written since. */
  let rested: Seeing | undefined
  const signalled = new Promise<undefined>((resolve) => {
    cancelled.addEventListener('abort', () => resolve(undefined), { once: true })
  })

  const acting = (): LoopActing<Stage> => ({
    interrupt,
    cancelled: () => cancelled.aborted,
    deployment: () => deployment,
    nameOf: (digest) => listener.nameOf?.(digest),
    tell: (text) => listener.tell?.(text),
    window: (stage, soak) => {
      if (window?.stage === stage) return window
      void window?.gates.close()
      window = { stage, gates: gates.open(stage, soak) }
      return window
    },
  })

  try {
    for (;;) {
      const seeing = await look()
      const { seen } = seeing
      await course.looked?.(seeing)
      const move = course.decide(seen)
      const text = course.describe(move, seen)
      const entry: JournalEntry<Kind | LoopEnd['kind']> = {
        at: clock.now(),
        kind: move.kind,
        text,
        weight: course.share(seen),
      }
      if (isEnd<Act, End, Stage>(move)) {
        if (move.kind === 'failed') words ??= await explain()
        journal.push({ ...entry, at: clock.now() })
        return { end: move, last: seeing, journal, words: words ?? [] }
      }
      const before = journal.at(-1)
      const again = before?.kind === move.kind && (before.text === text || isSameWait(move, doing))
      doing = move
      rested = isWait(move) ? seeing : undefined
      repeats = again && !isWait(move) ? repeats + 1 : 0
      if (!again && course.isWorthTelling(move)) {
        journal.push(entry)
        listener.moving?.(entry, seen)
        if (move.kind === 'judge' && move.stage !== undefined)
          listener.judging?.(move.stage, course.underWay(seen.claim.state), entry)
      }
      if (move.kind === 'claim') deployment ??= await listener.opening?.(seen)
      try {
        if (repeats > MOST_REPEATS)
          throw new ReleaseError('conflict', `no effect, somebody undoes it: ${text}`)
        // Soon the pods that have something to say will be gone; the traffic is back by now.
        if (course.isParting(move, seen)) words ??= await explain()
        // What the pods of an earlier release said, which was cleared away first, is not about this one.
        if (move.kind === 'begin') words = undefined
        await course.act(move, seeing, acting())
        conflicts = 0
        unavailing = undefined
        // A write that went through ends it, except a stamp, which only comes before the write that was refused.
        if (move.kind !== 'stamp') obstacle = undefined
        // The claim is ours from here on; the guard tells of its loss within seconds. A Lease that was deleted is
        // claimed anew, and its guard has told all it could.
        if (move.kind === 'claim') {
          guard?.stop()
          guard = claims.guard()
          interrupt = AbortSignal.any([cancelled, guard.lost])
        }
      } catch (error) {
        obstacle = await hindered(error)
      }
    }
  } finally {
    guard?.stop()
    await Promise.all([window?.gates.close(), claims.release()])
  }

  /**
   * After a signal there are seconds, and at a slow API server one look takes longer. Where nothing was written since
   * the last look, the first decision after the signal is made on that one, if it is to put the traffic back: the fence
   * still holds that write, and the next look is a new one.
   */
  async function look(): Promise<Seeing> {
    const looking = patiently(() => course.observe({ cancelled: cancelled.aborted, window, obstacle }))
    if (rested !== undefined) {
      const first = await Promise.race([looking, signalled])
      const hasty = { ...rested, seen: { ...rested.seen, now: clock.now(), cancelled: true } }
      if (first === undefined && course.isWayBack(course.decide(hasty.seen))) {
        looking.catch(() => undefined)
        return hasty
      }
    }
    const seeing = await looking
    known = true
    return { ...seeing, seen: { ...seeing.seen, cancelled: cancelled.aborted } }
  }

  async function explain(): Promise<readonly string[]> {
    if (cancelled.aborted) return []
    try {
      return await course.explain()
    } catch (error) {
      return [`the pods could not be asked: ${messageOf(error)}`]
    }
  }

  /** What to make of a failed act: look again, or an obstacle that stands. */
  async function hindered(error: unknown): Promise<Obstacle | undefined> {
    if (!(error instanceof ReleaseError)) throw error
    switch (error.code) {
      case 'conflict':
        conflicts++
        if (conflicts <= MOST_CONFLICTS) {
          // One is nothing unusual; who meets more of them should not wait without knowing why.
          if (conflicts > 1) listener.tell?.(`${messageOf(error)}; looking again`)
          await clock.sleep(conflicts * 50)
          return obstacle
        }
        return standing(error.code, error.message)
      case 'superseded':
        return obstacle // the next look at the Lease says the same, with the holder's name
      case 'unreachable':
      case 'rate-limited':
      case 'timeout':
      case 'forbidden':
        if (!isPassing(error)) return standing(error.code, wholeOf(error))
        unavailing ??= clock.now()
        // It was not done, so it is no sign of somebody who undoes it.
        repeats = Math.max(0, repeats - 1)
        if (clock.now() - unavailing >= patienceWith(error))
          return standing(error.code, messageOf(error), isGoingBack())
        listener.tell?.(`${messageOf(error)}; trying again`)
        if (cancelled.aborted) await clock.sleep(CANCEL_RETRY_MS)
        else await clock.sleep(pauseAfter(error), cancelled)
        return obstacle
      default:
        return standing(error.code, wholeOf(error))
    }
  }

  /** The next move is the way back; when that is refused too, the obstacle is on the way back. */
  function standing(code: Obstacle['code'], reason: string, goingBack = false): Obstacle {
    conflicts = 0
    unavailing = undefined
    return { code, reason, onTheWayBack: goingBack || obstacle !== undefined }
  }

  function patienceWith(error: unknown): Milliseconds {
    return error instanceof Unauthenticated
      ? Math.min(course.timeout, CREDENTIALS_PATIENCE_MS)
      : course.timeout
  }

  function isGoingBack(): boolean {
    return doing !== undefined && course.isWayBack(doing)
  }

  /** The API server may be away for a while: what is in flight stays as it is, and nothing else can be done. */
  async function patiently<T>(look: () => Promise<T>): Promise<T> {
    const begin = clock.now()
    let cancelledAt: number | undefined
    for (;;) {
      try {
        return await look()
      } catch (error) {
        // Credentials that never held are a mistake, which waiting does not mend.
        if (!isPassing(error) || (error instanceof Unauthenticated && !known)) throw error
        if (cancelled.aborted) cancelledAt ??= clock.now()
        const until =
          cancelledAt === undefined ? begin + patienceWith(error) : cancelledAt + CANCEL_PATIENCE_MS
        if (clock.now() >= until) throw error
        listener.tell?.(`${messageOf(error)}; trying again`)
        if (cancelledAt === undefined) await clock.sleep(pauseAfter(error), cancelled)
        else await clock.sleep(CANCEL_RETRY_MS)
      }
    }
  }
}

/** A server that says how long it wants to be left alone is, within reason: what waits may be a way back. */
function pauseAfter(error: unknown): Milliseconds {
  const told = error instanceof RateLimited ? (error.retryAfter ?? 0) : 0
  return Math.min(Math.max(RETRY_MS, told), LONGEST_RETRY_MS)
}

/**
 * What another look may find mended: no answer, none in time, "not now", a list that changed while it was read, or
 * credentials that are about to be renewed, or that a server which has just started cannot look up yet.
 */
function isPassing(error: unknown): boolean {
  if (!(error instanceof ReleaseError)) return false
  const { code } = error
  return (
    error instanceof Unauthenticated ||
    code === 'unreachable' ||
    code === 'timeout' ||
    code === 'rate-limited' ||
    code === 'conflict'
  )
}

/** At most so long without looking again, should a watch be deaf. */
const LOOK_AGAIN_MS = 2000
/** After a signal a watch that is slow to tell costs more than one more look. */
const LOOK_AGAIN_CANCELLED_MS = 250

/** How long an `await` waits for a change before it looks again. */
export function pauseUntil(until: number, now: number, cancelled: boolean): Milliseconds {
  return Math.max(1, Math.min(until - now, cancelled ? LOOK_AGAIN_CANCELLED_MS : LOOK_AGAIN_MS))
}

function isEnd<Act extends LoopAct<Stage>, End extends LoopEnd, Stage extends GateStage>(
  move: Act | End,
): move is End {
  return move.kind === 'done' || move.kind === 'failed' || move.kind === 'stopped'
}

function isWait(move: LoopAct<GateStage>): boolean {
  return move.kind === 'await' || move.kind === 'verify' || move.kind === 'judge' || move.kind === 'drain'
}

/** The same wait goes on, although its words (so many pods are ready) have changed. */
function isSameWait(move: LoopAct<GateStage>, before: LoopAct<GateStage> | undefined): boolean {
  if (before?.kind !== move.kind) return false
  if (move.kind === 'await') return before.what === move.what
  if (move.kind === 'judge') return before.stage === move.stage
  return move.kind === 'drain'
}
