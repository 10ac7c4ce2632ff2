import type { ReleaseReport } from '@release-actions/action-kit'
import { linksOf } from '@release-actions/action-world'
import { leaseName } from '@release-actions/kubernetes'
import { formatDuration } from '@release-actions/values'
import type { Asked } from './asked.ts'
import { isGood, type ServiceEnd } from './service-end.ts'

type ReportFrame = Pick<Asked, 'environment'> & {
  readonly inputs: Pick<Asked['inputs'], 'reason' | 'runbookUrl' | 'dashboardUrl'>
}

/** One service's end for the job summary. */
export function reportOf(end: ServiceEnd, { environment, inputs }: ReportFrame): ReleaseReport {
  const { service, decision, code, from, to, serving } = end
  const stuck = code === 'retreat-failed'
  const version = (stuck ? from?.version : (to ?? serving?.release)?.version) ?? ''
  return {
    service,
    environment,
    version,
    decision,
    code,
    headline: headlineOf(end, environment),
    reason: whyOf(end, inputs.reason),
    serving:
      serving === undefined
        ? []
        : [{ version: serving.release.version, share: serving.share, basis: 'configured' }],
    todo: todoOf(end),
    gates: end.gates,
    exposure: undefined,
    moves: end.moves
      .filter(({ kind }) => !['claim', 'stamp', 'begin', 'done', 'failed', 'stopped'].includes(kind))
      .map(({ at, text }) => (decision === 'planned' ? { at: undefined, what: text } : { at, what: text })),
    split: [],
    pods: [
      ...end.hooks.map(({ hook, result }) => ({
        title: `hook ${hook.name} (Job ${result.job}): ${result.outcome}${result.before ? ', by an earlier attempt' : ''}`,
        lines: result.reason === undefined ? result.log : [...result.log, result.reason],
      })),
      ...(end.words.length === 0 ? [] : [{ title: 'What the pods say', lines: end.words }]),
    ],
    next: isGood(end) ? [] : nextOf(end),
    links: [
      ...(end.incident === undefined
        ? []
        : [{ title: `Incident #${end.incident.number}`, url: end.incident.url }]),
      ...linksOf(inputs),
    ],
    warnings: end.warnings,
  }
}

/** What went wrong, with what was found; else what it was asked for. */
function whyOf({ decision, reason, why }: ServiceEnd, asked: string | undefined): string | undefined {
  if (reason !== undefined) return [reason, ...why].join('; ')
  return decision === 'rolled-back' ? asked : undefined
}

/** The verdict in one line of plain text; undefined: what a release would say fits. */
function headlineOf(end: ServiceEnd, environment: string | undefined): string | undefined {
  const { service, decision, code, from, to, serving, reason } = end
  const place = environment === undefined ? '' : ` in ${environment}`
  if (code === 'retreat-failed') return undefined
  switch (decision) {
    case 'rolled-back': {
      const was = from === undefined ? '' : `, from ${from.version}`
      return `✅ ${service} is back on ${to?.version ?? serving?.release.version ?? 'what served before'}${place}${was}`
    }
    case 'unchanged':
      if (reason !== undefined)
        return `✅ Nothing of this run is in flight: ${service} was left as it is${place}`
      return `✅ Nothing to take back: ${service} runs ${serving?.release.version ?? 'what it should'}${place}`
    case 'planned':
      return `📝 A dry run: ${service} would go back to ${to?.version ?? 'what served before'}${place}`
    case 'failed': {
      const now = serving?.release.version
      if (end.changed && now !== undefined && now === to?.version)
        return `❌ ${service} is back on ${now}${place}, but the rollback has not passed`
      return `❌ ${service} was not rolled back${place}${now === undefined ? '' : `: it is on ${now}`}`
    }
    case 'superseded':
      return `⏹️ The rollback of ${service} gave way to a newer run${place}`
    case 'cancelled':
      return `⏹️ The rollback of ${service} was cancelled${place}`
  }
}

function todoOf(end: ServiceEnd): ReleaseReport['todo'] {
  const { decision, code, from, wayBack, namespace, workload } = end
  if (isGood(end)) return { kind: 'nothing' }
  const command = wayBack ?? `kubectl -n ${namespace} get deployments,pods`
  if (code === 'retreat-failed' || wayBack !== undefined) {
    const bad = from?.version ?? 'The bad version'
    return { kind: 'now', text: `${bad} may still serve. See it through by hand:`, command }
  }
  if (decision === 'superseded')
    return { kind: 'later', text: 'Look at what the newer run does; roll back again if it must go too.' }
  if (decision === 'cancelled')
    return { kind: 'decide', text: `Run it again to see it through, or look at ${workload}:`, command }
  // Somebody wanted it gone, and it is not: whoever reads this cannot leave it at that.
  const ways = end.fix.length === 0 ? ['run it again: it carries on from where it stands'] : end.fix
  return { kind: 'decide', text: `${ways.join('; or ')}. What stands there:`, command }
}

function nextOf({ namespace, workload }: ServiceEnd): ReleaseReport['next'] {
  const kubectl = `kubectl -n ${namespace}`
  return [
    { what: 'What it has run', command: `${kubectl} rollout history deployment/${workload}` },
    { what: 'What the Lease says', command: `${kubectl} get lease ${leaseName(workload)} -o yaml` },
    { what: 'What the cluster said', command: `${kubectl} get events --sort-by=.lastTimestamp` },
  ]
}

/** One sentence for people. */
export function sentenceOf(end: ServiceEnd): string {
  const { service, decision, reason, from, to, serving, startedAt, backAt } = end
  const version = to?.version ?? serving?.release.version ?? 'what served before'
  switch (decision) {
    case 'rolled-back': {
      const took =
        backAt === undefined
          ? ''
          : `, after ${formatDuration(Math.max(1, Math.round((backAt - startedAt) / 1000)) * 1000)}`
      return `${service} is back on ${version}${from === undefined ? '' : ` from ${from.version}`}${took}`
    }
    case 'unchanged':
      if (reason !== undefined) return `${service}: nothing was touched: ${reason}`
      return `${service} runs ${serving?.release.version ?? version} already: nothing was taken back`
    case 'planned':
      return `${service} would go back to ${version}`
    default:
      return reason ?? `${service}: ${decision}`
  }
}
