import { releaseSummary, type Kit } from '@release-actions/action-kit'
import { httpOf } from '@release-actions/action-world'
import { runCanary, type CanaryEnd, type CanaryPorts } from '@release-actions/engine'
import type { Ledger } from '@release-actions/ports'
import type { AbortGoal } from '@release-actions/release'
import { messageOf } from '@release-actions/values'
import { openRecord } from './record.ts'
import type { CanaryInputs } from './inputs.ts'
import { endingOf, reportOf, type ReportFrame } from './report.ts'
import { failureOf, wayBackOf } from './release.ts'
import { environmentOf, openSetting } from './setting.ts'

/** The runner gives post five minutes after a cancel. */
const MOST_WAIT_MS = 120_000
const FLUSH_MS = 15_000

/**
 * Completes and proves the way back when main was cancelled or killed. It reads the cluster, not main's memory: what
 * main had got to is on the Lease.
 */
export async function complete(inputs: CanaryInputs, kit: Kit): Promise<void> {
  const { clock, log } = kit
  const http = httpOf(kit)
  const setting = await openSetting(inputs, kit, http, undefined, false)
  try {
    const canary = await setting.open()
    const timing = {
      timeout: Math.min(inputs.timeout, MOST_WAIT_MS),
      warmUp: 0,
      interval: inputs.interval,
      drain: inputs.drain,
    }
    const reason = 'the step was cancelled, or its process ended, before the release did'
    const goal: AbortGoal = { kind: 'abort', run: kit.context.run, timing, reason, preempt: false }
    const ports: CanaryPorts = {
      clock,
      cluster: canary.cluster,
      traffic: canary.traffic,
      claims: canary.claims,
      gates: {
        open: () => ({
          nextRoundIn: () => 0,
          round: () => Promise.resolve(),
          verdict: () => ({ kind: 'pass' }),
          close: () => Promise.resolve(),
        }),
      },
      meter: undefined,
    }
    const ran = await runCanary(goal, ports, new AbortController().signal, {
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
      links: [],
      deployment: flight?.deployment,
      wayBack: await wayBackOf(canary.traffic, ran, new AbortController().signal),
    }
    if (flight !== undefined) kit.summarize(releaseSummary(reportOf(ran, frame)))
    log.line(flight === undefined ? 'nothing was in flight' : endingOf(ran, goal).decision)
    await tellGitHub(ran, reason)
    if (ran.end.kind !== 'done') throw failureOf(ran, frame)
  } finally {
    setting.close()
  }

  /** The way back needs no GitHub; the record is written when it can be. */
  async function tellGitHub({ end, flight, last }: CanaryEnd, reason: string): Promise<void> {
    const { inFlight, last: landed } = last.seen.claim.state
    // Another run has taken up what was ours: it is theirs to end.
    if (end.kind === 'done' && inFlight !== undefined) return
    const stop = new AbortController()
    try {
      const record = await openRecord(inputs, kit, http, environmentOf(inputs), setting.service)
      if (record !== undefined) await Promise.race([write(record.ledger), clock.sleep(FLUSH_MS, stop.signal)])
    } catch (error) {
      log.warning(`the record on GitHub could not be written: ${messageOf(error)}`)
    } finally {
      stop.abort()
    }

    async function write(ledger: Ledger): Promise<void> {
      // Main may have been killed before the Lease knew of its record, or after it had forgotten it.
      const open = (await ledger.history()).filter(
        ({ state: now, record: { run, target } }) =>
          (now === 'pending' || now === 'queued' || now === 'in_progress') &&
          run.id === kit.context.run.id &&
          target.namespace === setting.namespace &&
          target.workload === inputs.workload,
      )
      const ids = new Set([
        ...(flight?.deployment === undefined ? [] : [flight.deployment]),
        ...open.map(({ id }) => id),
      ])
      for (const id of ids) {
        if (landed?.outcome === 'promoted' && landed.deployment === id)
          await ledger.verified(id, 'promoted; tidied up after main had ended')
        else await ledger.failed(id, `taken back: ${reason}`)
      }
    }
  }
}
