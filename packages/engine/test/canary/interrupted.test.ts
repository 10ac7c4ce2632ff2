import { describe, expect, test } from '@jest/globals'
import { runCanary, type CanaryEnd } from '../../src/index.ts'
import { FakeWorld, Killed, type Process } from '../fakes.ts'
import { abortOf, goalOf } from '../goals.ts'

/** The runner's SIGINT, 7.5 s, SIGTERM, 2.5 s, the end. */
const UNTIL_SIGTERM_MS = 7_500
const NEVER = new AbortController().signal

function release(
  world: FakeWorld,
  process: Process = world.process(),
  cancelled = NEVER,
): Promise<CanaryEnd> {
  return runCanary(goalOf(), process, cancelled)
}

function post(world: FakeWorld): Promise<CanaryEnd> {
  return runCanary(abortOf(goalOf()), world.process(), NEVER)
}

/** Every call of an undisturbed release, in order. */
async function callsOf(world: FakeWorld): Promise<readonly string[]> {
  const calls: string[] = []
  world.nature.before = (call) => void calls.push(call)
  await release(world)
  return calls
}

/** The n-th call from now on does something else first, or after it is done. */
function at(world: FakeWorld, n: number, when: 'before' | 'after', what: () => void): void {
  let count = 0
  world.nature.before = () => {
    if (++count === n && when === 'before') what()
  }
  world.nature.after = () => {
    if (count === n && when === 'after') what()
  }
}

const whole = (template: string): unknown => ({
  template,
  settled: true,
  canary: undefined,
  route: { linked: false, weight: 0, accepted: true },
  effective: 0,
  autoscaler: { name: 'shop', min: 2, max: 10 },
  inFlight: undefined,
})

describe('cancelled', () => {
  test('during the soak: no request reaches the canary 5 s later, and post removes what is left', async () => {
    const world = new FakeWorld()
    const cancel = new AbortController()
    let served = 0
    world.clock.in(50_000, () => {
      expect(world.effective).toBe(25)
      cancel.abort()
      world.clock.in(5_000, () => {
        served = world.served.canary
      })
    })
    const { end } = await release(world, world.process(), cancel.signal)
    expect(end).toMatchObject({ kind: 'failed', decision: 'cancelled', code: 'cancelled' })
    expect(world.route).toMatchObject({ linked: true, weight: 0 })
    expect(world.state.inFlight?.shifts.at(-1)).toMatchObject({ weight: 0, verified: 'observed' })
    world.clock.pass(60_000)
    expect(served).toBeGreaterThan(0)
    expect(world.served.canary).toBe(served)
    expect((await post(world)).end).toEqual({ kind: 'done', decision: 'aborted' })
    expect(world.outcome()).toEqual(whole('old'))
    expect(world.violations).toEqual([])
  })

  test('at any call: it ends before SIGTERM, and post leaves one whole version', async () => {
    const { length } = await callsOf(new FakeWorld())
    for (let n = 1; n <= length; n++) {
      const world = new FakeWorld()
      const cancel = new AbortController()
      let cancelledAt = Infinity
      at(world, n, 'before', () => {
        cancelledAt = world.clock.now()
        cancel.abort()
      })
      const { end } = await release(world, world.process(), cancel.signal)
      const took = world.clock.now() - cancelledAt
      const promoting = world.stable.template === 'new' || !world.stable.settled
      try {
        expect(took).toBeLessThan(UNTIL_SIGTERM_MS)
        // While the stable rolls, the canary is the one that is whole.
        if (!promoting) expect(world.route.weight).toBe(0)
        if (end.kind !== 'done') expect(end).toMatchObject({ kind: 'failed', decision: 'cancelled' })
        world.nature.before = () => undefined
        await post(world)
        expect([whole('old'), whole('new')]).toContainEqual(world.outcome())
        expect(world.violations).toEqual([])
        expect(world.served.failed).toBe(0)
        expect(world.open).toEqual({ guards: 0, windows: 0 })
      } catch (error) {
        throw new Error(`cancelled at call ${n} of ${length}, after ${world.writes.join(', ')}`, {
          cause: error,
        })
      }
    }
  })

  test('at any moment: it ends before SIGTERM, and post leaves one whole version', async () => {
    for (let ms = 0; ms < 240_000; ms += 2_037) {
      const world = new FakeWorld()
      const cancel = new AbortController()
      world.clock.in(ms, () => cancel.abort())
      const cancelledAt = world.clock.now() + ms
      await release(world, world.process(), cancel.signal)
      expect({ ms, took: world.clock.now() - cancelledAt < UNTIL_SIGTERM_MS }).toEqual({ ms, took: true })
      await post(world)
      expect([whole('old'), whole('new')]).toContainEqual(world.outcome())
      expect(world.violations).toEqual([])
      expect(world.served.failed).toBe(0)
    }
  })

  test('while it is being aborted: the route is back and proved, and nothing is hurried past the drain', async () => {
    const world = new FakeWorld()
    const cancel = new AbortController()
    world.clock.in(50_000, () => cancel.abort())
    await release(world, world.process(), cancel.signal)
    const { end } = await runCanary(abortOf(goalOf()), world.process(), cancel.signal)
    expect(end).toMatchObject({ kind: 'failed', decision: 'cancelled' })
    expect(world.route.weight).toBe(0)
    expect((await post(world)).end).toEqual({ kind: 'done', decision: 'aborted' })
    expect(world.outcome()).toEqual(whole('old'))
    expect(world.violations).toEqual([])
  })
})

describe.each(['before', 'after'] as const)('killed %s any call', (when) => {
  test('and run again, it ends as an undisturbed release ends', async () => {
    const { length } = await callsOf(new FakeWorld())
    for (let n = 1; n <= length; n++) {
      const world = new FakeWorld()
      const process = world.process()
      at(world, n, when, () => {
        process.holder.alive = false
        throw new Killed()
      })
      const first = await release(world, process).catch((error: unknown) => error)
      try {
        // A look is a call too, but nothing comes after it that could be killed.
        expect(first instanceof Killed || when === 'after').toBe(true)
        world.nature.before = () => undefined
        world.nature.after = () => undefined
        const { end } = await release(world)
        expect(end).toMatchObject({ kind: 'done' })
        expect(world.outcome()).toEqual(whole('new'))
        expect(world.violations).toEqual([])
        expect(world.served.failed).toBe(0)
      } catch (error) {
        throw new Error(`killed ${when} call ${n} of ${length}, after ${world.writes.join(', ')}`, {
          cause: error,
        })
      }
    }
  })

  test('and aborted, one whole version is left', async () => {
    const { length } = await callsOf(new FakeWorld())
    for (let n = 1; n <= length; n++) {
      const world = new FakeWorld()
      const process = world.process()
      at(world, n, when, () => {
        process.holder.alive = false
        throw new Killed()
      })
      await release(world, process).catch((error: unknown) => error)
      world.nature.before = () => undefined
      world.nature.after = () => undefined
      await post(world)
      expect([whole('old'), whole('new')]).toContainEqual(world.outcome())
      expect(world.violations).toEqual([])
      expect(world.served.failed).toBe(0)
    }
  })

  test('of a retreat, and run again, the old version is whole', async () => {
    const failing = (): FakeWorld => {
      const world = new FakeWorld()
      world.nature.verdict = (stage) =>
        stage === 'stable' ? { kind: 'fail', code: 'unhealthy', reason: 'no answer' } : { kind: 'pass' }
      return world
    }
    const { length } = await callsOf(failing())
    for (let n = Math.floor(length / 2); n <= length; n++) {
      const world = failing()
      const process = world.process()
      at(world, n, when, () => {
        process.holder.alive = false
        throw new Killed()
      })
      await release(world, process).catch((error: unknown) => error)
      world.nature.before = () => undefined
      world.nature.after = () => undefined
      const { end } = await release(world)
      expect(end).toMatchObject({ kind: 'failed', decision: 'retreated', code: 'unhealthy' })
      expect(world.outcome()).toEqual(whole('old'))
      expect(world.violations).toEqual([])
      expect(world.served.failed).toBe(0)
    }
  })
})
