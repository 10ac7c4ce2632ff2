import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { capacity, type CanaryMove, type CanarySight, type InFlight } from '../../src/index.ts'
import { goalOf, KIND, NEW, OLD, OTHER, World, workload, type Nature } from './world.ts'

const kinds = (moves: readonly CanaryMove[]): string[] => moves.map((move) => move.kind)
const shifts = (moves: readonly CanaryMove[]): number[] =>
  moves.flatMap((move) => (move.kind === 'shift' ? [move.weight] : move.kind === 'retreat-route' ? [0] : []))

/** What must hold of every move, whatever the world looks like. */
function safe(move: CanaryMove, seen: CanarySight): void {
  const { canary, stable, traffic } = seen
  if (move.kind === 'shift' && move.weight > 0 && traffic.kind === 'route') {
    const need = capacity('route', move.weight, stable.desired)
    if (canary === undefined || canary.ready < need || canary.endpoints < need)
      throw new Error('weight to pods that are not ready')
    if (canary.template !== 'new') throw new Error('weight to another version')
  }
  if (move.kind === 'shift' && move.weight === 0 && !(stable.settled && stable.endpoints >= stable.desired)) {
    throw new Error('the route goes to a stable that is not whole')
  }
  const back = move.kind === 'retreat-route' || (move.kind === 'shift' && move.weight === 0)
  const serves = traffic.kind === 'replicas' || traffic.weight > 0
  if (back && serves && stable.desired === 0 && (canary?.endpoints ?? 0) > 0) {
    throw new Error('the requests go from pods that answer to a stable that is scaled to 0')
  }
  if (move.kind === 'scale-canary' && canary !== undefined && move.replicas < canary.desired) {
    throw new Error('the canary is shrunk')
  }
  if (move.kind === 'delete-canary' || move.kind === 'unlink') {
    const shift = seen.claim.state.inFlight?.shifts.at(-1)
    if (traffic.kind === 'route' && traffic.weight > 0)
      throw new Error('the canary goes while it has traffic')
    if (shift !== undefined && (shift.verified === 'pending' || seen.now < shift.at + 30_000))
      throw new Error('not drained')
  }
  if (move.kind === 'promote-stable' && traffic.kind === 'route' && traffic.weight !== 100) {
    throw new Error('the stable is rolled while it serves')
  }
}

describe('an undisturbed release', () => {
  test('walks 5, 25, 50, 100, promotes in the ten steps and leaves nothing behind', () => {
    const world = new World()
    expect(world.run(goalOf(), safe)).toEqual({ kind: 'done', decision: 'promoted' })
    expect(shifts(world.moves)).toEqual([5, 25, 50, 100, 0])
    const order = ['promote-stable', 'unlink', 'delete-canary', 'release-autoscaler', 'land']
    expect(kinds(world.moves).filter((kind) => order.includes(kind))).toEqual(order)
    expect(world.canary).toBeUndefined()
    expect(world.traffic).toMatchObject({ linked: false, weight: 0 })
    expect(world.autoscaler).toMatchObject({ name: 'shop', min: 1 })
    expect(world.state.live?.release).toEqual(NEW)
  })

  test('is unchanged the second time, without a write', () => {
    const world = new World()
    world.run(goalOf())
    world.die()
    world.moves.length = 0
    expect(world.run(goalOf())).toEqual({ kind: 'done', decision: 'unchanged' })
    expect(kinds(world.moves)).toEqual(['done'])
  })

  test('by replicas never shifts a route, and grows the canary to what each weight attains', () => {
    const world = new World()
    world.traffic = { ...world.traffic, kind: 'replicas', linked: true, unstamped: [] }
    expect(world.run(goalOf({ traffic: 'replicas' }), safe)).toEqual({ kind: 'done', decision: 'promoted' })
    expect(shifts(world.moves)).toEqual([5, 50, 0])
  })

  test('with `until` stops at that weight, and the next step carries on from there', () => {
    const world = new World()
    expect(world.run(goalOf({ until: 25, promote: false }), safe)).toEqual({
      kind: 'done',
      decision: 'advanced',
    })
    expect(world.traffic.weight).toBe(25)
    world.die()
    expect(world.run(goalOf({ until: 25, promote: false }))).toEqual({ kind: 'done', decision: 'unchanged' })
    expect(world.run(goalOf({ run: { id: 8, attempt: 1 } }), safe)).toEqual({
      kind: 'done',
      decision: 'promoted',
    })
    expect(shifts(world.moves)).toEqual([5, 25, 50, 100, 0])
  })

  test('a weight alone that skips what the plan in flight has before it is a conflict that changes nothing', () => {
    const world = new World()
    world.run(goalOf({ until: 5, promote: false }))
    world.die()
    world.moves.length = 0
    expect(world.run(goalOf({ plan: [50], until: 50, promote: false }))).toMatchObject({
      kind: 'failed',
      code: 'conflict',
    })
    expect(kinds(world.moves)).toEqual(['failed'])
  })
})

describe('taken back', () => {
  test('on a failed gate: the route first, then proved, drained, removed; the job fails', () => {
    const world = new World()
    world.nature = { ...KIND, verdict: (stage) => (stage === '25' ? 'fail' : 'pass') }
    const end = world.run(goalOf(), safe)
    expect(end).toMatchObject({
      kind: 'failed',
      decision: 'retreated',
      code: 'unhealthy',
      reason: 'error rate at 25',
    })
    expect(shifts(world.moves)).toEqual([5, 25, 0])
    const after = kinds(world.moves).slice(kinds(world.moves).indexOf('retreat-route'))
    expect(after).toEqual([
      'retreat-route',
      'await',
      'verify',
      'drain',
      'unlink',
      'delete-canary',
      'release-autoscaler',
      'land',
      'failed',
    ])
    expect(world.state.last?.outcome).toBe('retreated')
  })

  test('a gate that fails on the stable after promotion: the old template comes back behind the canary first', () => {
    const world = new World()
    world.nature = { ...KIND, verdict: (stage) => (stage === 'stable' ? 'fail' : 'pass') }
    expect(world.run(goalOf(), safe)).toMatchObject({ decision: 'retreated' })
    const after = kinds(world.moves).slice(kinds(world.moves).indexOf('promote-stable') + 1)
    expect(after.indexOf('restore-stable')).toBeGreaterThan(0)
    expect(after.indexOf('retreat-route')).toBeGreaterThan(after.indexOf('restore-stable'))
    expect(world.stable).toMatchObject({ template: 'old', settled: true })
  })

  test('pods that never become ready: no weight was ever given', () => {
    const world = new World()
    world.nature = { ...KIND, canaryStarts: false }
    expect(world.run(goalOf(), safe)).toMatchObject({ decision: 'retreated', code: 'timeout' })
    expect(shifts(world.moves)).toEqual([])
  })

  test('a signal: the route is put back and proved, and the rest is left to post', () => {
    const world = new World()
    const goal = goalOf()
    const end = world.run(goal, (move) => {
      safe(move, world.see())
      if (move.kind === 'judge' && move.stage === '25') world.cancelled = true
    })
    expect(end).toMatchObject({ kind: 'failed', decision: 'cancelled' })
    expect(world.traffic).toMatchObject({ linked: true, weight: 0 })
    expect(kinds(world.moves)).not.toContain('drain')
    world.die()
    const post = {
      kind: 'abort',
      run: goal.run,
      timing: goal.timing,
      reason: 'cancelled',
      preempt: false,
    } as const
    expect(world.run(post, safe)).toEqual({ kind: 'done', decision: 'aborted' })
    expect(world.traffic.linked).toBe(false)
    expect(world.canary).toBeUndefined()
    expect(world.autoscaler?.min).toBe(1)
  })

  test('held, when asked: the weight stays and the step fails', () => {
    const world = new World()
    world.nature = { ...KIND, verdict: (stage) => (stage === '25' ? 'fail' : 'pass') }
    expect(world.run(goalOf({ onFailure: 'hold' }), safe)).toMatchObject({
      decision: 'held',
      code: 'unhealthy',
    })
    expect(world.traffic.weight).toBe(25)
  })
})

describe('others at work', () => {
  test('an older run stops as superseded and changes nothing, also when its approval came last', () => {
    const world = new World()
    world.run(goalOf({ run: { id: 9, attempt: 1 } }))
    world.die()
    world.moves.length = 0
    expect(world.run(goalOf({ run: { id: 7, attempt: 2 }, release: OTHER }))).toMatchObject({
      kind: 'stopped',
      by: { id: 9 },
    })
    expect(kinds(world.moves)).toEqual(['stopped'])
    expect(world.run(goalOf({ run: { id: 7, attempt: 2 }, release: NEW, allowOlder: true }))).toMatchObject({
      decision: 'unchanged',
    })
  })

  test('a step whose Lease was taken stops at once', () => {
    const world = new World()
    const end = world.run(goalOf(), (move) => {
      if (move.kind === 'judge' && move.stage === '25') world.lost = { id: 8, attempt: 1 }
    })
    expect(end).toMatchObject({ kind: 'stopped', by: { id: 8 } })
    expect(world.traffic.weight).toBe(25)
  })

  test('a newer run takes the older canary out of the traffic, drained, before its own begins', () => {
    const world = new World()
    const older = goalOf({ release: OTHER, run: { id: 6, attempt: 1 }, until: 25, promote: false })
    // The older run's canary stands at 25 %.
    world.run(goalOf({ until: 25, promote: false, run: { id: 6, attempt: 1 } }))
    world.state = { ...world.state, inFlight: { ...(world.state.inFlight as InFlight), release: OTHER } }
    world.canary = workload('shop-canary', 'other', 1)
    world.die()
    world.moves.length = 0
    expect(world.run(goalOf(), safe)).toEqual({ kind: 'done', decision: 'promoted' })
    expect(shifts(world.moves)).toEqual([0, 5, 25, 50, 100, 0])
    expect(older.run.id).toBe(6)
  })

  test('weights edited by a person between two steps are a conflict, never overwritten on the way forward', () => {
    const world = new World()
    world.run(goalOf({ until: 25, promote: false }))
    world.die()
    world.moves.length = 0
    world.traffic = { ...world.traffic, weight: 10 }
    expect(world.run(goalOf(), safe)).toMatchObject({ decision: 'retreated', code: 'conflict' })
    expect(shifts(world.moves)).toEqual([0])
  })

  test('a promotion undone twice by GitOps is a conflict', () => {
    const world = new World()
    const end = world.run(goalOf(), (move) => {
      if (move.kind === 'await' && move.what === 'stable-rolled-out')
        world.stable = workload('shop', 'old', 4)
    })
    expect(end).toMatchObject({ decision: 'retreated', code: 'conflict' })
    expect(kinds(world.moves).filter((kind) => kind === 'promote-stable')).toHaveLength(2)
  })
})

describe('whatever happens', () => {
  const nature: fc.Arbitrary<Nature> = fc.record({
    canaryStarts: fc.boolean(),
    stableRolls: fc.boolean(),
    routeAccepts: fc.boolean(),
    verdict: fc.constantFrom(
      () => 'pass' as const,
      (stage: string) => (stage === '25' ? ('fail' as const) : ('pass' as const)),
      (stage: string) => (stage === 'stable' ? ('fail' as const) : ('pass' as const)),
      (stage: string) => (stage === '50' ? ('hold' as const) : ('pass' as const)),
    ),
  })

  test('killed before any moves and run again, it ends where the undisturbed run ends', () => {
    fc.assert(
      fc.property(nature, fc.array(fc.integer({ min: 0, max: 45 }), { maxLength: 4 }), (how, kills) => {
        const calm = new World()
        calm.nature = how
        const wanted = calm.run(goalOf(), safe)
        const world = new World()
        world.nature = how
        for (const after of kills) {
          for (let i = 0, ended = false; i < after && !ended; i++) {
            world.moves.length = 0
            ended = step(world)
          }
          world.die()
        }
        const end = world.run(goalOf(), safe)
        const outcome = (w: World): unknown => [
          w.stable.template,
          w.traffic.weight,
          w.canary === undefined,
          w.autoscaler,
        ]
        if (end.kind === 'done' || wanted.kind === 'done') expect(end.kind).toBe(wanted.kind)
        expect(outcome(world)).toEqual(outcome(calm))
      }),
      { numRuns: 500 },
    )
  })

  test('from every observed state it ends within a bounded number of moves, and every move on the way is safe', () => {
    const template = fc.constantFrom('old', 'new', 'other')
    const someWorkload = (
      name: string,
      of: fc.Arbitrary<string>,
    ): fc.Arbitrary<ReturnType<typeof workload>> =>
      fc
        .record({
          of,
          desired: fc.nat(6),
          ready: fc.nat(6),
          settled: fc.boolean(),
          deleting: fc.boolean(),
          trouble: fc.boolean(),
        })
        .map((w) =>
          workload(name, w.of, w.desired, {
            ready: Math.min(w.ready, w.desired),
            endpoints: Math.min(w.ready, w.desired),
            settled: w.settled && w.ready >= w.desired,
            deleting: name !== 'shop' && w.deleting,
            trouble: w.trouble ? ['ImagePullBackOff'] : [],
          }),
        )
    const phases = [
      'adopting',
      'scaling',
      'shifting',
      'soaking',
      'waiting',
      'promoting',
      'restoring',
      'retreating',
    ] as const
    const flight = fc.record({
      of: fc.constantFrom(NEW, OTHER),
      passed: fc.subarray([5, 25, 50, 100]),
      last: fc.option(fc.constantFrom(0, 5, 25, 50, 100), { nil: undefined }),
      phase: fc.constantFrom(...phases),
      verified: fc.constantFrom('pending' as const, 'observed' as const),
      retreating: fc.boolean(),
      run: fc.integer({ min: 5, max: 9 }),
      reverted: fc.nat(3),
    })
    fc.assert(
      fc.property(
        nature,
        someWorkload('shop', template),
        fc.option(someWorkload('shop-canary', template), { nil: undefined }),
        fc.record({
          kind: fc.constantFrom('route' as const, 'replicas' as const),
          linked: fc.boolean(),
          weight: fc.constantFrom(0, 5, 10, 25, 50, 100),
          accepted: fc.boolean(),
        }),
        fc.option(flight, { nil: undefined }),
        fc.boolean(),
        fc.constantFrom('release' as const, 'abort' as const),
        fc.constantFrom('retreat' as const, 'hold' as const),
        (how, stable, canary, traffic, underWay, cancelled, ask, onFailure) => {
          const world = new World()
          world.nature = how
          world.stable = stable
          world.canary = canary
          world.traffic = {
            ...world.traffic,
            ...traffic,
            linked: traffic.linked || traffic.kind === 'replicas',
            weight: traffic.linked && traffic.kind === 'route' ? traffic.weight : 0,
          }
          world.cancelled = cancelled
          if (underWay !== undefined) {
            const { of, last, phase, verified, retreating } = underWay
            const inFlight: InFlight = {
              release: of,
              run: { id: underWay.run, attempt: 1 },
              deployment: undefined,
              traffic: 'httproute/shop',
              plan: [5, 25, 50, 100],
              since: 0,
              base: {
                release: OLD,
                replicas: 4,
                replicaSet: 'shop-1',
                autoscaler: { name: 'shop', min: 1 },
                route: null,
              },
              passed: underWay.passed,
              shifts: last === undefined ? [] : [{ weight: last, at: 990_000, verified }],
              phase: { name: phase, since: 995_000 },
              retreat: retreating ? { code: 'unhealthy', reason: 'bad', at: 995_000 } : undefined,
              reverted: underWay.reverted,
            }
            world.state = { ...world.state, inFlight }
          }
          const goal = goalOf({
            onFailure,
            traffic: traffic.kind === 'route' ? 'httproute/shop' : 'replicas',
          })
          world.run(
            ask === 'release'
              ? goal
              : { kind: 'abort', run: goal.run, timing: goal.timing, reason: 'asked', preempt: true },
            safe,
            200,
          )
        },
      ),
      { numRuns: 3000 },
    )
  })
})

/** One move of a process. @returns whether it was the last */
function step(world: World): boolean {
  const before = world.moves.length
  try {
    world.run(goalOf(), safe, 1)
    return true
  } catch (error) {
    if (world.moves.length === before) throw error
    return false
  }
}
