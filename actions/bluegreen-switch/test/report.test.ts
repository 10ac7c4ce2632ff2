import { describe, expect, test } from '@jest/globals'
import { releaseSummary } from '@release-actions/action-kit'
import type { BlueGreenEnd } from '@release-actions/engine'
import type { ColorSight } from '@release-actions/ports'
import {
  EMPTY_LEASE_STATE,
  type BlueGreenGoal,
  type Color,
  type ColorState,
  type Owner,
  type ReleaseId,
  type SwitchEnd,
  type Switching,
} from '@release-actions/release'
import { keptUntil } from '../src/kept.ts'
import { endingOf, outcomeOf, reportOf, type ReportFrame } from '../src/report.ts'

const release = (version: string): ReleaseId => ({
  version,
  digest: `sha256:${version.repeat(64)}`,
  image: `shop:${version}`,
  template: version,
})
const run = { id: 7, attempt: 1 }
const timing = { timeout: 600_000, warmUp: 0, interval: 1000, drain: 1000 }
const HOUR = 3_600_000
const GOAL: BlueGreenGoal = {
  kind: 'switch',
  release: release('2'),
  run,
  traffic: 'service/shop',
  color: 'idle',
  preSwitchSoak: 0,
  soak: 0,
  keep: HOUR,
  timing,
  onFailure: 'retreat',
  allowOlder: false,
  preempt: false,
}
const ABORT: BlueGreenGoal = { kind: 'abort', run, timing, reason: 'cancelled', preempt: false }
const WAY_BACK = "kubectl -n web patch service shop --type json -p '[]'"

const FLIGHT: Switching = {
  release: release('2'),
  run,
  deployment: undefined,
  traffic: 'service/shop',
  keep: HOUR,
  preempt: false,
  since: 1000,
  to: 'green',
  base: { release: release('1'), owner: 'blue', replicas: 2, replicaSet: undefined, switch: undefined },
  passed: ['pre-switch'],
  switches: [{ to: 'green', at: 2000, verified: 'observed', seen: { asked: 20, answered: 20 } }],
  phase: { name: 'soaking', since: 2000 },
  retreat: undefined,
  reverted: 0,
}

const workload = (name: string, version: string): ColorSight => ({
  name,
  template: version,
  desired: 2,
  ready: 2,
  total: 2,
  endpoints: 2,
  old: 0,
  settled: true,
  trouble: [],
  deleting: false,
  image: `shop:${version}`,
  digest: undefined,
  label: undefined,
  replicaSet: undefined,
})

interface Sketch {
  readonly end: SwitchEnd
  readonly to: Owner
  readonly flight?: Switching | undefined
  readonly colors?: ColorState
  readonly kind?: 'service' | 'route'
}

function ended({ end, to, colors, kind = 'service', ...rest }: Sketch): BlueGreenEnd {
  const flight = 'flight' in rest ? rest.flight : FLIGHT
  const own = { ...workload('shop', '1'), desired: 0 }
  const [blue, green] = [workload('shop-blue', '1'), workload('shop-green', '2')]
  const at = 10_000
  return {
    end,
    last: {
      seen: {
        now: at,
        claim: {
          kind: 'ours',
          fence: 1,
          since: 0,
          state: { ...EMPTY_LEASE_STATE, ...(colors === undefined ? {} : { colors }) },
        },
        own,
        blue,
        green,
        switch: {
          kind,
          to,
          linked: true,
          accepted: true,
          refused: undefined,
          tampered: undefined,
          unstamped: [],
          endpoints: { own: 0, blue: 0, green: 2 },
        },
        followers: [],
        unstamped: [],
        verdict: { kind: 'none' },
        cancelled: false,
        obstacle: undefined,
      },
      colors: { own, blue, green, followers: [], unstamped: [], at },
    },
    journal: [{ at, kind: 'switch', text: 'SWITCH to green', weight: 0 }],
    flight,
    words: [],
    switchedMs: undefined,
  }
}

function frame(goal: BlueGreenGoal = GOAL): ReportFrame {
  return {
    service: 'shop',
    environment: 'production',
    namespace: 'web',
    workload: 'shop',
    goal,
    gates: [],
    warnings: [],
    changes: ['Service web/shop: the key release-actions.dev/color in its selector'],
    links: [],
    deployment: undefined,
    wayBack: WAY_BACK,
  }
}

const failed = (
  decision: 'retreated' | 'held' | 'failed',
  code: 'unhealthy' | 'retreat-failed',
): SwitchEnd => ({
  kind: 'failed',
  decision,
  code,
  reason: 'gate "errors" failed',
})
const warm = (color: Color): ColorState => ({
  live: color === 'blue' ? 'green' : 'blue',
  warm: { color, release: release('1'), run, deployment: undefined, since: 2000, keep: HOUR },
})

describe('a switch that was made', () => {
  const done = ended({ end: { kind: 'done', decision: 'switched' }, to: 'green', colors: warm('blue') })

  test('names who serves, how that is known, what is kept and the way back', () => {
    const text = releaseSummary(reportOf(done, frame()))
    expect(text).toContain('✅ shop 2 is live in production')
    expect(text).toContain('answered 20 of 20 new connections')
    expect(text).toContain('stays up until 1970-01-01 01:00 UTC')
    expect(text).toContain('keep open stay with blue until they close')
    expect(text).toContain(WAY_BACK)
    expect(text).not.toContain('What this first release changed')
  })

  test('through a route says that open connections move as well', () => {
    const routed = ended({
      end: { kind: 'done', decision: 'switched' },
      to: 'green',
      colors: warm('blue'),
      kind: 'route',
    })
    expect(releaseSummary(reportOf(routed, frame()))).toContain('The route moves every request')
  })

  test('for the first time lists what it changed of the user', () => {
    const flight = { ...FLIGHT, base: { ...FLIGHT.base, owner: 'own' as const } }
    const first = ended({
      end: { kind: 'done', decision: 'switched' },
      to: 'green',
      flight,
      colors: warm('blue'),
    })
    const text = releaseSummary(reportOf(first, frame()))
    expect(text).toContain('What this first release changed of yours')
    expect(text).toContain('an apply of it alone changes no traffic')
  })

  test.each([
    ['url', /green, which answered 20 of 20 requests to the URL of probe/],
    ['counters', /green, which served 20 of 20 requests, by the pods' own counters/],
    ['service', /green, which answered 20 of 20 new connections/],
  ] as const)('says what was looked at as the proof: %s', (by, said) => {
    const flight = { ...FLIGHT, switches: FLIGHT.switches.map((each) => ({ ...each, by })) }
    const ran = ended({
      end: { kind: 'done', decision: 'switched' },
      to: 'green',
      flight,
      colors: warm('blue'),
    })
    expect(releaseSummary(reportOf(ran, frame()))).toMatch(said)
  })

  test.each([
    ['route', undefined, /Not proved by a request: nothing here goes through the router.*Give probe a URL/],
    ['service', undefined, /Not proved by a request.*Give probe a path whose answer differs/],
    [
      'route',
      { asked: 20, answered: 3 },
      /Not proved: green answered 3 of 20 requests to the URL.*another route/,
    ],
  ] as const)('says what is not proved, and what would prove it: %s', (kind, seen, said) => {
    const unproved = {
      to: 'green',
      at: 2000,
      verified: 'unobserved',
      by: 'url',
      ...(seen && { seen }),
    } as const
    const flight = { ...FLIGHT, switches: [unproved] }
    const end = { kind: 'done', decision: 'switched' } as const
    const ran = ended({ end, to: 'green', flight, colors: warm('blue'), kind })
    expect(releaseSummary(reportOf(ran, frame()))).toMatch(said)
  })

  test('has the versions and shares as outputs', () => {
    expect(outcomeOf(done, frame())).toMatchObject({
      decision: 'switched',
      version: '2',
      previousVersion: '1',
      weight: 100,
      measuredWeight: 100,
      message: 'shop 2 serves all traffic (green)',
    })
  })
})

describe('a switch that was not, or not kept', () => {
  test('taken back: the old version serves, and nothing is urgent', () => {
    const flight: Switching = {
      ...FLIGHT,
      switches: [...FLIGHT.switches, { to: 'blue', at: 5000, verified: 'unobserved' }],
    }
    const back = ended({ end: failed('retreated', 'unhealthy'), to: 'blue', flight })
    const report = reportOf(back, frame())
    expect(report.todo.kind).toBe('later')
    expect(report.serving[0]).toMatchObject({ version: '1', share: 100, basis: 'configured' })
    expect(report.exposure).toMatchObject({ from: 2000, to: 5000 })
    expect(outcomeOf(back, frame())).toMatchObject({ version: '1', weight: 0, reasonCode: 'unhealthy' })
  })

  test('held while it serves: somebody must choose, with the command', () => {
    const report = reportOf(ended({ end: failed('held', 'unhealthy'), to: 'green' }), frame())
    expect(report.todo).toMatchObject({ kind: 'decide', command: WAY_BACK })
  })

  test('the commands name the Lease of a workload with a long name as it is called', () => {
    const workload = 'a'.repeat(60)
    const ran = ended({ end: failed('held', 'unhealthy'), to: 'green' })
    const { next } = reportOf(ran, { ...frame(), workload })
    expect(next.map(({ command }) => command)).toContainEqual(
      expect.stringMatching(/ get lease release-actions-a{38}-[0-9a-f]{8} -o yaml$/),
    )
  })

  test('held before the switch: nobody meets it, and nothing must be done', () => {
    const report = reportOf(ended({ end: failed('held', 'unhealthy'), to: 'blue' }), frame())
    expect(report.todo.kind).toBe('later')
    expect(report.todo).toMatchObject({ text: expect.stringContaining('1 serves as before') })
  })

  test('the way back failed: the first line has the command', () => {
    const stuck = ended({ end: failed('failed', 'retreat-failed'), to: 'green' })
    const [line] = releaseSummary(reportOf(stuck, frame())).split('\n')
    expect(line).toContain('THE WAY BACK FAILED: shop 2 STILL serves 100 %')
    expect(line).toContain(WAY_BACK)
  })

  test('an abort that leaves it serving has failed at what matters most', () => {
    const stuck = ended({ end: failed('failed', 'unhealthy'), to: 'green' })
    expect(endingOf(stuck, ABORT).code).toBe('retreat-failed')
    expect(endingOf(ended({ end: failed('failed', 'unhealthy'), to: 'blue' }), ABORT).code).toBe('unhealthy')
  })
})

test('what is kept ends when its time is over', () => {
  const { warm: kept } = warm('blue')
  expect(keptUntil(kept, 2000)).toBe(2000 + HOUR)
  expect(keptUntil(kept, 2000 + HOUR)).toBeUndefined()
  expect(keptUntil(kept && { ...kept, keep: 'forever' }, 9e12)).toBe('forever')
  expect(keptUntil(kept && { ...kept, keep: 0 }, 2000)).toBeUndefined()
  expect(keptUntil(undefined, 0)).toBeUndefined()
})

test('what a newer run has under way is told under its own version, and not as what this one did', () => {
  const flight: Switching = { ...FLIGHT, release: release('2'), since: 4000 }
  const goal: BlueGreenGoal = { ...GOAL, release: release('9') }
  const stopped: SwitchEnd = { kind: 'stopped', by: undefined, reason: 'a newer run' }
  const report = reportOf(ended({ end: stopped, to: 'green', flight }), frame(goal))
  expect(report.version).toBe('9')
  expect(report.serving.filter(({ share }) => share > 0).map(({ version }) => version)).toEqual(['2'])
  expect([report.exposure, report.split]).toEqual([undefined, []])
  expect(report.todo).toMatchObject({ text: expect.stringContaining('The newer run goes on') })
})
