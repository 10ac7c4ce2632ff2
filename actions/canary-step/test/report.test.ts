import { describe, expect, test } from '@jest/globals'
import { releaseSummary } from '@release-actions/action-kit'
import type { CanaryEnd, Exposure } from '@release-actions/engine'
import {
  EMPTY_LEASE_STATE,
  type CanaryGoal,
  type End,
  type InFlight,
  type ReleaseId,
} from '@release-actions/release'
import { endingOf, outcomeOf, reportOf, type ReportFrame } from '../src/report.ts'

const release = (version: string): ReleaseId => ({
  version,
  digest: undefined,
  image: `shop:${version}`,
  template: version,
})
const run = { id: 7, attempt: 1 }
const timing = { timeout: 600_000, warmUp: 0, interval: 1000, drain: 1000 }
const GOAL: CanaryGoal = {
  kind: 'release',
  release: release('2'),
  run,
  traffic: 'httproute/shop',
  plan: [5, 100],
  until: 100,
  promote: true,
  soaks: [0, 0],
  timing,
  onFailure: 'retreat',
  allowOlder: false,
}
const ABORT: CanaryGoal = { kind: 'abort', run, timing, reason: 'cancelled', preempt: false }
const WAY_BACK = "kubectl -n web patch httproute shop --type json -p '[]'"

const FLIGHT: InFlight = {
  release: release('2'),
  run,
  deployment: undefined,
  traffic: 'httproute/shop',
  plan: [5, 100],
  since: 1000,
  base: { release: release('1'), replicas: 2, replicaSet: 'shop-1', autoscaler: undefined, route: undefined },
  passed: [],
  shifts: [{ weight: 5, at: 2000, verified: 'observed', seen: 7.5 }],
  phase: { name: 'soaking', since: 2000 },
  retreat: undefined,
  reverted: 0,
}

interface Sketch {
  readonly end: End
  readonly weight: number
  readonly flight?: InFlight | undefined
  readonly stable?: string
  readonly exposures?: readonly Exposure[]
  readonly label?: string
}

function ended({ end, weight, exposures = [], stable = '1', label, ...more }: Sketch): CanaryEnd {
  const workload = {
    name: 'shop',
    template: stable,
    desired: 2,
    ready: 2,
    total: 2,
    old: 0,
    settled: true,
    endpoints: 2,
    trouble: [],
    deleting: false,
  }
  const flight = 'flight' in more ? more.flight : FLIGHT
  const traffic = {
    kind: 'route',
    linked: true,
    weight,
    accepted: true,
    refused: undefined,
    tampered: undefined,
    unstamped: [],
  } as const
  const common = { canary: undefined, autoscaler: undefined, unstamped: [] } as const
  return {
    end,
    last: {
      seen: {
        ...common,
        now: 9000,
        claim: { kind: 'ours', fence: 1, since: 0, state: { ...EMPTY_LEASE_STATE, inFlight: flight } },
        stable: workload,
        traffic,
        verdict: { kind: 'none' },
        cancelled: false,
        obstacle: undefined,
      },
      cluster: {
        ...common,
        stable: {
          ...workload,
          image: `shop:tag-of-${stable}`,
          label,
          replicaSet: undefined,
          digest: undefined,
        },
        at: 9000,
      },
    },
    journal: [
      { at: 1000, kind: 'claim', text: 'claim the workload (Lease)', weight: 0 },
      { at: 2000, kind: 'shift', text: 'give the canary 5 %', weight: 0 },
    ],
    exposures,
    flight,
    words: [],
  }
}

const frame = (goal: CanaryGoal, wayBack?: string): ReportFrame => ({
  service: 'shop',
  environment: 'production',
  namespace: 'web',
  workload: 'shop',
  goal,
  gates: [],
  warnings: [],
  links: [],
  deployment: undefined,
  wayBack,
})
const failed = (
  decision: 'failed' | 'held' | 'retreated' | 'cancelled',
  code: 'forbidden' | 'unhealthy' | 'retreat-failed' | 'cancelled',
): End => ({
  kind: 'failed',
  decision,
  code,
  reason: 'because',
})

describe('what a person must do', () => {
  test('is to put the route back, with the command in the first line, when the way back failed', () => {
    const report = reportOf(
      ended({ end: failed('failed', 'retreat-failed'), weight: 5 }),
      frame(GOAL, WAY_BACK),
    )
    expect(report.todo).toMatchObject({ kind: 'now', command: WAY_BACK })
    expect(releaseSummary(report).split('\n')[0]).toBe(
      `## 🚨 THE WAY BACK FAILED: shop 2 STILL serves 5 % of the requests in production. Run: \`${WAY_BACK}\``,
    )
  })

  test('is the same when post could not take it back, whatever stood in its way', () => {
    const ran = ended({ end: failed('failed', 'forbidden'), weight: 5 })
    expect(endingOf(ran, ABORT).code).toBe('retreat-failed')
    expect(reportOf(ran, frame(ABORT, WAY_BACK)).todo.kind).toBe('now')
  })

  test('waits for a stable that is half put back: traffic does not go to what is not whole', () => {
    const flight: InFlight = { ...FLIGHT, phase: { name: 'restoring', since: 0 } }
    const report = reportOf(
      ended({ end: failed('failed', 'retreat-failed'), weight: 100, flight }),
      frame(GOAL, WAY_BACK),
    )
    expect(report.todo).toMatchObject({
      command: `kubectl -n web rollout status deployment shop && ${WAY_BACK}`,
    })
  })

  test('begins with the old template where the stable could not be given it', () => {
    const flight: InFlight = { ...FLIGHT, phase: { name: 'restoring', since: 0 } }
    const stable = flight.release.template
    const report = reportOf(
      ended({ end: failed('failed', 'retreat-failed'), weight: 100, flight, stable }),
      frame(GOAL, WAY_BACK),
    )
    const [undo, wait] = ['undo', 'status'].map((what) => `kubectl -n web rollout ${what} deployment shop`)
    expect(report.todo).toMatchObject({ command: `${undo} && ${wait} && ${WAY_BACK}` })
  })

  test('is to choose when a failed version is held', () => {
    const report = reportOf(ended({ end: failed('held', 'unhealthy'), weight: 5 }), frame(GOAL, WAY_BACK))
    expect(report.todo).toMatchObject({ kind: 'decide', command: WAY_BACK })
    expect(releaseSummary(report)).not.toContain('Nothing needs to be done')
  })

  test('is nothing when it was superseded or cancelled before anything was changed, else the newer run says more', () => {
    const stopped: End = { kind: 'stopped', by: undefined, reason: 'a newer run' }
    expect(reportOf(ended({ end: stopped, weight: 0 }), frame(GOAL)).todo).toEqual({ kind: 'nothing' })
    const between = reportOf(ended({ end: stopped, weight: 25 }), frame(GOAL)).todo
    expect(between).toMatchObject({ kind: 'later', text: expect.stringContaining('The newer run goes on') })
    const cancelled = ended({ end: failed('cancelled', 'cancelled'), weight: 0, flight: undefined })
    expect(reportOf(cancelled, frame(GOAL)).todo).toEqual({ kind: 'nothing' })
  })
})

test('the commands name the objects of a workload with a long name as they are called', () => {
  const workload = 'a'.repeat(60)
  const { next } = reportOf(ended({ end: failed('held', 'unhealthy'), weight: 5 }), {
    ...frame(GOAL, WAY_BACK),
    workload,
  })
  const [canary, lease] = next.map(({ command }) => command)
  expect(canary).toContain(`deployment/${workload}-canary `)
  expect(lease).toMatch(/ get lease release-actions-a{38}-[0-9a-f]{8} -o yaml$/)
})

test('a share that whole pods make is said in a number that people read', () => {
  const advanced: End = { kind: 'done', decision: 'advanced' }
  const { message } = outcomeOf(ended({ end: advanced, weight: 33.333333 }), frame(GOAL))
  expect(message).toBe('shop 2 has 33.3 % of the traffic, and has passed')
})

describe('which version users are on', () => {
  test('says the share that is set, and what was measured beside it', () => {
    const { serving } = reportOf(
      ended({ end: failed('held', 'unhealthy'), weight: 5 }),
      frame(GOAL, WAY_BACK),
    )
    expect(serving).toEqual([
      { version: '1', share: 95, basis: 'configured' },
      { version: '2', share: 5, basis: 'configured', detail: '7.5 % was measured when it was set' },
    ])
  })

  test('is measured after a promotion when nothing reached the canary any more', () => {
    const flight: InFlight = {
      ...FLIGHT,
      shifts: [...FLIGHT.shifts, { weight: 0, at: 5000, verified: 'observed', seen: 0 }],
    }
    const end: End = { kind: 'done', decision: 'promoted' }
    const { serving } = reportOf(ended({ end, weight: 0, stable: '2', flight }), frame(GOAL))
    expect(serving).toEqual([{ version: '2', share: 100, basis: 'measured' }])
  })

  test("takes the pods' version label before the image's tag", () => {
    const end: End = { kind: 'done', decision: 'unchanged' }
    const named = reportOf(ended({ end, weight: 0, flight: undefined, label: '1.3.2' }), frame(GOAL))
    expect(named.serving[0]?.version).toBe('1.3.2')
  })
})

describe('a newer run that has taken over', () => {
  const flight: InFlight = { ...FLIGHT, release: release('3'), since: 4000 }
  const stopped: End = { kind: 'stopped', by: undefined, reason: 'a newer run' }

  test('has the traffic under its own version, and nothing of it is told as this one', () => {
    const theirs = { weight: 25, from: 5000, until: 6000, requests: { canary: 5, stable: 15 } }
    const report = reportOf(ended({ end: stopped, weight: 25, flight, exposures: [theirs] }), frame(GOAL))
    expect(report.version).toBe('2')
    expect(report.serving).toEqual([
      { version: '1', share: 75, basis: 'configured' },
      { version: '3', share: 25, basis: 'configured', detail: '25 % measured since 00:00:05Z' },
    ])
    expect([report.exposure, report.split]).toEqual([undefined, []])
  })

  test('leaves what this one had before as it was', () => {
    const ours = { weight: 5, from: 2000, until: 3000, requests: { canary: 1, stable: 19 } }
    const report = reportOf(ended({ end: stopped, weight: 0, flight, exposures: [ours] }), frame(GOAL))
    expect(report.exposure).toMatchObject({ from: 2000, to: 3000, requests: { new: 1, all: 20 } })
  })

  test('serves alone once it is promoted', () => {
    const promoted = reportOf(ended({ end: stopped, weight: 0, stable: '3' }), frame(GOAL))
    expect(promoted.serving.map(({ version, share }) => [version, share])).toEqual([['tag-of-3', 100]])
  })
})

test('the chart shows what was counted while it stood at a weight, where that is known', () => {
  const exposure = { weight: 5, from: 2100, until: 3000, requests: { canary: 1, stable: 19 } }
  const ran = ended({ end: failed('held', 'unhealthy'), weight: 5, exposures: [exposure] })
  expect(reportOf(ran, frame(GOAL, WAY_BACK)).split).toEqual([
    { at: 2000, weight: 5, measured: 5 },
    { at: 3000, weight: 5, measured: 5 },
  ])
})

test('what an earlier release had is not counted as exposure of this one', () => {
  const requests = { canary: 10, stable: 90 }
  const earlier = { weight: 25, from: 100, until: 900, requests }
  const ours = { weight: 5, from: 2000, until: 3000, requests: { canary: 1, stable: 19 } }
  const ran = ended({ end: failed('retreated', 'unhealthy'), weight: 0, exposures: [earlier, ours] })
  expect(reportOf(ran, frame(GOAL)).exposure).toEqual({
    from: 2000,
    to: 3000,
    highestWeight: 5,
    requests: { new: 1, all: 20 },
  })
})

test('moves are what was done, without the housekeeping', () => {
  const ran = ended({ end: failed('retreated', 'unhealthy'), weight: 0 })
  expect(reportOf(ran, frame(GOAL)).moves.map(({ what }) => what)).toEqual(['give the canary 5 %'])
})
