import { randomBytes } from 'node:crypto'
import type { Kit } from '@release-actions/action-kit'
import { closeRecord, connectCluster, httpOf, NO_GATES } from '@release-actions/action-world'
import {
  runBlueGreen,
  runCanary,
  type BlueGreenEnd,
  type CanaryEnd,
  type JournalEntry,
} from '@release-actions/engine'
import type { Http } from '@release-actions/http'
import { openRollback, type Connection } from '@release-actions/kubernetes'
import { leftTo, type AbortGoal, type Switching } from '@release-actions/release'
import { ReleaseError } from '@release-actions/values'
import type { RollbackInputs } from './inputs.ts'
import type { Location } from './locate.ts'
import { BEGUN } from './run.ts'
import { openColors } from './switches.ts'

/** The runner gives post five minutes after a cancel. */
const MOST_WAIT_MS = 120_000

/**
 * Completes what main had begun when it was cancelled or killed: of a release that it was ending the route is back by
 * then, and what is left of it is removed; a switch of its own to the good version is proved and landed, never taken
 * back. A workload that was set back goes on by itself in the cluster.
 */
export async function complete(inputs: RollbackInputs, kit: Kit): Promise<void> {
  const http = httpOf(kit)
  try {
    const connection = await connectCluster(inputs, kit)
    const begun = begunOf(kit.state.read(BEGUN))
    const failures = await Promise.all(
      begun.map(async ([service, location]) => completeOne(inputs, kit, http, connection, service, location)),
    )
    const [failure] = failures.filter((each) => each !== undefined)
    if (failure !== undefined) throw failure
  } finally {
    http.close()
  }
}

/** What main left: where each service is that it had begun with. */
function begunOf(text: string | undefined): readonly (readonly [service: string, location: Location])[] {
  if (text === undefined || text === '') return []
  return Object.entries(JSON.parse(text) as Readonly<Record<string, Location>>)
}

async function completeOne(
  inputs: RollbackInputs,
  kit: Kit,
  http: Http,
  connection: Connection,
  service: string,
  location: Location,
): Promise<ReleaseError | undefined> {
  const { clock, context, log } = kit
  const never = new AbortController().signal
  const listener = {
    moving: ({ text }: JournalEntry) => log.line(`▶ ${service}: ${text}`),
    tell: (text: string) => log.line(text),
  }
  const { interval, drain, reason } = inputs
  const timing = { timeout: Math.min(inputs.timeout, MOST_WAIT_MS), warmUp: 0, interval, drain }
  const { onlyOwn } = inputs
  const goal: AbortGoal = { kind: 'abort', run: context.run, timing, reason, preempt: true, onlyOwn }
  const world = await openRollback({
    http,
    clock,
    connection,
    nonce: randomBytes(6).toString('hex'),
    cancelled: kit.cancelled,
    cwd: context.workspace,
    settle: inputs.settle,
    ...location,
    uses: [],
  })
  try {
    const claim = await world.claims.read()
    const { inFlight, switching } = claim.state
    const free = claim.kind === 'free' || (claim.kind === 'held' && claim.by.id === context.run.id)
    const ours = free && !(onlyOwn && leftTo(goal, claim) !== undefined)
    let end: CanaryEnd['end'] | BlueGreenEnd['end'] | undefined
    if (ours && inFlight?.retreat !== undefined) end = await endCanary()
    else if (ours && switching !== undefined) end = await endSwitch(switching)
    const failure =
      end?.kind === 'failed' ? new ReleaseError(end.code, `${service}: ${end.reason}`) : undefined
    await closeRecord({
      inputs,
      kit,
      http,
      service,
      namespace: world.client.namespace,
      workload: world.target.workload,
      deployment: undefined,
      // Hooks and gates come after what lands: only main knows whether they agreed, and had it, it had said so.
      landed: undefined,
      reason: 'the rollback was cancelled, or its process ended, before it was seen through',
    })
    log.line(`${service}: ${end === undefined ? 'nothing of it is in flight' : 'completed'}`)
    return failure
  } finally {
    world.close()
  }

  async function endCanary(): Promise<CanaryEnd['end']> {
    const { cluster, traffic, claims } = world
    const ports = { clock, cluster, traffic, claims, gates: NO_GATES, meter: undefined }
    return (await runCanary(goal, ports, never, listener)).end
  }

  /** @returns undefined: main had neither begun to go back, nor made a switch of its own */
  async function endSwitch(switching: Switching): Promise<BlueGreenEnd['end'] | undefined> {
    const { traffic, run, retreat, to } = switching
    const own = run.id === context.run.id
    if (retreat === undefined && !(own && switching.preempt)) return undefined
    // Of a switch of our own the rollback's target may be taken back: the Lease may not remember that as bad.
    const preempt = !own
    const world = await openColors({ http, kit, connection, inputs }, { ...location, traffic }, undefined)
    try {
      const { colors, switch: between, claims } = world
      // One that main had not made yet is the next attempt's to make.
      if (retreat === undefined && (await between.read()).to !== to) return undefined
      const ports = { clock, colors, switch: between, claims, gates: NO_GATES }
      return (await runBlueGreen({ ...goal, preempt }, ports, never, listener)).end
    } finally {
      world.close()
    }
  }
}
