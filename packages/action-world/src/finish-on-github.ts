import type { Kit } from '@release-actions/action-kit'
import type { Recorder } from '@release-actions/engine'
import type { ReleaseGates } from '@release-actions/metrics'
import type { Milliseconds } from '@release-actions/values'
import type { OpenRecord } from './record.ts'
import { reportChecks, type DescribeStage } from './stage-checks.ts'

/** How long the record may take at the end: of a step that ends by itself, and of one that the runner wants gone. */
export const FLUSH_MS = 15_000
const CANCELLED_FLUSH_MS = 1_000

export interface Finish {
  readonly kit: Kit
  readonly service: string
  /** undefined: nothing is recorded. */
  readonly record: OpenRecord | undefined
  readonly recorder: Pick<Recorder, 'flush'> | undefined
  readonly gates: ReleaseGates
  readonly describe: DescribeStage
  /** When the step began, milliseconds since 1970. */
  readonly startedAt: number
  readonly warn: (text: string) => void
}

/**
 * The rest of what GitHub is told: check runs and record side by side, each as long as it may take, for GitHub may ask
 * for pauses of minutes. Sets `check-run-id`. Never throws: what is not written is said.
 */
export async function finishOnGitHub(finish: Finish): Promise<void> {
  const { kit, recorder } = finish
  const hurried = kit.cancelled.aborted
  const most = hurried ? CANCELLED_FLUSH_MS : FLUSH_MS
  await Promise.all([hurried ? undefined : writeChecksWithin(most, finish), recorder?.flush(most)])
}

async function writeChecksWithin(most: Milliseconds, finish: Finish): Promise<void> {
  const { kit, record, service, gates, describe, startedAt, warn } = finish
  const { clock } = kit
  if (record === undefined) return
  const times = { startedAt, completedAt: clock.now() }
  const stop = new AbortController()
  const written = reportChecks(record.checks, service, gates.reports(), describe, times, warn)
  const first = await Promise.race([
    written.then((checkRunId) => ({ checkRunId })),
    clock.sleep(most, stop.signal),
  ])
  stop.abort()
  if (first === undefined)
    warn(`the check runs are not complete: no answer of GitHub within ${most / 1000} s`)
  else if (first.checkRunId !== undefined) kit.outputs.set({ checkRunId: first.checkRunId })
}
