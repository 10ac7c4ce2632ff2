import { releaseSummary, type Outcome } from '@release-actions/action-kit'
import { FLUSH_MS, reportChecks } from '@release-actions/action-world'
import { createChecks, createIncidents } from '@release-actions/github'
import { markdownFold, markdownLine, markdownTable, messageOf, ReleaseError } from '@release-actions/values'
import type { Asked } from './asked.ts'
import { incidentOf, isIncident } from './incident.ts'
import { reportOf, sentenceOf } from './report.ts'
import { isGood, type ServiceEnd } from './service-end.ts'

/** After a signal there are seconds, and what has to be seen through comes first. */
const CANCELLED_FLUSH_MS = 1_000

/**
 * Says what became of every service: incidents, check runs, outputs, summary.
 * @returns what the job fails with; undefined when every service is where it should be
 */
export async function tell(asked: Asked, found: readonly ServiceEnd[]): Promise<ReleaseError | undefined> {
  const { kit } = asked
  const stop = new AbortController()
  // First what a next step reads: the rest waits for GitHub.
  setOutputs(asked, found)
  const written = Promise.all(found.map((end) => onGitHub(asked, end)))
  const most = kit.cancelled.aborted ? CANCELLED_FLUSH_MS : FLUSH_MS
  const first = await Promise.race([written, kit.clock.sleep(most, stop.signal).then(() => undefined)])
  stop.abort()
  if (first === undefined)
    kit.log.warning(`incident and check runs are not complete: no answer of GitHub within ${most / 1000} s`)
  const ends = first ?? found
  setOutputs(asked, ends)
  kit.summarize(summaryOf(asked, ends))
  for (const { service, words, hooks } of ends) {
    for (const { hook, result } of hooks)
      if (result.log.length > 0) kit.log.group(`Hook ${hook.name} of ${service}`, result.log)
    if (words.length > 0) kit.log.group(`What the pods of ${service} say`, words)
  }
  for (const end of ends)
    kit.log.line(ends.length > 1 && !isGood(end) ? `[${end.service}] ${sentenceOf(end)}` : sentenceOf(end))
  return failureOf(ends)
}

async function onGitHub(asked: Asked, end: ServiceEnd): Promise<ServiceEnd> {
  const { inputs, kit, environment, github } = asked
  if (github === undefined || environment === undefined || end.decision === 'planned') return end
  const warnings: string[] = []
  const warn = (text: string): void => {
    warnings.push(text)
    kit.log.warning(text)
  }
  const { service, windows } = end
  const judged = async (): Promise<void> => {
    if (windows === undefined) return
    const checks = createChecks({
      github: github.github,
      headSha: kit.context.headSha(),
      jobUrl: github.jobUrl,
      warn,
    })
    const times = { startedAt: end.startedAt, completedAt: kit.clock.now() }
    const id = await reportChecks(
      checks,
      service,
      windows.reports(),
      () => 'Judged after the rollback.',
      times,
      warn,
    )
    if (id !== undefined) kit.outputs.set({ checkRunId: id })
  }
  const incident = async (): Promise<ServiceEnd['incident']> => {
    if (!isIncident(end, inputs)) return undefined
    const incidents = createIncidents({
      github: github.github,
      clock: kit.clock,
      environment,
      service,
      run: kit.context.run,
      warn,
    })
    try {
      return await incidents.report(incidentOf(end, asked))
    } catch (error) {
      warn(`the incident of ${service} could not be written: ${messageOf(error)}`)
      return undefined
    }
  }
  const [opened] = await Promise.all([incident(), judged()])
  return { ...end, incident: opened, warnings: [...end.warnings, ...warnings] }
}

const ORDER = ['failed', 'cancelled', 'superseded', 'rolled-back', 'planned', 'unchanged'] as const

function setOutputs({ kit, inputs }: Asked, ends: readonly ServiceEnd[]): void {
  const decision = ORDER.find((each) => ends.some((end) => end.decision === each)) ?? 'unchanged'
  const worst = ends.find((end) => end.decision === decision)
  const [only, another] = ends
  const failed = ends.filter((end) => !isGood(end)).map(({ service }) => service)
  const evidence = { reason: inputs.reason, services: ends.map(evidenceOf) }
  const outcome: Outcome = {
    decision,
    ...(worst?.code === undefined ? {} : { reasonCode: worst.code }),
    message: ends.map(sentenceOf).join('; '),
    ...(only === undefined || another !== undefined ? {} : ofOne(only)),
    evidence,
  }
  kit.outputs.set(outcome)
  kit.outputs.setOwn('failed', failed.join('\n'))
  const opened = ends.flatMap(({ incident }) => incident ?? [])
  kit.outputs.setOwn('incident', opened.map(({ number }) => number).join('\n'))
  kit.outputs.setOwn('incident-url', opened.map(({ url }) => url).join('\n'))
}

function ofOne({ serving, from, deployment, decision }: ServiceEnd): Outcome {
  const now = serving?.release
  const before = decision === 'rolled-back' ? from : undefined
  return {
    ...(now === undefined ? {} : { version: now.version }),
    ...(now?.digest === undefined ? {} : { digest: now.digest }),
    ...(before === undefined ? {} : { previousVersion: before.version }),
    ...(before?.digest === undefined ? {} : { previousDigest: before.digest }),
    ...(deployment === undefined ? {} : { deploymentId: deployment }),
  }
}

function evidenceOf(end: ServiceEnd): object {
  const { windows: _windows, hooks, incident, ...rest } = end
  return {
    ...rest,
    incident: incident?.number,
    hooks: hooks.map(({ hook, result }) => ({ name: hook.name, when: hook.when, ...result })),
  }
}

function summaryOf(asked: Asked, ends: readonly ServiceEnd[]): string {
  const whole = (end: ServiceEnd): string => releaseSummary(reportOf(end, asked))
  if (ends.length < 2) return ends.map(whole).join('\n')
  // What needs somebody stands open; the others unfold.
  const open = ends.filter((end) => !isGood(end)).map(whole)
  const folded = ends.filter(isGood).map((end) => markdownFold(sentenceOf(end), whole(end)))
  const bad = open.length
  const place = asked.environment === undefined ? '' : `of ${markdownLine(asked.environment)} `
  const head =
    bad === 0
      ? `## ✅ ${ends.length} services ${place}are where they should be`
      : `## ❌ ${bad} of ${ends.length} services ${place}are NOT where they should be`
  const rows = ends.map((end) =>
    [
      isGood(end) ? '✅' : '❌',
      end.service,
      end.decision,
      end.from?.version ?? '',
      end.serving?.release.version ?? '',
      end.reason ?? '',
    ].map(markdownLine),
  )
  return [
    head,
    markdownTable(['', 'service', 'ended', 'was on', 'is on', 'why'], rows),
    ...open,
    ...folded,
  ].join('\n\n')
}

/** The job fails naming the services that are not where they should be. */
function failureOf(ends: readonly ServiceEnd[]): ReleaseError | undefined {
  const bad = ends.filter((end) => !isGood(end))
  const [first] = bad
  if (first === undefined) return undefined
  const stuck = bad.find(({ code }) => code === 'retreat-failed') ?? first
  const code = stuck.code ?? 'unhealthy'
  if (ends.length === 1) {
    const todo = reportTodo(stuck)
    return new ReleaseError(code, `${stuck.decision}: ${sentenceOf(stuck)}`, {
      object: `service ${stuck.service}`,
      why: [...stuck.why, ...stuck.words.slice(0, 10)],
      fix: [...stuck.fix, ...todo],
    })
  }
  const names = bad.map(({ service }) => service).join(', ')
  return new ReleaseError(code, `${bad.length} of ${ends.length} services were not taken back: ${names}`, {
    why: bad.map((end) => `${end.service}: ${end.decision}: ${sentenceOf(end)}`),
    fix: bad.flatMap(({ fix, wayBack }) => [...fix, ...(wayBack === undefined ? [] : [wayBack])]),
  })
}

function reportTodo({ wayBack }: ServiceEnd): readonly string[] {
  return wayBack === undefined ? [] : [wayBack]
}
