import { isRelative, needsTraffic, type Gate, type GateReport, type Verdict } from '@release-actions/judge'
import type { Clock, Gates, GateStage, GateWindow, Track, WindowVerdict } from '@release-actions/ports'
import type { Milliseconds } from '@release-actions/values'
import { createSession, type Session } from './session.ts'
import type { Sources } from './source.ts'

export interface ReleaseGatesOptions {
  /** As the user gave them, with {@link podsReady} when no gate of theirs looks at readiness. */
  readonly gates: readonly Gate[]
  readonly sources: Sources
  readonly clock: Clock
  readonly warmUp: Milliseconds
  readonly interval: Milliseconds
  /** The track of the new version, and the one that it is compared with. */
  readonly candidate: Track
  readonly baseline: Track
}

/** What the gates said of one stage of a release. */
export interface StageReport {
  readonly stage: GateStage
  readonly reports: readonly GateReport[]
}

/** Gates of a release, a window a stage, and what they said. */
export interface ReleaseGates extends Gates {
  reports(): readonly StageReport[]
}

/** Added to every release: pods that stop being ready while they serve are a failure of the version. */
export function podsReady(): Gate {
  return {
    name: 'pods ready',
    source: { kind: 'kubernetes', signal: 'ready' },
    unit: 'share',
    rules: {
      limits: [{ kind: 'min', value: 1 }],
      consecutiveSuccesses: undefined,
      // A pod that is being replaced by the scheduler is not the version's fault for a look or two.
      failureLimit: 2,
      errorLimit: 4,
      minSamples: 1,
      enforce: true,
      onInconclusive: 'fail',
    },
    interval: undefined,
  }
}

export function looksAtReadiness({ source }: Gate): boolean {
  return source.kind === 'kubernetes' && source.signal === 'ready'
}

export function createReleaseGates(options: ReleaseGatesOptions): ReleaseGates {
  const { sources, clock, interval, candidate, baseline } = options
  const opened: { readonly stage: GateStage; readonly session: Session }[] = []

  function open(stage: GateStage, soak: Milliseconds): GateWindow {
    const promoted = stage === 'stable'
    const restored = isRestored(stage)
    // Caches warm up under requests: there are none that a promoted stable or an idle colour would wait for.
    const still = promoted || stage === 'pre-switch'
    const gates = applicable(options.gates, stage)
    const session = createSession({
      gates,
      sources,
      clock,
      warmUp: still ? 0 : options.warmUp,
      soak: still || restored ? Math.max(soak, shortest(gates, interval)) : soak,
      interval,
      candidate: promoted ? baseline : candidate,
      baseline: promoted || restored ? undefined : baseline,
    })
    opened.push({ stage, session })
    return {
      nextRoundIn: () => session.nextRoundIn(),
      round: (signal) => session.round(signal),
      verdict: () => windowVerdict(session.verdict()),
      close: () => session.close(),
    }
  }

  return {
    open,
    reports: () => opened.map(({ stage, session }) => ({ stage, reports: session.report() })),
  }
}

/**
 * The gates that can say something at a stage. Without traffic (weight 0, an idle colour, or the stable before the
 * route is back on it) there are no users' requests to count; with all of it the old version has none left to compare
 * with; and a promoted stable is looked at through its own pods only.
 */
export function applicable(gates: readonly Gate[], stage: GateStage): readonly Gate[] {
  switch (stage) {
    case '0':
    case 'pre-switch':
      return gates.filter((gate) => !needsTraffic(gate))
    case '100':
    case 'post-switch':
      return gates.flatMap(withoutBaseline)
    case 'stable':
      return gates.filter(onPods).flatMap(withoutBaseline)
    default:
      return isRestored(stage) ? gates.flatMap(withoutBaseline) : gates
  }
}

/** All traffic is on what a rollback has restored. */
function isRestored(stage: GateStage): boolean {
  return stage.startsWith('restored-')
}

/** The gate with its absolute limits; none when it only compares: it would have nothing to hold a value against. */
function withoutBaseline(gate: Gate): readonly Gate[] {
  const limits = gate.rules.limits.filter(({ kind }) => !isRelative(kind))
  return limits.length === 0 ? [] : [{ ...gate, rules: { ...gate.rules, limits } }]
}

function onPods({ source }: Gate): boolean {
  if (source.kind === 'kubernetes') return source.signal === 'ready' || source.signal === 'restarts'
  return source.kind === 'http' && source.target.kind === 'pods'
}

/** A version that has passed everything is not taken back for one slow answer of a proxy. */
const LEAST_LOOKS = 3

/** Time for as many looks as the gates ask for. */
function shortest(gates: readonly Gate[], interval: Milliseconds): Milliseconds {
  const wanted = gates.map(({ rules }) => Math.max(rules.minSamples, rules.consecutiveSuccesses ?? 0))
  return (Math.max(LEAST_LOOKS, ...wanted) - 1) * interval
}

function windowVerdict(verdict: Verdict): WindowVerdict {
  switch (verdict.state) {
    case 'judging':
    case 'pass':
      return { kind: verdict.state }
    case 'hold':
      return { kind: 'hold', reason: verdict.reason }
    case 'fail':
      return { kind: 'fail', code: 'unhealthy', reason: verdict.reason }
    case 'inconclusive':
      return { kind: 'fail', code: 'inconclusive', reason: verdict.reason }
  }
}
