import { releaseSummary } from '@release-actions/action-kit'
import { FLUSH_MS, linksOf, openRecord } from '@release-actions/action-world'
import type { Landed } from '@release-actions/release'
import type { Release } from './release.ts'

/** What is live is what was asked for: said as a release would say it, without its instruments. */
export async function sayUnchanged(step: Omit<Release, 'gates'>, live: Landed): Promise<void> {
  const { inputs, kit, goal, setting, environment } = step
  const { version } = goal.release
  const digest = goal.release.digest ?? live.release.digest
  const { service } = setting
  const message = `${service} ${version} serves all traffic already`
  const warnings: string[] = []
  const warn = (text: string): void => {
    warnings.push(text)
    kit.log.warning(text)
  }
  await completeRecord(step, live, warn)
  kit.outputs.set({
    decision: 'unchanged',
    message,
    version,
    ...(digest === undefined ? {} : { digest }),
    weight: 100,
    evidence: { journal: [], exposures: [], shifts: [], gates: [], pods: [] },
  })
  kit.summarize(
    releaseSummary({
      service,
      environment,
      version,
      decision: 'unchanged',
      code: undefined,
      reason: undefined,
      serving: [{ version, share: 100, basis: 'configured' }],
      todo: { kind: 'nothing' },
      gates: [],
      exposure: undefined,
      moves: [],
      split: [],
      pods: [],
      next: [],
      links: linksOf(inputs, kit.context),
      warnings,
    }),
  )
  kit.log.line(message)
}

/** The process that promoted it may have been killed before it could say so. */
async function completeRecord(
  step: Omit<Release, 'gates'>,
  live: Landed,
  warn: (text: string) => void,
): Promise<void> {
  const { inputs, kit, setting, environment } = step
  if (!inputs.record || live.deployment === undefined) return
  const { recorderOf } = await import('./record.ts')
  const record = await openRecord(inputs, kit, setting.http, environment, setting.service)
  if (record === undefined) return
  const recorder = recorderOf(record.ledger, { ...step, container: setting.container }, warn)
  recorder.landed(live)
  await recorder.flush(FLUSH_MS)
}
