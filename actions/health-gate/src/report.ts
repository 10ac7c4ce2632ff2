import { utcTime, type Decision, type GateLine, type ReleaseReport } from '@release-actions/action-kit'
import {
  gateEvidence,
  gateRow,
  verdictLine,
  type GateReport,
  type GateVerdict,
  type Verdict,
} from '@release-actions/judge'
import { Cancelled, markdownCode, ReleaseError, type ReasonCode } from '@release-actions/values'

/** How a step ended, in the words of the outputs. */
export interface Ending {
  readonly decision: Decision
  readonly code: ReasonCode | undefined
  /** One sentence for people. */
  readonly message: string
  readonly deciding: GateVerdict | undefined
}

/** @param verdict `judging`: the step was cancelled before it could be told */
export function endingOf(verdict: Verdict): Ending {
  switch (verdict.state) {
    case 'pass':
      return { decision: 'pass', code: undefined, message: verdictLine(verdict), deciding: undefined }
    case 'fail':
      return {
        decision: 'fail',
        code: 'unhealthy',
        message: verdictLine(verdict),
        deciding: verdict.deciding,
      }
    case 'hold':
    case 'inconclusive':
      return {
        decision: 'inconclusive',
        code: 'inconclusive',
        message: `inconclusive: ${verdict.reason}`,
        deciding: verdict.deciding,
      }
    case 'judging':
      return {
        decision: 'cancelled',
        code: 'cancelled',
        message: 'cancelled before the gates could be judged',
        deciding: undefined,
      }
  }
}

/** What a report says besides the gates. */
export interface Frame {
  readonly service: string
  readonly version: string | undefined
  readonly workload: { readonly namespace: string; readonly name: string } | undefined
  readonly links: ReleaseReport['links']
  readonly warnings: readonly string[]
}

export function reportOf(ending: Ending, reports: readonly GateReport[], frame: Frame): ReleaseReport {
  return {
    service: frame.service,
    environment: undefined,
    version: frame.version ?? '',
    decision: ending.decision,
    code: ending.code,
    reason: ending.decision === 'pass' ? undefined : ending.message,
    serving: [],
    todo: todoOf(ending),
    gates: reports.toSorted((a, b) => rank(a) - rank(b)).map(lineOf),
    exposure: undefined,
    moves: [],
    split: [],
    pods: [],
    next: ending.decision === 'pass' ? [] : nextOf(frame),
    links: frame.links,
    warnings: frame.warnings,
  }
}

/** What decided comes first. */
function rank({ verdict }: GateReport): number {
  return ['fail', 'inconclusive', 'judging', 'pass'].indexOf(verdict.state)
}

/** A gate that is still being judged when the step ends was not judged to its end: its figures are no verdict. */
function lineOf(report: GateReport): GateLine {
  const row = gateRow(report)
  return report.verdict.state === 'judging' ? { ...row, outcome: '⏹️ not judged to its end', why: '' } : row
}

function todoOf({ decision, deciding }: Ending): ReleaseReport['todo'] {
  if (deciding !== undefined) return { kind: 'later', text: adviceOn(deciding) }
  return decision === 'cancelled'
    ? { kind: 'later', text: 'Run the job again to have it judged.' }
    : { kind: 'nothing' }
}

/** What to do about the gate that decided: a gate itself changes nothing, so nothing is urgent because of it. */
export function adviceOn({ gate, reason }: GateVerdict): string {
  const name = `gate "${gate.name}"`
  switch (reason) {
    case 'limit-broken':
      return `Mend what breaks ${name}, or change its limit if the limit is wrong, and run the job again.`
    case 'source-errors':
      return `Mend the way to the source of ${name} (address, credentials, query), and run the job again.`
    case 'no-samples':
      return `Find out why ${name} has no data: a wrong name, no traffic, or a soak that is too short. To let it pass without data, write on-inconclusive: pass.`
    case 'went-silent':
      return `Find out why ${name} has no data any more: what it measures may be gone.`
    case 'too-few-samples':
    case 'too-few-consecutive-successes':
      return `Give ${name} a longer soak, or fewer samples to need, and run the job again.`
    case 'in-window':
    case 'kept':
      return 'Run the job again.'
  }
}

function nextOf({ workload }: Frame): ReleaseReport['next'] {
  if (workload === undefined) return []
  const { namespace, name } = workload
  return [
    { what: 'What the pods say', command: `kubectl -n ${namespace} logs deployment/${name} --since=10m` },
    { what: 'What the cluster says', command: `kubectl -n ${namespace} describe deployment ${name}` },
  ]
}

/** Before the table of a check run: what was judged, when, and why it ended early. */
export function prefaceOf(ending: Ending, frame: Frame, from: number, to: number): string {
  const what = [frame.service, frame.version].filter((part) => part !== undefined).join(' ')
  const early = ending.decision === 'cancelled' ? ' The step was cancelled.' : ''
  return `Judged ${markdownCode(what)} from ${utcTime(from)} to ${utcTime(to)}.${early}`
}

/** `result` holds 256 KiB: beyond that the samples of each gate are left out, not the verdicts. */
const MOST_EVIDENCE = 200_000

/** The evidence of every gate as plain data. */
export function evidenceOf(reports: readonly GateReport[], checks: ReadonlyMap<string, number>): unknown {
  const gates = reports.map((report) => ({ ...gateEvidence(report), check: checks.get(report.gate.name) }))
  if (JSON.stringify(gates).length <= MOST_EVIDENCE) return { gates }
  return { gates: gates.map((gate) => ({ ...gate, samples: [], leftOut: gate.samples.length })) }
}

/** What fails the step. */
export function failureOf(ending: Ending, reports: readonly GateReport[]): ReleaseError {
  const { code, message, deciding } = ending
  if (code === undefined || code === 'cancelled' || deciding === undefined) return new Cancelled(message)
  const others = reports
    .filter(({ gate, verdict }) => gate.rules.enforce && gate !== deciding.gate && isBad(verdict))
    .map(({ gate, verdict }) => `gate "${gate.name}" too: ${verdict.message}`)
  return new ReleaseError(code, message, {
    object: `gate ${deciding.gate.name}`,
    why: others,
    fix: [adviceOn(deciding)],
  })
}

function isBad({ state }: GateVerdict): boolean {
  return state === 'fail' || state === 'inconclusive'
}
