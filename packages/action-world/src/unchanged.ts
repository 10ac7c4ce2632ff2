import { releaseSummary, type Kit } from '@release-actions/action-kit'
import type { Recorder } from '@release-actions/engine'
import type { Ledger } from '@release-actions/ports'
import type { Landed, ReleaseId } from '@release-actions/release'
import { FLUSH_MS } from './finish-on-github.ts'
import { linksOf } from './links.ts'
import type { OpenRecord } from './record.ts'

export interface Unchanged {
  readonly inputs: Parameters<typeof linksOf>[0]
  readonly kit: Kit
  /** `recordAhead` */
  readonly record: Promise<OpenRecord | undefined>
  readonly service: string
  readonly environment: string | undefined
  readonly release: ReleaseId
  /** What the Lease says of it. */
  readonly live: Landed
  /** Which colour serves, say. */
  readonly detail?: string
  /** What the manifests say and the cluster does not have, and what could not be compared: sentences. */
  readonly unapplied?: { readonly differing: readonly string[]; readonly unseen: readonly string[] }
  /** What an action of this kind has as its evidence, empty. */
  readonly evidence: unknown
  readonly recorderOf: (
    ledger: Ledger,
    warn: (text: string) => void,
  ) => Promise<Pick<Recorder, 'landed' | 'flush'>>
}

/** What is live is what was asked for: said as a release would say it, without its instruments. */
export async function sayUnchanged(step: Unchanged): Promise<void> {
  const { inputs, kit, service, environment, release, live, detail } = step
  const { version } = release
  const digest = release.digest ?? live.release.digest
  const message = `${service} ${version} serves all traffic already`
  const warnings: string[] = []
  const warn = (text: string): void => {
    warnings.push(text)
    kit.log.warning(text)
  }
  await completeRecord(step, warn)
  const { differing, unseen } = step.unapplied ?? { differing: [], unseen: [] }
  if (differing.length > 0) warn(notApplied(differing))
  // Of a Secret, say: to warn of it with every run would hide the day on which there is something to do.
  unseen.forEach((text) => kit.log.line(text))
  kit.outputs.set({
    decision: 'unchanged',
    message,
    version,
    ...(digest === undefined ? {} : { digest }),
    weight: 100,
    evidence: step.evidence,
  })
  kit.summarize(
    releaseSummary({
      service,
      environment,
      version,
      decision: 'unchanged',
      code: undefined,
      reason: undefined,
      serving: [{ version, share: 100, basis: 'configured', ...(detail === undefined ? {} : { detail }) }],
      todo: { kind: 'nothing' },
      gates: [],
      exposure: undefined,
      moves: [],
      split: [],
      pods: [],
      next: [],
      links: linksOf(inputs),
      warnings,
    }),
  )
  kit.log.line(message)
}

/** There is no version to be judged, and no way back that a release would give it. */
function notApplied(differing: readonly string[]): string {
  return `the pod template is live already, so nothing of the manifests is applied: ${differing.join('; ')}; \`kubectl apply\` brings such changes in`
}

/** The process that released it may have been killed before it could say so. */
async function completeRecord(step: Unchanged, warn: (text: string) => void): Promise<void> {
  const { live } = step
  if (live.deployment === undefined) return
  const record = await step.record
  if (record === undefined) return
  const recorder = await step.recorderOf(record.ledger, warn)
  recorder.landed(live)
  await recorder.flush(FLUSH_MS)
}
