import { decide, type CanaryGoal, type End, type InFlight, type Obstacle } from '@release-actions/release'
import { Conflict, ReleaseError, Unreachable, messageOf } from '@release-actions/values'
import { act, type Act, type Acting } from './act.ts'
import { Exposures } from './exposures.ts'
import { describeMove, isWorthTelling, type Exposure, type JournalEntry, type Listener } from './journal.ts'
import { observe, type Observation, type OpenWindow } from './observe.ts'
import type { CanaryPorts } from './ports.ts'

/** Conflicts in a row after which somebody is writing against us. */
const MOST_CONFLICTS = 8
/** The same write so often in a row: it has no effect. */
const MOST_REPEATS = 12
const RETRY_MS = 1000
/** How long a cluster that cannot be reached is tried after a signal: the runner kills 10 s after it. */
const CANCEL_PATIENCE_MS = 8000
const CANCEL_RETRY_MS = 200

export interface CanaryEnd {
  readonly end: End
  /** The world as it was when the end was decided. */
  readonly last: Observation
  readonly journal: readonly JournalEntry[]
  readonly exposures: readonly Exposure[]
  /** What was in flight when it was last seen: the Lease forgets it when the release has ended. */
  readonly flight: InFlight | undefined
  /** The pods' own words, when the release was taken back or could not go on: read before they are removed. */
  readonly words: readonly string[]
}

/**
 * Observe, decide, act, until the end. It ends by returning, also when the release failed.
 * @param cancelled aborts on the runner's signal
 * @throws ReleaseError when the cluster cannot be observed, for longer than the timeout
 */
export async function runCanary(
  goal: CanaryGoal,
  ports: CanaryPorts,
  cancelled: AbortSignal,
  listener: Listener = {},
): Promise<CanaryEnd> {
  const { clock } = ports
  const journal: JournalEntry[] = []
  const exposures = new Exposures(clock, ports.meter)
  let window: OpenWindow | undefined
  let obstacle: Obstacle | undefined
  let deployment: number | undefined
  let guard: { readonly lost: AbortSignal; stop(): void } | undefined
  let interrupt = cancelled
  let [conflicts, repeats] = [0, 0]
  let flight: InFlight | undefined
  let words: readonly string[] | undefined
  let doing: Act | undefined
  /** The last look, while nothing has been written since. */
  let rested: Observation | undefined
  const signalled = new Promise<undefined>((resolve) => {
    cancelled.addEventListener('abort', () => resolve(undefined), { once: true })
  })

  const acting = (): Acting => ({
    ports,
    goal,
    interrupt,
    cancelled: () => cancelled.aborted,
    deployment: () => deployment,
    nameOf: (digest) => listener.nameOf?.(digest),
    tell: (text) => listener.tell?.(text),
    window: (stage, soak) => {
      if (window?.stage === stage) return window
      void window?.gates.close()
      window = { stage, gates: ports.gates.open(stage, soak) }
      return window
    },
  })

  try {
    for (;;) {
      const seeing = await look()
      const { seen } = seeing
      flight = seen.claim.state.inFlight ?? flight
      await exposures.at(seen.traffic.weight)
      const move = decide(goal, seen)
      if (isEnd(move)) {
        if (move.kind === 'failed') words ??= await explain()
        journal.push({
          at: clock.now(),
          kind: move.kind,
          text: describeMove(move, seen),
          weight: seen.traffic.weight,
        })
        return {
          end: move,
          last: seeing,
          journal,
          exposures: await exposures.all(),
          flight,
          words: words ?? [],
        }
      }
      const before = journal.at(-1)
      const text = describeMove(move, seen)
      const again = before?.kind === move.kind && (before.text === text || sameWait(move, doing))
      doing = move
      rested = isWait(move) ? seeing : undefined
      repeats = again && !isWait(move) ? repeats + 1 : 0
      if (!again && isWorthTelling(move)) {
        const entry = { at: clock.now(), kind: move.kind, text, weight: seen.traffic.weight }
        journal.push(entry)
        listener.moving?.(entry, seen)
        if (move.kind === 'judge') listener.judging?.(move.stage, seen.claim.state.inFlight)
      }
      if (move.kind === 'claim') deployment ??= await listener.opening?.(seen)
      try {
        if (repeats > MOST_REPEATS)
          throw new ReleaseError('conflict', `it has no effect to ${text}: somebody undoes it`)
        // Soon the pods that have something to say will be gone; the route is back by now.
        const leaving = seen.claim.state.inFlight?.retreat !== undefined
        if (leaving && (move.kind === 'unlink' || move.kind === 'delete-canary')) words ??= await explain()
        // What the pods of an earlier release said, which was cleared away first, is not about this one.
        if (move.kind === 'begin') words = undefined
        await act(move, seeing, acting())
        conflicts = 0
        // A write that went through ends it, except a stamp, which only comes before the write that was refused.
        if (move.kind !== 'stamp') obstacle = undefined
        // The claim is ours from here on; the guard tells of its loss within seconds. A Lease that was deleted is
        // claimed anew, and its guard has told all it could.
        if (move.kind === 'claim') {
          guard?.stop()
          guard = ports.claims.guard()
          interrupt = AbortSignal.any([cancelled, guard.lost])
        }
      } catch (error) {
        obstacle = await hindered(error)
      }
    }
  } finally {
    guard?.stop()
    await Promise.all([window?.gates.close(), ports.claims.release()])
  }

  /**
   * After a signal there are seconds, and at a slow API server one look takes longer. Where nothing was written since
   * the last look, the first decision after the signal is made on that one, if it is to put the route back: the fence
   * still holds that write, and the next look is a new one.
   */
  async function look(): Promise<Observation> {
    const looking = patiently(() => observe(ports, { cancelled: cancelled.aborted, window, obstacle }))
    if (rested !== undefined) {
      const first = await Promise.race([looking, signalled])
      const hasty = { ...rested, seen: { ...rested.seen, now: clock.now(), cancelled: true } }
      if (first === undefined && decide(goal, hasty.seen).kind === 'retreat-route') {
        looking.catch(() => undefined)
        return hasty
      }
    }
    const seeing = await looking
    return { ...seeing, seen: { ...seeing.seen, cancelled: cancelled.aborted } }
  }

  async function explain(): Promise<readonly string[]> {
    if (cancelled.aborted) return []
    try {
      const promoting = flight?.phase.name === 'promoting' || flight?.phase.name === 'restoring'
      return await ports.cluster.explain(promoting ? 'stable' : 'canary')
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
          await clock.sleep(conflicts * 50)
          return obstacle
        }
        return standing(error.code, error.message)
      case 'superseded':
        return obstacle // the next look at the Lease says the same, with the holder's name
      case 'unreachable':
      case 'rate-limited':
      case 'timeout':
        listener.tell?.(`${messageOf(error)}; trying again`)
        await clock.sleep(cancelled.aborted ? CANCEL_RETRY_MS : RETRY_MS)
        return obstacle
      default:
        return standing(error.code, [error.message, ...error.why].join('; '))
    }
  }

  /** The next move is the way back; when that is refused too, the obstacle is on the way back. */
  function standing(code: Obstacle['code'], reason: string): Obstacle {
    conflicts = 0
    return { code, reason, onTheWayBack: obstacle !== undefined }
  }

  /** The API server may be away for a while: what is in flight stays as it is, and nothing else can be done. */
  async function patiently<T>(look: () => Promise<T>): Promise<T> {
    const begin = clock.now()
    let cancelledAt: number | undefined
    for (;;) {
      try {
        return await look()
      } catch (error) {
        const passing =
          error instanceof Unreachable || (error instanceof ReleaseError && error.code === 'rate-limited')
        if (!passing && !(error instanceof Conflict)) throw error
        if (cancelled.aborted) cancelledAt ??= clock.now()
        const until =
          cancelledAt === undefined ? begin + goal.timing.timeout : cancelledAt + CANCEL_PATIENCE_MS
        if (clock.now() >= until) throw error
        listener.tell?.(`${messageOf(error)}; trying again`)
        if (cancelledAt === undefined) await clock.sleep(RETRY_MS, cancelled)
        else await clock.sleep(CANCEL_RETRY_MS)
      }
    }
  }
}

function isEnd(move: Act | End): move is End {
  return move.kind === 'done' || move.kind === 'failed' || move.kind === 'stopped'
}

function isWait(move: Act): boolean {
  return move.kind === 'await' || move.kind === 'verify' || move.kind === 'judge' || move.kind === 'drain'
}

/** The same wait goes on, although its words (so many pods are ready) have changed. */
function sameWait(move: Act, before: Act | undefined): boolean {
  if (move.kind === 'await') return before?.kind === 'await' && before.what === move.what
  if (move.kind === 'judge') return before?.kind === 'judge' && before.stage === move.stage
  return move.kind === 'drain' && before?.kind === 'drain'
}
