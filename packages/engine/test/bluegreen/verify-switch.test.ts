import { describe, expect, test } from '@jest/globals'
import { verifySwitch } from '../../src/index.ts'
import { VirtualClock } from '../clock.ts'

const NEVER = new AbortController().signal

/** Answers, one look after the other; the last one for ever. */
function asking(...answers: readonly ({ blue: number; green: number } | undefined)[]): {
  readonly clock: VirtualClock
  readonly switch: { settle: number; ask: () => Promise<{ blue: number; green: number } | undefined> }
} {
  const left = [...answers]
  const ask = (): Promise<{ blue: number; green: number } | undefined> =>
    Promise.resolve(left.length > 1 ? left.shift() : left[0])
  return { clock: new VirtualClock(), switch: { settle: 2_000, ask } }
}

describe('new connections', () => {
  test('that all reach the colour are the proof, at once', async () => {
    const world = asking({ blue: 0, green: 20 })
    const begin = world.clock.now()
    expect(await verifySwitch(world, 'green', 60_000, NEVER)).toEqual({
      verified: 'observed',
      seen: { asked: 20, answered: 20 },
    })
    expect(world.clock.now()).toBe(begin)
  })

  test('that still reach the other colour are asked for again', async () => {
    const world = asking({ blue: 3, green: 17 }, { blue: 1, green: 19 }, { blue: 0, green: 20 })
    expect(await verifySwitch(world, 'green', 60_000, NEVER)).toMatchObject({ verified: 'observed' })
  })

  test('that never stop reaching it are no proof, and are told', async () => {
    const world = asking({ blue: 1, green: 19 })
    const begin = world.clock.now()
    expect(await verifySwitch(world, 'green', 60_000, NEVER)).toEqual({
      verified: 'unobserved',
      seen: { asked: 20, answered: 19 },
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
