import {
  assess,
  combine,
  judgeGate,
  needsBaseline,
  sourceError,
  type Gate,
  type GateReport,
  type Reading,
  type Sample,
  type Verdict,
} from '@release-actions/judge'
import type { Clock, Track } from '@release-actions/ports'
import { formatDuration, messageOf, type Milliseconds } from '@release-actions/values'
import type { GateSource, Look, Sources } from './source.ts'

export interface SessionOptions {
  readonly gates: readonly Gate[]
  readonly sources: Sources
  readonly clock: Clock
  /** From now on; no samples in it. */
  readonly warmUp: Milliseconds
  readonly soak: Milliseconds
  readonly interval: Milliseconds
  /** The track that is judged. */
  readonly candidate: Track
  /** What it is compared with; undefined: relative rules have no data. */
  readonly baseline: Track | undefined
}

/** One window of judging: warm-up, then rounds of samples, then a verdict. Nothing runs between rounds. */
export interface Session {
  /**
   * One round: all gates that are due, side by side, each within the interval (or a second, if that is longer). A `run` gate may take longer: the round
   * does not wait for it beyond the interval, a later one does. In the warm-up it does nothing. A round that `signal`
   * ends leaves no samples.
   */
  round(signal: AbortSignal): Promise<void>
  /** Milliseconds until the next round is due; 0: now. */
  nextRoundIn(): Milliseconds
  verdict(): Verdict
  /** Ends commands that still run. To be called when nobody waits for the verdict any more; harmless else. */
  close(): Promise<void>
  /** The gates as they stand, in their order: rows of the table, and the evidence. */
  report(): readonly GateReport[]
  /** The window, milliseconds since 1970. */
  readonly from: number
  readonly until: number
}

interface Tracked {
  readonly gate: Gate
  readonly source: GateSource
  readonly samples: Sample[]
  lastAt: number | undefined
  /** A command that is still running. */
  pending: Promise<void> | undefined
}

/** However short the interval, a look has the time for one request over a network. */
const LEAST_LOOK: Milliseconds = 1000
/** What a source has of a look: it says itself what did not answer, before the look as a whole is given up. */
const SOURCES_SHARE = 0.9

/** Timers fire a little early or late: a round this near to its time is that round. */
const TOLERANCE: Milliseconds = 5

export function createSession(options: SessionOptions): Session {
  const { clock, interval, candidate, baseline } = options
  const source = options.sources.open()
  const from = clock.now() + options.warmUp
  const until = from + options.soak
  const gates = options.gates.map((gate): Tracked => ({
    gate,
    source: source(gate),
    samples: [],
    lastAt: undefined,
    pending: undefined,
  }))
  const stop = new AbortController()
  let rounds = 0
  let due = from
  /** The round at the window's end has been taken. */
  let closed = false

  const ended = ({ pending }: Tracked): boolean => closed && pending === undefined

  async function sample(one: Tracked, look: Look): Promise<void> {
    const { gate } = one
    const read = (track: Track): Promise<Reading> =>
      bounded(gate, one.source.sample(track, look), look, clock)
    const base = needsBaseline(gate) ? baseline : undefined
    const [fresh, old] = await Promise.all([read(candidate), base === undefined ? undefined : read(base)])
    if (!look.signal.aborted) one.samples.push(assess(gate, look.at, fresh, old))
  }

  async function round(caller: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([caller, stop.signal])
    const at = clock.now()
    if (at < from - TOLERANCE) return
    const last = at >= until - TOLERANCE
    const quick: Promise<void>[] = []
    if (!closed) {
      const look: Look = {
        round: rounds,
        at: Math.max(at, from),
        elapsed: Math.min(Math.max(0, at - from), options.soak),
        timeout: Math.max(LEAST_LOOK, interval) * SOURCES_SHARE,
        signal,
      }
      rounds += 1
      for (const one of gates) {
        if (one.pending !== undefined || !(last || isDue(one, at))) continue
        one.lastAt = at
        const sampling = sample(one, look)
        if (one.gate.source.kind !== 'run') quick.push(sampling)
        else {
          one.pending = sampling.finally(() => {
            one.pending = undefined
          })
        }
      }
      due = Math.min(at + interval, until)
    }
    await Promise.all(quick)
    if (signal.aborted) return
    closed ||= last
    await patience(at, signal)
  }

  /** Waits for commands, but not longer than the interval. */
  async function patience(since: number, signal: AbortSignal): Promise<void> {
    const running = gates.flatMap(({ pending }) => (pending === undefined ? [] : [pending]))
    if (running.length === 0) return
    const enough = new AbortController()
    const left = Math.max(0, since + interval - clock.now())
    await Promise.race([Promise.all(running), clock.sleep(left, AbortSignal.any([signal, enough.signal]))])
    enough.abort()
  }

  function isDue({ gate, lastAt }: Tracked, at: number): boolean {
    return gate.interval === undefined || lastAt === undefined || at - lastAt >= gate.interval - TOLERANCE
  }

  const reports = (): readonly GateReport[] =>
    gates.map((one) => ({
      gate: one.gate,
      verdict: judgeGate(one.gate, one.samples, { from, until, ended: ended(one) }),
      samples: one.samples,
    }))

  return {
    from,
    until,
    round,
    nextRoundIn: () => (closed ? 0 : Math.max(0, due - clock.now())),
    verdict: () =>
      combine(
        reports().map(({ verdict }) => verdict),
        closed,
      ),
    report: reports,
    async close() {
      stop.abort()
      for (const { pending } of gates) await pending
    },
  }
}

/**
 * A source that hangs is an error sample, and so is one that throws. A command has its own time limit, and is ended by
 * the signal itself.
 */
async function bounded(gate: Gate, sampling: Promise<Reading>, look: Look, clock: Clock): Promise<Reading> {
  const safe = sampling.catch((error: unknown) => sourceError('source-error', messageOf(error)))
  if (gate.source.kind === 'run') return safe
  const timer = new AbortController()
  const limit = look.timeout / SOURCES_SHARE
  const late = clock
    .sleep(limit, AbortSignal.any([look.signal, timer.signal]))
    .then(() => sourceError('timeout', `no answer within ${formatDuration(limit)}`))
  const first = await Promise.race([safe, late])
  timer.abort()
  return first
}
