import type { IncidentReport } from '@release-actions/ports'
import {
  formatPercent,
  markdownBlock,
  markdownCode,
  markdownLine,
  markdownTable,
} from '@release-actions/values'
import type { Asked } from './asked.ts'
import { isSameImage } from '@release-actions/release'
import { sentenceOf } from './report.ts'
import type { ServiceEnd } from './service-end.ts'

const MOST_MOVES = 60
const MOST_LINES = 15

/**
 * Whether there is anything for an incident to say: what was ended on request, what was there already, and what was
 * refused at the first look is none. One that gave way to a newer run leaves it to that run to say how it ends, and one
 * that was cancelled before it changed anything has not happened.
 */
export function isIncident(
  { decision, from, changed }: Pick<ServiceEnd, 'decision' | 'from' | 'changed'>,
  { incident, abort }: Pick<Asked['inputs'], 'incident' | 'abort'>,
): boolean {
  if (!incident || abort || from === undefined) return false
  switch (decision) {
    case 'rolled-back':
    case 'failed':
      return true
    case 'cancelled':
      return changed
    case 'superseded':
    case 'unchanged':
    case 'planned':
      return false
  }
}

/** What is true of it now: one whose gates did not pass serves all the same. */
function titleOf({ service, decision, serving, from, to, changed }: ServiceEnd, environment: string): string {
  const name = `${service} in ${environment}`
  const versions = `${from === undefined ? '' : ` from ${from.version}`}${to === undefined ? '' : ` to ${to.version}`}`
  const back = changed && to !== undefined && serving?.share === 100 && isSameImage(serving.release, to)
  if (decision === 'rolled-back') return `${name} was rolled back${versions}`
  if (back) return `${name} was rolled back${versions}, and that is NOT verified`
  if (decision === 'cancelled') return `${name} was being rolled back${versions}, and it was cancelled`
  return `${name} could NOT be rolled back${versions}`
}

/** What people who were not there read first: what, from what to what, why, the evidence, when, and where to look. */
export function incidentOf(end: ServiceEnd, { environment = '', inputs, kit }: Asked): IncidentReport {
  const { service, from, to, decision, serving } = end
  const { actor, runUrl, workflow } = kit.context
  const title = titleOf(end, environment)
  const facts = [
    ['what', sentenceOf(end)],
    ['service', service],
    ['environment', environment],
    ['from', from === undefined ? undefined : named(from)],
    ['to', to === undefined ? undefined : named(to)],
    ['why', inputs.reason],
    ['how it ended', end.reason === undefined ? decision : `${decision}: ${end.reason}`],
    [
      'users are on',
      serving === undefined
        ? undefined
        : `${serving.release.version} (${formatPercent(serving.share)} of the requests, configured)`,
    ],
    ['target known from', end.source],
    ['object', `Deployment ${end.namespace}/${end.workload}`],
    ['asked for by', `${actor}, workflow ${workflow}`],
  ].flatMap(([key = '', value]) => (value === undefined ? [] : [[key, markdownLine(value)]]))
  const gates = end.gates.map((gate) =>
    [gate.outcome, gate.name, gate.value, gate.limit, gate.samples, gate.why].map(markdownLine),
  )
  const moves = end.moves.slice(-MOST_MOVES).map(({ at, text }) => [iso(at), markdownLine(text)])
  const hooks = end.hooks.map(({ hook, result }) =>
    [
      `**${markdownLine(`hook ${hook.name}: ${result.outcome}`)}** (Job ${markdownCode(result.job)})`,
      ...(result.log.length === 0 ? [] : [markdownBlock('', result.log.slice(-MOST_LINES).join('\n'))]),
    ].join('\n\n'),
  )
  const links = [
    { title: 'This run', url: runUrl },
    ...(inputs.runbookUrl === undefined ? [] : [{ title: 'Runbook', url: inputs.runbookUrl }]),
    ...(inputs.dashboardUrl === undefined ? [] : [{ title: 'Dashboard', url: inputs.dashboardUrl }]),
  ].flatMap(({ title: name, url }) =>
    /^https?:$/.test(URL.parse(url)?.protocol ?? '') ? [`- ${name}: <${URL.parse(url)?.href}>`] : [],
  )
  const sections = [
    markdownTable(['', ''], facts),
    section(
      'Gates',
      gates.length === 0 ? undefined : markdownTable(['', 'gate', 'value', 'limit', 'samples', 'why'], gates),
    ),
    section('Timeline (UTC)', moves.length === 0 ? undefined : markdownTable(['when', 'what'], moves)),
    section('Hooks', hooks.length === 0 ? undefined : hooks.join('\n\n')),
    section(
      "The pods' last words",
      end.words.length === 0 ? undefined : markdownBlock('', end.words.slice(0, MOST_LINES).join('\n')),
    ),
    section('Links', links.join('\n')),
  ]
  return { title, body: sections.filter((each) => each !== undefined).join('\n\n') }
}

function named({ version, digest, image }: NonNullable<ServiceEnd['to']>): string {
  const what = digest ?? image
  return what === '' ? version : `${version} (${what})`
}

function section(title: string, body: string | undefined): string | undefined {
  return body === undefined || body === '' ? undefined : `### ${title}\n\n${body}`
}

function iso(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ')
}
