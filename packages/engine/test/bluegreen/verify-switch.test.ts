import { describe, expect, test } from '@jest/globals'
import type { Answers, TrafficMeter } from '@release-actions/ports'
import { verifySwitch } from '../../src/index.ts'
import { VirtualClock } from '../clock.ts'

const NEVER = new AbortController().signal

/** Answers, one look after the other; the last one for ever. */
function asking(...answers: readonly ({ blue: number; green: number } | undefined)[]): {
  readonly clock: VirtualClock
  readonly switch: { settle: number; ask: () => Promise<Answers | undefined> }
} {
  const left = [...answers]
  const ask = (): Promise<Answers | undefined> => {
    const told = left.length > 1 ? left.shift() : left[0]
    return Promise.resolve(told && { ...told, through: 'service' })
  }
  return { clock: new VirtualClock(), switch: { settle: 2_000, ask } }
}

describe('new connections', () => {
  test('that all reach the colour are the proof, at once', async () => {
    const world = asking({ blue: 0, green: 20 })
    const begin = world.clock.now()
    expect(await verifySwitch(world, 'green', 60_000, NEVER)).toEqual({
      verified: 'observed',
      seen: { asked: 20, answered: 20 },
      by: 'service',
    })
    expect(world.clock.now()).toBe(begin)
  })

  test('that still reach the other colour are asked for again', async () => {
    const world = asking({ blue: 3, green: 17 }, { blue: 1, green: 19 }, { blue: 0, green: 20 })
    expect(await verifySwitch(world, 'green', 60_000, NEVER)).toMatchObject({ verified: 'observed' })
  })

  test('that nobody answers, some of them, are no proof, and are told', async () => {
    const world = asking({ blue: 0, green: 3 })
    expect(await verifySwitch(world, 'green', 60_000, NEVER)).toEqual({
      verified: 'unobserved',
      seen: { asked: 20, answered: 3 },
      by: 'service',
    })
  })

  test('that never stop reaching it are no proof, and are told', async () => {
    const world = asking({ blue: 1, green: 19 })
    const begin = world.clock.now()
    expect(await verifySwitch(world, 'green', 60_000, NEVER)).toEqual({
      verified: 'unobserved',
      seen: { asked: 20, answered: 19 },
      by: 'service',
    })
    expect(world.clock.now() - begin).toBe(12_000)
  })

  test('that nobody can tell apart, or that nobody answers, leave the time to settle', async () => {
    for (const answers of [undefined, { blue: 0, green: 0 }]) {
      const world = asking(answers)
      const begin = world.clock.now()
      expect(await verifySwitch(world, 'green', 60_000, NEVER)).toEqual({ verified: 'unobserved' })
      expect(world.clock.now() - begin).toBe(2_000)
    }
  })

  test('are waited for no longer than asked', async () => {
    const world = asking({ blue: 1, green: 19 })
    const begin = world.clock.now()
    await verifySwitch(world, 'green', 1_000, NEVER)
    expect(world.clock.now() - begin).toBe(1_000)
  })
})

describe('where nobody can be asked, the counters of the pods', () => {
  /** A service under load, of which green serves this share, per cent, by ms since the switch. */
  function counting(
    share: (ms: number) => number,
  ): ReturnType<typeof asking> & { readonly meter: TrafficMeter } {
    const world = asking(undefined)
    const begin = world.clock.now()
    const counts = { stable: 0, canary: 0 }
    let last = begin
    const read: TrafficMeter['read'] = () => {
      const now = world.clock.now()
      const requests = (now - last) / 10
      counts.canary += (requests * share(now - begin)) / 100
      counts.stable += (requests * (100 - share(now - begin))) / 100
      last = now
      return Promise.resolve({ ...counts })
    }
    return { ...world, meter: { read } }
  }

  test.each([
    ['green', 100],
    ['blue', 0],
  ] as const)('prove a switch to %s that serves all of them', async (to, share) => {
    const proof = await verifySwitch(
      counting(() => share),
      to,
      60_000,
      NEVER,
    )
    expect(proof).toMatchObject({ verified: 'observed', by: 'counters' })
    expect(proof.seen?.answered).toBe(proof.seen?.asked)
    expect(proof.seen?.asked).toBeGreaterThan(10)
  })

  test('that the other colour still serves some are no proof, and are told', async () => {
    const proof = await verifySwitch(
      counting(() => 60),
      'green',
      60_000,
      NEVER,
    )
    expect(proof).toMatchObject({ verified: 'unobserved', by: 'counters' })
    expect((proof.seen?.answered ?? 0) / (proof.seen?.asked ?? 1)).toBeCloseTo(0.6, 1)
  })

  test('that count nothing leave the time to settle', async () => {
    const world = { ...asking(undefined), meter: { read: () => Promise.resolve(undefined) } }
    expect(await verifySwitch(world, 'green', 60_000, NEVER)).toEqual({ verified: 'unobserved' })
  })
})
