import { releaseSummary, type Kit } from '@release-actions/action-kit'
import { httpOf, linksOf } from '@release-actions/action-world'
import { formatLimit, type Gate } from '@release-actions/judge'
import { createSession, loadSources, type MetricsWorld, type Session } from '@release-actions/metrics'
import { formatDuration } from '@release-actions/values'
import { openEvidence, type Evidence } from './evidence.ts'
import { chooseGates } from './gates.ts'
import type { GateInputs } from './inputs.ts'
import { Progress } from './progress.ts'
import { endingOf, evidenceOf, failureOf, prefaceOf, reportOf, type Frame } from './report.ts'
import { BASELINE, CANDIDATE, unnamed } from './tracks.ts'

/** How long GitHub may take for the check runs at the end: of a step that ends by itself, and of a cancelled one. */
const FLUSH_MS = 15_000
const CANCELLED_FLUSH_MS = 800

/** Judges the gates over the window: observes, decides, and changes nothing but its own check runs. */
export async function run(inputs: GateInputs, kit: Kit): Promise<void> {
  const { context, log } = kit
  const chosen = await chooseGates(inputs, context.workspace)
  const { gates } = chosen
  const http = httpOf(kit)
  try {
    const needed = inputs.warmUp + inputs.soak + inputs.interval
    const workloads = chosen.cluster
      ? await (await import('./workloads.ts')).openWorkloads(inputs, chosen, kit, http, needed)
      : undefined
    const service = inputs.service ?? inputs.workload ?? context.repo
    const { candidate = unnamed(inputs), baseline = unnamed(inputs) } = workloads ?? {}
    const namespace = workloads?.namespace ?? inputs.namespace ?? ''
    const world: MetricsWorld = {
      pods: workloads?.pods,
      http,
      clock: kit.clock,
      namespace,
      names: (track) => ({ service, ...(track === BASELINE ? baseline : candidate) }),
      env: process.env,
      workspace: context.workspace,
    }
    const sources = await loadSources(gates, world)
    const warnings = new Set<string>()
    const warn = (text: string): void => {
      warnings.add(text)
      log.warning(text)
    }
    const evidence = await openEvidence(inputs, kit, http, service, warn)
    if (gates.length === 0) warn('there is no gate in gates or gates-file: nothing is judged')
    announce(gates, inputs, kit)
    const session = createSession({
      gates,
      sources,
      clock: kit.clock,
      warmUp: inputs.warmUp,
      soak: gates.length === 0 ? 0 : inputs.soak,
      interval: inputs.interval,
      candidate: CANDIDATE,
      baseline: inputs.baseline === undefined ? undefined : BASELINE,
    })
    const frame = (): Frame => ({
      service,
      version: candidate.version === '' ? undefined : candidate.version,
      workload: inputs.workload === undefined ? undefined : { namespace, name: inputs.workload },
      links: linksOf(inputs),
      warnings: [...warnings],
    })
    await judge(session, gates, evidence, frame, kit)
  } finally {
    http.close()
  }
}

async function judge(
  session: Session,
  gates: readonly Gate[],
  evidence: Evidence | undefined,
  frame: () => Frame,
  kit: Kit,
): Promise<void> {
  const { clock, cancelled, log, outputs } = kit
  const startedAt = clock.now()
  evidence?.begin(gates, startedAt)
  await watch(session, kit)
  const reports = session.report()
  const ending = endingOf(session.verdict())
  const completedAt = clock.now()
  const preface = prefaceOf(ending, frame(), startedAt, completedAt)
  const patience = cancelled.aborted ? CANCELLED_FLUSH_MS : FLUSH_MS
  const [checks = new Map<string, number>()] = await Promise.all([
    evidence?.complete(reports, { startedAt, completedAt }, preface, patience),
    session.close(),
  ])
  const [first] = checks.values()
  const checkRunId = checks.get(ending.deciding?.gate.name ?? '') ?? first
  const { version } = frame()
  outputs.set({
    decision: ending.decision,
    message: ending.message,
    ...(ending.code === undefined ? {} : { reasonCode: ending.code }),
    ...(version === undefined ? {} : { version }),
    ...(checkRunId === undefined ? {} : { checkRunId }),
    evidence: evidenceOf(reports, checks),
  })
  kit.summarize(releaseSummary(reportOf(ending, reports, frame())))
  log.line(ending.message)
  if (ending.decision !== 'pass') throw failureOf(ending, reports)
}

/** Rounds until there is a verdict, or nobody waits for one any more. */
async function watch(session: Session, { clock, cancelled, log }: Kit): Promise<void> {
  const progress = new Progress()
  while (isOpen(session, clock.now()) && !cancelled.aborted) {
    await clock.sleep(session.nextRoundIn(), cancelled)
    if (cancelled.aborted) return
    await session.round(cancelled)
    progress.lines(session.report(), clock.now(), session.until).forEach((text) => log.line(text))
  }
}

/**
 * A verdict within the window ends it at once. At its end every gate has its say: a pull request is told all that is
 * wrong with it, not what was found first.
 */
function isOpen(session: Session, now: number): boolean {
  if (session.verdict().state === 'judging') return true
  return now >= session.until && session.report().some(({ verdict }) => verdict.state === 'judging')
}

function announce(gates: readonly Gate[], { warmUp, soak, interval }: GateInputs, { log }: Kit): void {
  const after = warmUp === 0 ? '' : ` after a warm-up of ${formatDuration(warmUp)}`
  const how = soak === 0 ? 'in one look' : `for ${formatDuration(soak)}, every ${formatDuration(interval)}`
  const limits = gates.map(({ name, unit, rules }) => {
    const all = rules.limits.map((limit) => formatLimit(limit, unit)).join(', ')
    return `${name}: ${all}${rules.enforce ? '' : ' (advisory)'}`
  })
  log.group(`Judging ${gates.length === 1 ? '1 gate' : `${gates.length} gates`} ${how}${after}`, limits)
}
