import { describe, expect, test } from '@jest/globals'
import type { CanaryGoal } from '@release-actions/release'
import {
  Conflict,
  Forbidden,
  RateLimited,
  type ReleaseError,
  TimedOut,
  Unauthenticated,
  Unreachable,
} from '@release-actions/values'
import { runCanary, type CanaryEnd, type Listener } from '../../src/index.ts'
import { FakeWorld, type Process } from '../fakes.ts'
import { goalOf, MINUTE } from '../goals.ts'

interface Run {
  readonly goal?: CanaryGoal
  readonly process?: Process
  readonly cancel?: AbortController
  readonly listener?: Listener
}

function run(world: FakeWorld, { goal, process, cancel, listener }: Run = {}): Promise<CanaryEnd> {
  return runCanary(
    goal ?? goalOf(),
    process ?? world.process(),
    (cancel ?? new AbortController()).signal,
    listener,
  )
}

const shifts = (world: FakeWorld): readonly string[] =>
  world.writes.filter((name) => /^(shift|retreat)/.test(name))

/** Nothing of the release is left, and nothing happened that must not. */
function expectTakenBack(world: FakeWorld): void {
  expect(world.outcome()).toEqual({
    template: 'old',
    settled: true,
    canary: undefined,
    route: { linked: false, weight: 0, accepted: true },
    effective: 0,
    autoscaler: { name: 'shop', min: 2, max: 10 },
    inFlight: undefined,
  })
  expectHarmless(world)
}

function expectHarmless(world: FakeWorld): void {
  expect(world.violations).toEqual([])
  expect(world.served.failed).toBe(0)
  expect(world.open).toEqual({ guards: 0, windows: 0 })
}

describe('an undisturbed release', () => {
  test('is promoted, tells of each move once, and lets go of everything', async () => {
    const world = new FakeWorld()
    const told: string[] = []
    const judged: string[] = []
    const { end, journal } = await run(world, {
      listener: {
        opening: () => Promise.resolve(41),
        moving: ({ text }) => void told.push(text),
        judging: (stage) => void judged.push(stage),
      },
    })
    expect(end).toEqual({ kind: 'done', decision: 'promoted' })
    expect(shifts(world)).toEqual(['shift 25', 'shift 100', 'shift 0'])
    expect(world.stable).toMatchObject({ template: 'new', settled: true })
    expect(world.outcome()).toMatchObject({
      canary: undefined,
      route: { linked: false },
      autoscaler: { min: 2 },
    })
    expect(world.state.live).toMatchObject({ release: { version: '2' }, deployment: 41, outcome: 'promoted' })
    expect(judged).toEqual(['25', '100', 'stable'])
    expect(told).toEqual(journal.slice(0, -1).map(({ text }) => text))
    expect(told.filter((text, i) => text === told[i - 1])).toEqual([])
    expect(world.holder).toBeUndefined()
    expectHarmless(world)
  })

  test('measures how long, and with how many requests, the new version stood at each weight', async () => {
    const world = new FakeWorld()
    const { exposures } = await run(world)
    expect(exposures.map(({ weight }) => weight)).toEqual([25, 100])
    const [first, second] = exposures
    expect((first?.until ?? 0) - (first?.from ?? 0)).toBeGreaterThan(MINUTE)
    const { canary = 0, stable = 0 } = first?.requests ?? {}
    expect(canary / (canary + stable)).toBeCloseTo(0.25, 1)
    expect(second?.requests?.canary).toBeGreaterThan(0)
  })

  test('proves each shift by what was served, and writes the share on the Lease', async () => {
    const world = new FakeWorld()
    await run(world, { goal: goalOf({ until: 25, promote: false }) })
    const [shift] = world.state.inFlight?.shifts ?? []
    expect(shift).toMatchObject({ weight: 25, verified: 'observed' })
    expect(Math.abs((shift?.seen ?? 0) - 25)).toBeLessThan(10)
  })

  test('is unchanged the second time: it opens no record and writes nothing', async () => {
    const world = new FakeWorld()
    await run(world)
    world.writes.length = 0
    const opened: unknown[] = []
    const { end } = await run(world, {
      listener: { opening: (seen) => Promise.resolve(void opened.push(seen)) },
    })
    expect(end).toEqual({ kind: 'done', decision: 'unchanged' })
    expect([...world.writes, ...opened]).toEqual([])
  })

  test('a resumed step counts the exposure from when it came', async () => {
    const world = new FakeWorld()
    await run(world, { goal: goalOf({ until: 25, promote: false }) })
    const came = world.clock.now()
    const { exposures } = await run(world)
    expect(exposures[0]).toMatchObject({ weight: 25 })
    expect(exposures[0]?.from).toBeGreaterThanOrEqual(came)
  })
})

describe('a record that cannot be opened', () => {
  test('leaves the cluster untouched', async () => {
    const world = new FakeWorld()
    const opening = (): Promise<undefined> => Promise.reject(new Forbidden('deployments: write is missing'))
    await expect(run(world, { listener: { opening } })).rejects.toThrow('deployments: write is missing')
    expect(world.writes).toEqual([])
    expect(world.open).toEqual({ guards: 0, windows: 0 })
  })
})

describe('a conflict', () => {
  test('is looked at again, and the move is made on what is there now', async () => {
    const world = new FakeWorld()
    refuse(world, 'shift 25', 3, () => new Conflict('the route has changed'))
    expect((await run(world)).end).toEqual({ kind: 'done', decision: 'promoted' })
    expectHarmless(world)
  })

  test('eight times is patience, and from the second on is told', async () => {
    const world = new FakeWorld()
    refuse(world, 'shift 100', 8, () => new Conflict('the route has changed'))
    const told: string[] = []
    const { end } = await run(world, { listener: { tell: (text) => told.push(text) } })
    expect(end).toEqual({ kind: 'done', decision: 'promoted' })
    expect(told).toEqual(Array.from({ length: 7 }, () => 'the route has changed; looking again'))
  })

  test('nine times in a row is somebody writing against us: taken back', async () => {
    const world = new FakeWorld()
    refuse(world, 'shift 100', 9, () => new Conflict('the route has changed'))
    const { end } = await run(world)
    expect(end).toMatchObject({ decision: 'retreated', code: 'conflict', reason: 'the route has changed' })
    expectTakenBack(world)
  })

  test('on the way back gets the same patience', async () => {
    const world = new FakeWorld()
    refuse(world, 'shift 100', 9, () => new Conflict('the route has changed'))
    const before = world.nature.before
    let conflicts = 8
    world.nature.before = (call) => {
      before(call)
      if (call === 'retreat' && conflicts-- > 0) throw new Conflict('the route has changed again')
    }
    expect((await run(world)).end).toMatchObject({ decision: 'retreated', code: 'conflict' })
    expectTakenBack(world)
  })

  test('on the claim: somebody else was quicker, and is older', async () => {
    const world = new FakeWorld()
    refuse(world, 'take lease', 2, () => new Conflict('the Lease has changed'))
    expect((await run(world)).end).toEqual({ kind: 'done', decision: 'promoted' })
    expect(world.open.guards).toBe(0)
  })
})

describe('a refusal', () => {
  test('on the way forward: taken back, with the server’s words, each once', async () => {
    const world = new FakeWorld()
    const why = ['patch is missing', 'the Role is of last year']
    refuse(world, 'shift 100', Infinity, () => new Forbidden('httproutes: patch is missing', { why }))
    const { end } = await run(world)
    expect(end).toMatchObject({
      decision: 'retreated',
      code: 'forbidden',
      reason: 'httproutes: patch is missing; the Role is of last year',
    })
    expect(shifts(world)).toEqual(['shift 25', 'retreat'])
    expectTakenBack(world)
  })

  test('before the beginning: nothing was done, and nothing is taken back', async () => {
    const world = new FakeWorld()
    refuse(world, 'stamp HTTPRoute/shop', Infinity, () => new Forbidden('httproutes: patch is missing'))
    expect((await run(world)).end).toMatchObject({ decision: 'failed', code: 'forbidden' })
    expect(world.writes).toEqual(['take lease'])
  })

  test('on the way forward and on the way back: it ends, and says what still serves', async () => {
    const world = new FakeWorld()
    refuse(world, /^(shift 100|retreat)$/, Infinity, () => new Forbidden('httproutes: patch is missing'))
    const { end, journal } = await run(world)
    expect(end).toMatchObject({ decision: 'failed', code: 'retreat-failed' })
    expect(end).toHaveProperty('reason', expect.stringMatching(/2 may still serve 25 %.*httproutes: patch/))
    expect(journal.length).toBeLessThan(60)
  })

  test('of the way back after a failed gate: the same', async () => {
    const world = new FakeWorld()
    world.nature.verdict = () => ({ kind: 'fail', code: 'unhealthy', reason: 'errors' })
    refuse(world, 'retreat', Infinity, () => new Forbidden('httproutes: patch is missing'))
    expect((await run(world)).end).toMatchObject({ decision: 'failed', code: 'retreat-failed' })
  })

  test('that never passes ends with what the server said, and blames nobody', async () => {
    const world = new FakeWorld()
    world.nature.verdict = () => ({ kind: 'fail', code: 'unhealthy', reason: 'errors' })
    refuse(world, 'retreat', Infinity, () => new Unreachable('patch HTTPRoute shop: the server answered 500'))
    const { end } = await run(world)
    expect(end).toMatchObject({ decision: 'failed', code: 'retreat-failed' })
    expect(end).toHaveProperty(
      'reason',
      expect.stringContaining('patch HTTPRoute shop: the server answered 500'),
    )
    expect(end).toHaveProperty('reason', expect.not.stringContaining('somebody'))
  })

  test.each([
    ['a webhook that is down', () => new Unreachable('failed calling webhook')],
    ['a server that asks for a minute', () => new RateLimited('too many requests (429)', 60_000)],
    ['writes that nobody answers', () => new TimedOut('no answer within 30000 ms')],
  ])('that passes within the timeout, %s: the route goes back all the same', async (_, error) => {
    const world = new FakeWorld()
    world.nature.verdict = () => ({ kind: 'fail', code: 'unhealthy', reason: 'errors' })
    let until = Infinity
    refuse(world, 'retreat', Infinity, () => {
      until = Math.min(until, world.clock.now() + 2 * MINUTE)
      return world.clock.now() < until ? error() : undefined
    })
    const { end } = await run(world)
    expect(end).toMatchObject({ decision: 'retreated', code: 'unhealthy', reason: 'errors' })
    expectTakenBack(world)
  })

  test('that does not pass within the timeout, on the way forward: taken back, with its own code', async () => {
    const world = new FakeWorld()
    refuse(world, 'shift 100', Infinity, () => new Unreachable('failed calling webhook'))
    const { end } = await run(world)
    expect(end).toMatchObject({
      decision: 'retreated',
      code: 'unreachable',
      reason: 'failed calling webhook',
    })
    expectTakenBack(world)
  })

  test('while tidying up a promotion: the new version stays', async () => {
    const world = new FakeWorld()
    refuse(world, 'delete canary', Infinity, () => new Forbidden('deployments: delete is missing'))
    expect((await run(world)).end).toMatchObject({ decision: 'failed', code: 'forbidden' })
    expect(world.stable.template).toBe('new')
    expect(shifts(world)).toEqual(['shift 25', 'shift 100', 'shift 0'])
  })

  test('while tidying up a retreat: the traffic is back, and it says so', async () => {
    const world = new FakeWorld()
    world.nature.verdict = () => ({ kind: 'fail', code: 'unhealthy', reason: 'errors' })
    refuse(world, 'delete canary', Infinity, () => new Forbidden('deployments: delete is missing'))
    const { end } = await run(world)
    expect(end).toMatchObject({ code: 'retreat-failed', reason: expect.stringContaining('traffic is back') })
    expect(world.route).toMatchObject({ weight: 0 })
  })
})

describe('a write without effect', () => {
  test('is not made for ever', async () => {
    const world = new FakeWorld()
    world.nature.links = false
    const { end } = await run(world)
    expect(end).toMatchObject({
      kind: 'failed',
      code: 'conflict',
      reason: expect.stringContaining('no effect'),
    })
    expect(world.writes.filter((name) => name === 'link').length).toBeLessThan(20)
    expectTakenBack(world)
  })
})

describe('an API server that is away', () => {
  test('for a minute of the soak: the release goes on', async () => {
    const world = new FakeWorld()
    const told: string[] = []
    away(world, { from: 90_000, until: 150_000 })
    const { end } = await run(world, { listener: { tell: (text) => void told.push(text) } })
    expect(end).toEqual({ kind: 'done', decision: 'promoted' })
    expect(told).toContain('the API server does not answer; trying again')
    expectHarmless(world)
  })

  test('or does not know who asks, for half a minute of the soak: the release goes on', async () => {
    const world = new FakeWorld()
    away(world, { from: 90_000, until: 120_000, error: () => new Unauthenticated('401') })
    const { end } = await run(world)
    expect(end).toEqual({ kind: 'done', decision: 'promoted' })
    expectHarmless(world)
  })

  test.each([
    ['never did', 0, 5_000],
    ['does not any more', 90_000, 90_000 + 2 * MINUTE],
  ])('that %s know who asks is not asked for ever', async (_, from, latest) => {
    const world = new FakeWorld()
    const begin = world.clock.now()
    away(world, { from, until: Infinity, error: () => new Unauthenticated('401') })
    await expect(run(world)).rejects.toMatchObject({ code: 'forbidden' })
    expect(world.clock.now() - begin).toBeLessThan(latest)
  })

  test('without refusing: requests that nobody answers are asked again too', async () => {
    const world = new FakeWorld()
    away(world, { from: 90_000, until: 150_000, error: () => new TimedOut('no answer within 30000 ms') })
    const { end } = await run(world)
    expect(end).toEqual({ kind: 'done', decision: 'promoted' })
    expectHarmless(world)
  })

  test('for longer than the timeout: the step ends, and what is in flight stays for the next', async () => {
    const world = new FakeWorld()
    away(world, { from: 90_000, until: Infinity })
    await expect(run(world)).rejects.toThrow('the API server does not answer')
    expect(world.state.inFlight).toBeDefined()
    expect(world.open.guards).toBe(0)
  })

  test('for a moment after the signal: the route still goes back', async () => {
    const world = new FakeWorld()
    const cancel = new AbortController()
    const begin = world.clock.now()
    away(world, { from: 60_000, until: 62_000 })
    world.clock.in(60_500, () => cancel.abort())
    const { end } = await run(world, { cancel })
    expect(end).toMatchObject({ decision: 'cancelled' })
    expect(world.route.weight).toBe(0)
    expect(world.clock.now() - begin).toBeLessThan(60_500 + 7_500)
  })
})

describe('a signal while a look takes longer than the runner waits', () => {
  test.each(['before the look', 'during the look'])(
    '%s: the route goes back on what was seen last',
    async (when) => {
      const world = new FakeWorld()
      const cancel = new AbortController()
      const process = world.process()
      let hangs = false
      world.clock.in(60_000, () => {
        hangs = true
        if (when === 'before the look') cancel.abort()
      })
      const observe = (): ReturnType<typeof process.cluster.observe> => {
        if (!hangs || world.route.weight === 0) return process.cluster.observe()
        queueMicrotask(() => cancel.abort())
        return new Promise(() => undefined)
      }
      const { end } = await run(world, {
        process: { ...process, cluster: { ...process.cluster, observe } },
        cancel,
      })
      expect(end).toMatchObject({ decision: 'cancelled' })
      expect(shifts(world)).toEqual(['shift 25', 'retreat'])
      expectHarmless(world)
    },
  )

  test('after a write: what was seen before it is not decided on', async () => {
    const world = new FakeWorld()
    const cancel = new AbortController()
    world.nature.after = (call) => call === 'promote' && cancel.abort()
    const { end } = await run(world, { cancel })
    expect(end).toMatchObject({ decision: 'cancelled' })
    // A route back now would lead to a stable that is half rolled.
    expect(shifts(world)).toEqual(['shift 25', 'shift 100'])
  })
})

describe('a gate', () => {
  test('that fails takes the release back', async () => {
    const world = new FakeWorld()
    world.nature.verdict = (stage) =>
      stage === '100' ? { kind: 'fail', code: 'unhealthy', reason: 'error rate 7 %' } : { kind: 'pass' }
    const { end, words } = await run(world)
    expect(end).toMatchObject({ decision: 'retreated', code: 'unhealthy', reason: 'error rate 7 %' })
    expect(words).toEqual(['the words of the canary'])
    expectTakenBack(world)
  })

  test('that fails on the promoted stable: the old version is whole before it serves', async () => {
    const world = new FakeWorld()
    world.nature.verdict = (stage) =>
      stage === 'stable' ? { kind: 'fail', code: 'unhealthy', reason: 'no answer' } : { kind: 'pass' }
    expect((await run(world)).end).toMatchObject({ decision: 'retreated' })
    expectTakenBack(world)
  })

  test('that holds leaves the weight, for a person to decide', async () => {
    const world = new FakeWorld()
    world.nature.verdict = () => ({ kind: 'hold', reason: 'no data' })
    expect((await run(world)).end).toMatchObject({ decision: 'held', code: 'inconclusive' })
    expect(world.route.weight).toBe(25)
    expect(world.holder).toBeUndefined()
  })
})

describe('pods that do not become ready', () => {
  test('get no weight, and the step says so after its timeout', async () => {
    const world = new FakeWorld()
    world.nature.starts = false
    const { end } = await run(world)
    expect(end).toMatchObject({ decision: 'retreated', code: 'timeout' })
    expect(shifts(world)).toEqual([])
    expectTakenBack(world)
  })
})

describe('a Lease that another run takes', () => {
  test('during the soak: the step stops within one look, and touches nothing more', async () => {
    const world = new FakeWorld()
    const attempts: string[] = []
    let stolenAt: number | undefined
    world.clock.in(50_000, () => {
      expect(world.route.weight).toBe(25)
      stolenAt = world.clock.now()
      world.steal({ id: 8, attempt: 1 })
      world.nature.before = (call) => {
        if (!call.startsWith('read')) attempts.push(call)
      }
    })
    const { end } = await run(world)
    expect(end).toMatchObject({ kind: 'stopped', by: { id: 8 } })
    expect(attempts).toEqual([])
    expect(world.clock.now() - (stolenAt ?? 0)).toBeLessThan(1_000)
    expect(world.holder?.run).toEqual({ id: 8, attempt: 1 })
    expect(world.route.weight).toBe(25)
  })

  test('between the look and the write: the fence refuses it', async () => {
    const world = new FakeWorld()
    world.nature.before = (call) => {
      if (call !== 'shift 100' || world.fence > 1) return
      world.steal({ id: 8, attempt: 1 })
      world.overtake('HTTPRoute/shop')
    }
    const { end } = await run(world)
    expect(end).toMatchObject({ kind: 'stopped', by: { id: 8 } })
    expect(shifts(world)).toEqual(['shift 25'])
  })

  test('deleted by somebody: nobody else would end it, so it is claimed anew and taken back', async () => {
    const world = new FakeWorld()
    const { end } = await run(world, {
      listener: { judging: (stage) => stage === '100' && world.deleteLease() },
    })
    expect(end).toMatchObject({ decision: 'retreated', code: 'conflict' })
    expect(world.outcome()).toMatchObject({
      template: 'old',
      canary: undefined,
      route: { linked: false, weight: 0 },
      effective: 0,
    })
    expectHarmless(world)
  })

  test('the newer run takes the older canary out of the traffic, then releases its own', async () => {
    const world = new FakeWorld()
    world.template = 'between'
    await run(world, {
      goal: goalOf({
        run: { id: 6, attempt: 1 },
        until: 25,
        promote: false,
        release: { version: '1b', digest: undefined, image: 'app:1b', template: 'between' },
      }),
      process: world.process({ id: 6, attempt: 1 }),
    })
    expect(world.state.inFlight).toBeDefined()
    world.template = 'new'
    expect((await run(world)).end).toEqual({ kind: 'done', decision: 'promoted' })
    expect(shifts(world)).toEqual(['shift 25', 'retreat', 'shift 25', 'shift 100', 'shift 0'])
    expectHarmless(world)
  })
})

function refuse(
  world: FakeWorld,
  call: string | RegExp,
  times: number,
  error: () => ReleaseError | undefined,
): void {
  let left = times
  world.nature.before = (name) => {
    const matches = typeof call === 'string' ? name === call : call.test(name)
    const refusal = matches && left-- > 0 ? error() : undefined
    if (refusal !== undefined) throw refusal
  }
}

/** No call is answered in that time, ms from now. */
function away(
  world: FakeWorld,
  {
    from,
    until,
    error = () => new Unreachable('the API server does not answer'),
  }: { from: number; until: number; error?: () => ReleaseError },
): void {
  const begin = world.clock.now()
  world.nature.before = () => {
    const at = world.clock.now() - begin
    if (at >= from && at < until) throw error()
  }
}
