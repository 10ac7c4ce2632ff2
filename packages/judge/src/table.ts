import { markdownBlock, markdownLine, markdownTable, markdownText } from '@release-actions/values'
import type { Verdict } from './combine.ts'
import type { Gate } from './gate.ts'
import type { GateVerdict } from './judge.ts'
import type { Sample } from './sample.ts'
import { formatLimit, formatValue } from './words.ts'

/** One gate after, or during, its window: the verdict and the samples behind it. */
export interface GateReport {
  readonly gate: Gate
  readonly verdict: GateVerdict
  readonly samples: readonly Sample[]
}

/** One line of the table, as text (not escaped). */
export interface GateRow {
  readonly outcome: string
  readonly name: string
  readonly value: string
  readonly baseline: string
  readonly limit: string
  readonly samples: string
  readonly why: string
}

const HEAD = ['', 'gate', 'new', 'baseline', 'limit', 'samples', ''] as const

export function gateRow({ gate, verdict }: GateReport): GateRow {
  const { counts, value, baseline } = verdict
  const limits = gate.rules.limits.map((limit) => formatLimit(limit, gate.unit))
  if (gate.rules.consecutiveSuccesses !== undefined)
    limits.push(`${gate.rules.consecutiveSuccesses} in a row`)
  const parts: readonly (readonly [number, string])[] = [
    [counts.pass, 'passed'],
    [counts.fail, 'failed'],
    [counts.noData, 'without data'],
    [counts.error, counts.error === 1 ? 'error' : 'errors'],
  ]
  const samples = parts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`)
  return {
    outcome: `${symbol(verdict.state)} ${verdict.state}${gate.rules.enforce ? '' : ' (advisory)'}`,
    name: gate.name,
    value: value === undefined ? '–' : formatValue(value, gate.unit),
    baseline: baseline === undefined ? '–' : formatValue(baseline, gate.unit),
    limit: limits.join(', '),
    samples: samples.length === 0 ? 'none' : samples.join(', '),
    why: verdict.state === 'pass' ? '' : verdict.message,
  }
}

/** The gates side by side with their baseline, as a Markdown table. Untrusted text is escaped. */
export function gateTable(reports: readonly GateReport[]): string {
  if (reports.length === 0) return 'No gates.'
  const rows = reports.map((report) => {
    const row = gateRow(report)
    return [row.outcome, row.name, row.value, row.baseline, row.limit, row.samples, row.why]
  })
  return markdownTable(
    HEAD,
    rows.map((cells) => cells.map(markdownLine)),
  )
}

/** What a gate's check run says. `text` is Markdown: the evidence as JSON in a code block. */
export interface CheckText {
  readonly title: string
  readonly summary: string
  readonly text: string
}

const TEXT_LIMIT = 65_000

/** The texts of one gate's check run. The oldest samples are left out where they would not fit. */
export function checkText(report: GateReport): CheckText {
  const { gate, verdict, samples } = report
  const title = `${gate.name}: ${verdict.state}${verdict.message === '' ? '' : `: ${verdict.message}`}`
  const told = gateTable([report])
  const notes = [
    ...new Set(samples.flatMap((sample) => sample.notes.map(({ reason, detail }) => `${reason}: ${detail}`))),
  ]
  const summary = [told, ...notes.slice(0, 20).map((note) => `- ${markdownText(note)}`)].join('\n\n')
  let kept = samples
  let text = markdownBlock('json', JSON.stringify(gateEvidence({ ...report, samples: kept }), null, 1))
  while (text.length > TEXT_LIMIT && kept.length > 1) {
    kept = kept.slice(Math.ceil(kept.length / 4))
    const evidence = { ...gateEvidence({ ...report, samples: kept }), leftOut: samples.length - kept.length }
    text = markdownBlock('json', JSON.stringify(evidence, null, 1))
  }
  return { title: cut(title, 250), summary: cut(summary, TEXT_LIMIT), text: cut(text, TEXT_LIMIT) }
}

/** The evidence as JSON: times are ISO 8601 UTC, values in the gate's unit. */
export interface GateEvidence {
  readonly schema: 1
  readonly gate: string
  readonly source: Gate['source']['kind']
  readonly unit: string | undefined
  readonly enforce: boolean
  readonly limits: readonly { readonly rule: string; readonly value: number }[]
  readonly state: GateVerdict['state']
  readonly reason: GateVerdict['reason']
  readonly message: string
  readonly value: number | undefined
  readonly baseline: number | undefined
  readonly counts: GateVerdict['counts']
  readonly samples: readonly {
    readonly at: string
    readonly outcome: Sample['outcome']
    readonly reason: Sample['reason']
    readonly value: number | undefined
    readonly baseline: number | undefined
    readonly detail: string | undefined
    readonly notes: Sample['notes'] | undefined
  }[]
}

export function gateEvidence({ gate, verdict, samples }: GateReport): GateEvidence {
  return {
    schema: 1,
    gate: gate.name,
    source: gate.source.kind,
    unit: gate.unit,
    enforce: gate.rules.enforce,
    limits: gate.rules.limits.map(({ kind, value }) => ({ rule: kind, value })),
    state: verdict.state,
    reason: verdict.reason,
    message: verdict.message,
    value: verdict.value,
    baseline: verdict.baseline,
    counts: verdict.counts,
    samples: samples.map(({ at, outcome, reason, value, baseline, detail, notes }) => ({
      at: new Date(at).toISOString(),
      outcome,
      reason,
      value,
      baseline,
      detail,
      notes: notes.length === 0 ? undefined : notes,
    })),
  }
}

/** The verdict in one line: `pass: 4 gates kept their limits`. */
export function verdictLine(verdict: Verdict): string {
  switch (verdict.state) {
    case 'judging':
      return 'judging'
    case 'pass':
      return verdict.applied === 0
        ? 'pass: no gate applied'
        : `pass: ${verdict.applied === 1 ? '1 gate' : `${verdict.applied} gates`} kept their limits`
    case 'fail':
    case 'hold':
    case 'inconclusive':
      return `${verdict.state}: ${verdict.reason}`
  }
}

function symbol(state: GateVerdict['state']): string {
  return { judging: '⏳', pass: '✅', fail: '❌', inconclusive: '❔' }[state]
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
