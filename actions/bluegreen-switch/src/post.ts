import { releaseSummary, type Kit } from '@release-actions/action-kit'
import { abortGoalOf, closeRecord, httpOf, NO_GATES } from '@release-actions/action-world'
import { runBlueGreen } from '@release-actions/engine'
import type { SwitchInputs } from './inputs.ts'
import { outcomeOf, reportOf, type ReportFrame } from './report.ts'
import { failed, portsOf, wayBackOf } from './release.ts'
import { openSetting } from './setting.ts'

/**
 * Completes and proves the way back when main was cancelled or killed. It reads the cluster, not main's memory: what
 * main had got to is on the Lease.
 */
export async function complete(inputs: SwitchInputs, kit: Kit): Promise<void> {
  const { log } = kit
  const http = httpOf(kit)
  const setting = await openSetting(inputs, kit, http, undefined, false)
  try {
    const world = await setting.open()
    const goal = abortGoalOf(inputs, kit)
    const never = new AbortController().signal
    const ran = await runBlueGreen(goal, portsOf(world, kit, NO_GATES), never, {
      moving: ({ text }) => log.line(`▶ ${text}`),
      tell: (text) => log.line(text),
    })
    const { flight } = ran
    const frame: ReportFrame = {
      service: setting.service,
      environment: inputs.environment,
      namespace: setting.namespace,
      workload: inputs.workload,
      goal,
      gates: [],
      warnings: [],
      changes: [],
      links: [],
      deployment: flight?.deployment,
      wayBack: await wayBackOf(world.switch, ran, never),
    }
    if (flight !== undefined) kit.summarize(releaseSummary(reportOf(ran, frame)))
    const { message } = outcomeOf(ran, frame)
    log.line(flight === undefined || message === undefined ? 'nothing was in flight' : message)
    const { switching, last: landed } = ran.last.seen.claim.state
    // Another run may have taken up what was ours: then it is theirs to end.
    if (ran.end.kind !== 'done' || switching === undefined) {
      await closeRecord({
        inputs,
        kit,
        http,
        service: setting.service,
        namespace: setting.namespace,
        workload: inputs.workload,
        deployment: flight?.deployment,
        landed,
        reason: goal.reason,
      })
    }
    if (ran.end.kind !== 'done') throw failed(ran, frame)
  } finally {
    setting.close()
  }
}
