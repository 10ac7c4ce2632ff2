import { describe, expect, test } from '@jest/globals'
import { Exposures } from '../../src/canary/exposures.ts'
import { VirtualClock } from '../clock.ts'

/** A meter that says these counts, one reading after another. */
function readings(...counts: readonly ({ stable: number; canary: number } | undefined)[]): {
  read: () => Promise<{ stable: number; canary: number } | undefined>
  left: () => number
} {
  const rest = [...counts]
  return { read: () => Promise.resolve(rest.shift()), left: () => rest.length }
}

describe('exposure', () => {
  test('is the time and the requests between two weights', async () => {
    const clock = new VirtualClock(undefined, 0)
    const exposures = new Exposures(
      clock,
      readings({ stable: 100, canary: 0 }, { stable: 195, canary: 5 }, { stable: 300, canary: 5 }),
    )
    await exposures.at(5)
    clock.pass(1_000)
    await exposures.at(0)
    clock.pass(1_000)
    expect(await exposures.all()).toEqual([
      { weight: 5, from: 0, until: 1_000, requests: { canary: 5, stable: 95 } },
    ])
  })

  test('that lasts is counted up to now', async () => {
    const clock = new VirtualClock(undefined, 0)
    const exposures = new Exposures(clock, readings({ stable: 0, canary: 0 }, { stable: 75, canary: 25 }))
    await exposures.at(25)
    clock.pass(500)
    expect(await exposures.all()).toEqual([
      { weight: 25, from: 0, until: 500, requests: { canary: 25, stable: 75 } },
    ])
  })

  test('is not a new one when the same weight is seen again', async () => {
    const clock = new VirtualClock(undefined, 0)
    const meter = readings({ stable: 0, canary: 0 }, { stable: 0, canary: 9 })
    const exposures = new Exposures(clock, meter)
    await exposures.at(5)
    clock.pass(100)
    await exposures.at(5)
    expect(meter.left()).toBe(1)
    expect(await exposures.all()).toHaveLength(1)
  })

  test('without a meter, or with pods that cannot be read, says how long, and not how many', async () => {
    const clock = new VirtualClock(undefined, 0)
    for (const meter of [undefined, readings(undefined, { stable: 1, canary: 1 })]) {
      const exposures = new Exposures(clock, meter)
      await exposures.at(5)
      expect(await exposures.all()).toMatchObject([{ weight: 5, requests: undefined }])
    }
  })

  test('of nothing asks no pod: a step with nothing to do stays cheap', async () => {
    const meter = readings({ stable: 0, canary: 0 })
    const exposures = new Exposures(new VirtualClock(), meter)
    await exposures.at(0)
    expect(await exposures.all()).toEqual([])
    expect(meter.left()).toBe(1)
  })

  test('never counts below 0 when the counters began anew', async () => {
    const exposures = new Exposures(
      new VirtualClock(),
      readings({ stable: 50, canary: 50 }, { stable: 10, canary: 60 }),
    )
    await exposures.at(50)
    expect(await exposures.all()).toMatchObject([{ requests: { stable: 0, canary: 10 } }])
  })
})
