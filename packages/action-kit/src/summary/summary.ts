import {
  formatPercent,
  markdownBlock,
  markdownCode,
  markdownFold,
  markdownLine,
  markdownTable,
  markdownText,
} from '@release-actions/values'
import { exposureText } from './exposure.ts'
import { headline } from './headline.ts'
import type { GateLine, MoveLine, PodWords, ReleaseReport, Serving, Todo } from './report.ts'
import { splitChart } from './split-chart.ts'

/** So that one noisy release cannot push what matters out of the 1 MiB that GitHub shows. */
const MOST_MOVES = 200
/** Before a person has to unfold them: who builds the report puts first what matters. */
const MOST_GATES = 8
const MOST_PODS = 8
const MOST_LINES = 25
const MOST_LINE = 500
/** A figure and its unit stay on one line, and so does a sign with its word. */
const UNBROKEN = '\u00a0'
const IN_FIGURE = /(?<=[≤≥]) (?=\d)|(?<=\d) (?=(?:%|pp|ms|s)(?![\p{L}\d]))/gu

/**
 * The job summary of one release, as Markdown, in the order of what matters at 3 a.m.: the verdict, which version
 * users are on, what to do, why; then the pods' last words, what to type, exposure and moves.
 */
export function releaseSummary(report: ReleaseReport): string {
  const sections = [
    firstLine(report),
    report.todo.kind === 'now' ? todoText(report.todo) : undefined,
    report.serving.length === 0 ? undefined : servingText(report.serving),
    report.todo.kind === 'now' || report.decision === 'planned' ? undefined : todoText(report.todo),
    report.reason === undefined ? undefined : `**Why:** ${markdownLine(report.reason)}`,
    section('Gates', report.gates.length === 0 ? undefined : gatesTable(report.gates)),
    section("The pods' last words", podsText(report.pods)),
    section('Next', nextText(report)),
    section('Exposure', exposureSection(report)),
    ...(report.notes ?? []).map(({ title, lines }) =>
      section(markdownLine(title), lines.map((line) => `- ${markdownLine(line)}`).join('\n')),
    ),
    section(report.decision === 'planned' ? 'What would be done' : 'Moves', movesText(report.moves)),
    section('Warnings', report.warnings.map((text) => `- ${markdownLine(text)}`).join('\n')),
  ]
  return `${sections.filter((text) => text !== undefined).join('\n\n')}\n`
}

/** Whoever reads nothing else knows what to type. */
function firstLine(report: ReleaseReport): string {
  const verdict = `## ${markdownLine(report.headline ?? headline(report))}`
  return report.todo.kind === 'now' ? `${verdict}. Run: ${markdownCode(report.todo.command)}` : verdict
}

function section(title: string, body: string | undefined): string | undefined {
  return body === undefined || body === '' ? undefined : `### ${title}\n\n${body}`
}

/** How much traffic met it, in words and as a chart. */
function exposureSection({ exposure, split, version }: ReleaseReport): string {
  const words = exposure === undefined ? undefined : markdownText(exposureText(exposure, version))
  return [words, splitChart(split, version)].filter((part) => part !== undefined).join('\n\n')
}

/** `Users are on 1.3.2: 100 % of the requests, measured (0 of 640 …).` */
function servingText(serving: readonly Serving[]): string {
  const each = serving
    .filter(({ share }, n) => share > 0 || n === 0)
    .map(({ version, share, basis, detail }) => {
      const known = detail === undefined ? basis : `${basis}: ${detail}`
      return `**${markdownLine(version)}** (${formatPercent(share)} of the requests, ${markdownLine(known)})`
    })
  return `Users are on ${each.join(' and ')}.`
}

function todoText(todo: Todo): string {
  switch (todo.kind) {
    case 'nothing':
      return 'Nothing needs to be done.'
    case 'later':
      return `**Nothing needs to be done now.** ${markdownText(todo.text)}`
    case 'decide':
      return `**Decide now:** ${markdownText(todo.text)}\n\n${markdownBlock('sh', todo.command)}`
    case 'now':
      return `**Do this now:** ${markdownText(todo.text)}\n\n${markdownBlock('sh', todo.command)}`
  }
}

function gatesTable(gates: readonly GateLine[]): string {
  const shown = gates.slice(0, MOST_GATES)
  const rest = gates.slice(MOST_GATES)
  return rest.length === 0
    ? tableOf(shown)
    : `${tableOf(shown)}\n\n${markdownFold(`${rest.length} more`, tableOf(rest))}`
}

function tableOf(gates: readonly GateLine[]): string {
  const why = gates.some((gate) => gate.why !== '')
  const head = ['', 'gate', 'new', 'baseline', 'limit', 'samples', ...(why ? ['why'] : [])]
  const rows = gates.map((gate) => {
    const figures = [gate.value, gate.baseline].map((text) => text.replaceAll(' ', UNBROKEN))
    const [name = '', limit = ''] = [gate.name, gate.limit].map((text) => text.replace(IN_FIGURE, UNBROKEN))
    const cells = [gate.outcome.replace(' ', UNBROKEN), name, ...figures, limit, gate.samples]
    return [...cells, ...(why ? [gate.why] : [])].map(markdownLine)
  })
  return markdownTable(head, rows)
}

function movesText(moves: readonly MoveLine[]): string | undefined {
  if (moves.length === 0) return undefined
  const left = Math.max(0, moves.length - MOST_MOVES)
  const note = left === 0 ? [] : [`*The first ${left} moves are left out.*`]
  const shown = moves.slice(left)
  const dates = new Set(shown.flatMap(({ at }) => (at === undefined ? [] : [iso(at).slice(0, 10)])))
  const time = (at: number | undefined): string =>
    at === undefined ? '' : dates.size > 1 ? iso(at).slice(0, 19).replace('T', ' ') : iso(at).slice(11, 19)
  const day = dates.size === 1 ? `${[...dates].join('')}, UTC` : 'UTC'
  const detailed = shown.some(({ detail }) => detail !== undefined)
  const rows = shown.map(({ at, what, detail = '' }) => [
    time(at),
    markdownLine(what),
    ...(detailed ? [markdownLine(detail)] : []),
  ])
  const planned = dates.size === 0
  const table = planned
    ? shown
        .map(
          ({ what, detail }, n) =>
            `${n + 1}. ${markdownLine(detail === undefined ? what : `${what}: ${detail}`)}`,
        )
        .join('\n')
    : markdownTable([day, 'move', ...(detailed ? [''] : [])], rows)
  return [...note, table].join('\n\n')
}

function podsText(pods: readonly PodWords[]): string | undefined {
  if (pods.length === 0) return undefined
  const shown = pods.slice(0, MOST_PODS).map(({ title, lines }) => {
    const said = lines
      .slice(-MOST_LINES)
      .map((line) => (line.length > MOST_LINE ? `${line.slice(0, MOST_LINE - 1)}…` : line))
    return [
      `**${markdownLine(title)}**`,
      ...(said.length === 0 ? [] : [markdownBlock('', said.join('\n'))]),
    ].join('\n\n')
  })
  const left = pods.length - shown.length
  return [...shown, ...(left > 0 ? [`*And ${left} more.*`] : [])].join('\n\n')
}

function nextText({ next, links }: ReleaseReport): string {
  const commands = next.map(
    ({ what, command }) => `${markdownLine(what)}:\n\n${markdownBlock('sh', command)}`,
  )
  const urls = links.map(({ title, url }) => `- ${markdownLine(title)}: ${link(url)}`).join('\n')
  return [...commands, ...(urls === '' ? [] : [urls])].join('\n\n')
}

/** Only what is an http(s) address becomes a link. */
function link(url: string): string {
  const parsed = URL.parse(url)
  const web = parsed !== null && (parsed.protocol === 'https:' || parsed.protocol === 'http:')
  return web ? `<${parsed.href}>` : markdownCode(url)
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
