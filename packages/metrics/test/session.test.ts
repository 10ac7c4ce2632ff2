import { describe, expect, test } from '@jest/globals'
import { parseGates, type Reading } from '@release-actions/judge'
import type { Track } from '@release-actions/ports'
import { createSession, type GateSource, type Session, type Sources } from '../src/index.ts'
import { HandClock } from './world.ts'

const NONE = new AbortController().signal

/** Sources that read what the test says, by gate and track. */
function scripted(read: (gate: string, track: Track, round: number) => Reading | Promise<Reading>): Sources {
  return {
    open:
      () =>
      (gate): GateSource => ({ sample: async (track, look) => read(gate.name, track, look.round) }),
  }
}

async function session(
  clock: HandClock,
  yaml: string,
  read: Parameters<typeof scripted>[0],
  times: { warmUp?: number; soak?: number; interval?: number } = {},
): Promise<Session> {
  const gates = await parseGates('gates', yaml)
  return createSession({
    gates,
    sources: scripted(read),
    clock,
    warmUp: 30_000,
    soak: 60_000,
    interval: 10_000,
    candidate: 'canary',
    baseline: 'stable',
    ...times,
  })
}

/** Rounds as a caller makes them, until the verdict is in. @returns how many */
async function walk(one: Session, clock: HandClock, signal = NONE): Promise<number> {
  for (let rounds = 0; rounds < 100; rounds++) {
    if (one.verdict().state !== 'judging') return rounds
    clock.advance(one.nextRoundIn())
    await one.round(signal)
  }
  throw new Error('no verdict in 100 rounds')
}

const value = (number: number): Reading => ({ kind: 'value', value: number })
const MAX = '- name: a\n  kubernetes: restarts\n  max: 0'

describe('a session', () => {
  test('warms up, samples from the beginning of the soak to its end, then passes', async () => {
    const clock = new HandClock()
    const one = await session(clock, MAX, () => value(0))
    expect([one.nextRoundIn(), one.verdict().state]).toEqual([30_000, 'judging'])
    await one.round(NONE)
    expect(one.report()[0]?.samples).toEqual([])
    expect(await walk(one, clock)).toBe(7)
    expect(one.verdict()).toEqual({ state: 'pass', applied: 1 })
    expect(one.report()[0]?.samples.map(({ at }) => at - one.from)).toEqual([
      0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000,
    ])
  })

  test('fails in the round in which a limit breaks', async () => {
    const clock = new HandClock()
    const one = await session(clock, MAX, (_, __, round) => value(round === 2 ? 1 : 0))
    expect(await walk(one, clock)).toBe(3)
    expect(one.verdict()).toMatchObject({ state: 'fail', reason: 'gate "a": 1 breaks ≤ 0' })
  })

  test('the baseline is read side by side, and only for gates that compare', async () => {
    const clock = new HandClock()
    const asked = new Set<string>()
    const yaml = `${MAX}\n- name: b\n  kubernetes: ready\n  max-delta: 5pp`
    const one = await session(clock, yaml, (gate, track) => {
      asked.add(`${gate} ${track}`)
      return value(track === 'stable' ? 0.5 : 0)
    })
    await walk(one, clock)
    expect([...asked].sort()).toEqual(['a canary', 'b canary', 'b stable'])
    expect(one.report()[1]?.samples[0]).toMatchObject({ value: 0, baseline: 0.5, outcome: 'pass' })
  })

  test('a source that hangs is an error within the interval, and does not hold the others up', async () => {
    const clock = new HandClock()
    const yaml = `${MAX}\n- name: hangs\n  kubernetes: ready\n  min: 1`
    const one = await session(
      clock,
      yaml,
      (gate) => (gate === 'hangs' ? new Promise<Reading>(() => undefined) : value(0)),
      { warmUp: 0 },
    )
    for (let i = 0; i < 5; i++) {
      const round = one.round(NONE)
      await Promise.resolve()
      clock.advance(10_000)
      await round
    }
    expect(one.report()[1]?.verdict).toMatchObject({ state: 'inconclusive', reason: 'source-errors' })
    expect(one.report()[1]?.samples[0]).toMatchObject({ outcome: 'error', reason: 'timeout' })
    expect(one.verdict()).toMatchObject({ state: 'inconclusive' })
  })

  test('a source that throws is an error sample', async () => {
    const clock = new HandClock()
    const one = await session(clock, MAX, () => Promise.reject(new Error('a bug')), { soak: 0 })
    await walk(one, clock)
    expect(one.report()[0]?.samples[0]).toMatchObject({ outcome: 'error', detail: 'a bug' })
    expect(one.verdict().state).toBe('inconclusive')
  })

  test('a command may take longer than the interval: others go on, it is not started twice, and it is waited for', async () => {
    const clock = new HandClock()
    let started = 0
    let finish: (reading: Reading) => void = () => undefined
    const read = (gate: string): Reading | Promise<Reading> => {
      if (gate === 'a') return value(0)
      started += 1
      return new Promise((resolve) => {
        finish = resolve
      })
    }
    const one = await session(clock, `${MAX}\n- name: smoke\n  run: npm run smoke`, read, {
      warmUp: 0,
      soak: 20_000,
    })
    for (let i = 0; i < 4; i++) {
      const round = one.round(NONE)
      await new Promise(setImmediate)
      clock.advance(10_000)
      await round
    }
    expect([started, one.report()[0]?.samples.length, one.verdict().state]).toEqual([1, 3, 'judging'])
    expect(one.report()[0]?.verdict.state).toBe('pass')
    finish(value(0))
    await one.round(NONE)
    expect(one.verdict()).toEqual({ state: 'pass', applied: 2 })
  })

  test('a round that is cancelled ends at once and leaves nothing', async () => {
    const clock = new HandClock()
    const cancel = new AbortController()
    const one = await session(clock, MAX, () => new Promise<Reading>(() => undefined), { warmUp: 0 })
    const round = one.round(cancel.signal)
    cancel.abort()
    await round
    expect([one.report()[0]?.samples.length, one.verdict().state]).toEqual([0, 'judging'])
  })

  test("a gate's own interval is kept, and it is looked at again at the end", async () => {
    const clock = new HandClock()
    const one = await session(clock, `${MAX}\n  interval: 25s`, () => value(0), { warmUp: 0 })
    await walk(one, clock)
    expect(one.report()[0]?.samples.map(({ at }) => at - one.from)).toEqual([0, 30_000, 60_000])
  })

  test('without gates it is a soak, and the verdict says that nothing applied', async () => {
    const clock = new HandClock()
    const one = await session(clock, '', () => value(0))
    await walk(one, clock)
    expect([clock.now() >= one.until, one.verdict()]).toEqual([true, { state: 'pass', applied: 0 }])
  })

  test('a soak of no length is one look', async () => {
    const clock = new HandClock()
    const one = await session(clock, MAX, () => value(0), { warmUp: 0, soak: 0 })
    expect(await walk(one, clock)).toBe(1)
    expect(one.verdict().state).toBe('pass')
  })

  test('no sample, no pass: a window in which nothing could be read is inconclusive', async () => {
    const clock = new HandClock()
    const one = await session(clock, MAX, () => ({ kind: 'no-data', reason: 'no-pods', detail: 'none' }))
    await walk(one, clock)
    expect(one.verdict()).toMatchObject({ state: 'inconclusive', deciding: { reason: 'no-samples' } })
  })
})
