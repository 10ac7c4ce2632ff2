import { describe, expect, test } from '@jest/globals'
import type { TrafficMeter } from '@release-actions/ports'
import fc from 'fast-check'
import { verify, within, type Verified } from '../../src/index.ts'
import { VirtualClock } from '../clock.ts'

const SETTLE_MS = 5_000
const MINUTE = 60_000

/** A service under load, whose canary gets this share of it, per cent, by ms since the shift. */
class Load {
  readonly clock = new VirtualClock((ms) => this.serve(ms))
  readonly begin = this.clock.now()
  private readonly perSecond: number
  private readonly share: (ms: number) => number
  private counts = { stable: 0, canary: 0 }

  constructor(perSecond: number, share: (ms: number) => number) {
    this.perSecond = perSecond
    this.share = share
  }

  readonly meter: TrafficMeter = {
    read: () =>
      Promise.resolve({ stable: Math.round(this.counts.stable), canary: Math.round(this.counts.canary) }),
  }

  took(): number {
    return this.clock.now() - this.begin
  }

  private serve(ms: number): void {
    const requests = (this.perSecond * ms) / 1000
    const canary = (requests * this.share(this.clock.now() - this.begin)) / 100
    this.counts = { stable: this.counts.stable + requests - canary, canary: this.counts.canary + canary }
  }
}

function prove(load: Load, weight: number, over: Partial<Options> = {}): Promise<Verified> {
  const { meter, most, signal } = {
    meter: load.meter,
    most: MINUTE,
    signal: new AbortController().signal,
    ...over,
  }
  const shifted = { weight, before: over.before ?? (weight === 0 ? 25 : 0) }
  return verify({ clock: load.clock, meter, traffic: { settle: SETTLE_MS } }, shifted, most, signal)
}

interface Options {
  readonly before: number
  readonly meter: TrafficMeter | undefined
  readonly most: number
  readonly signal: AbortSignal
}

describe('a weight', () => {
  test.each([0, 5, 25, 100])('of %d %% that is served is observed at the first look', async (weight) => {
    const load = new Load(400, () => weight)
    expect(await prove(load, weight)).toEqual({ how: 'observed', seen: weight })
    expect(load.took()).toBe(1_000)
  })

  test('that the gateway follows late is observed when it does', async () => {
    const load = new Load(400, (ms) => (ms < 3_000 ? 5 : 25))
    expect(await prove(load, 25)).toMatchObject({ how: 'observed', seen: 25 })
    expect(load.took()).toBeGreaterThanOrEqual(3_000)
  })

  test('of 0 is not observed while a single request reaches the canary', async () => {
    const load = new Load(400, (ms) => (ms < 6_500 ? 0.25 : 0))
    expect(await prove(load, 0)).toEqual({ how: 'observed', seen: 0 })
    expect(load.took()).toBeGreaterThan(6_500)
  })

  test('that is contradicted for six settle times is unobserved, and the share that was seen is said', async () => {
    const load = new Load(400, () => 5)
    expect(await prove(load, 25)).toEqual({ how: 'unobserved', seen: 5 })
    expect(load.took()).toBe(6 * SETTLE_MS)
  })

  test('that is contradicted is looked at no longer than it may', async () => {
    const load = new Load(400, () => 5)
    expect(await prove(load, 0, { most: 4_000 })).toEqual({ how: 'unobserved', seen: 5 })
    expect(load.took()).toBe(4_000)
  })

  test('without a vantage point gets its time to settle', async () => {
    const load = new Load(400, () => 25)
    expect(await prove(load, 25, { meter: undefined })).toEqual({ how: 'unobserved', seen: undefined })
    expect(load.took()).toBe(SETTLE_MS)
  })

  test('with pods that cannot be read gets its time to settle', async () => {
    const load = new Load(400, () => 25)
    const meter = { read: () => Promise.resolve(undefined) }
    expect(await prove(load, 25, { meter })).toEqual({ how: 'unobserved', seen: undefined })
    expect(load.took()).toBe(SETTLE_MS)
  })

  test('without requests gets its time to settle', async () => {
    const load = new Load(0, () => 25)
    expect(await prove(load, 25)).toEqual({ how: 'unobserved', seen: undefined })
    expect(load.took()).toBe(SETTLE_MS)
  })

  test('with too few requests to tell it from none is unobserved', async () => {
    const load = new Load(4, () => 25)
    expect(await prove(load, 25)).toMatchObject({ how: 'unobserved' })
    expect(load.took()).toBe(SETTLE_MS)
  })

  test('adds up the requests of several looks', async () => {
    const load = new Load(12, () => 25)
    expect(await prove(load, 25)).toMatchObject({ how: 'observed', seen: 25 })
    expect(load.took()).toBe(4_000)
  })

  test('of 0 after 5 % takes as many requests as 5 % would have shown itself in', async () => {
    const load = new Load(100, () => 0)
    expect(await prove(load, 0, { before: 5 })).toMatchObject({ how: 'observed', seen: 0 })
    expect(load.took()).toBe(3_000)
  })

  test('is never observed where nothing reaches the canary, however few the requests', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: 0, max: 600 }),
        async (weight, rate) => {
          expect((await prove(new Load(rate, () => 0), weight)).how).toBe('unobserved')
        },
      ),
    )
  })

  test('is given up as soon as it is cancelled', async () => {
    const load = new Load(0, () => 25)
    const cancel = new AbortController()
    load.clock.in(1_500, () => cancel.abort())
    expect(await prove(load, 25, { signal: cancel.signal })).toMatchObject({ how: 'unobserved' })
    expect(load.took()).toBe(1_500)
  })
})

describe('the interval', () => {
  test.each([
    [25, 1000, 250, true],
    [25, 1000, 290, true],
    [25, 1000, 310, false],
    [5, 400, 20, true],
    [5, 400, 0, false],
    [0, 20, 0, true],
    [0, 5000, 1, false],
    [100, 20, 20, true],
    [100, 5000, 4999, false],
  ] as const)(
    'of %d %%, at %d requests, %d of them on the canary: %s',
    (weight, requests, canary, inside) => {
      expect(within({ requests, canary }, weight)).toBe(inside)
    },
  )
})
