import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  chooseFromCluster,
  EMPTY_LEASE_STATE,
  otherColor,
  type BlueGreenMove,
  type SwitchGoal,
} from '../../src/index.ts'
import { safe } from './safe.ts'
import { abortOf, goalOf, KIND, NEW, OLD, OTHER, THIRD, World, workload, type Nature } from './world.ts'

const kinds = (moves: readonly BlueGreenMove[]): string[] => moves.map((move) => move.kind)
const switches = (moves: readonly BlueGreenMove[]): string[] =>
  moves.flatMap((move) =>
    move.kind === 'switch'
      ? [`${move.why} ${move.to}`]
      : move.kind === 'switch-back'
        ? [`back ${move.to}`]
        : [],
  )

/** A world in which a first release has come to its end: version 2 on green, version 1 warm on blue. */
function adopted(over: Partial<SwitchGoal> = {}): World {
  const world = new World()
  expect(world.run(goalOf(over), safe)).toEqual({ kind: 'done', decision: 'switched' })
  world.die()
  world.moves.length = 0
  return world
}

const third = (over: Partial<SwitchGoal> = {}): SwitchGoal =>
  goalOf({ release: THIRD, run: { id: 8, attempt: 1 }, ...over })

describe('an undisturbed release', () => {
  test('adopts what serves as blue, takes the own Deployment down once drained, then switches to green', () => {
    const world = new World()
    expect(world.run(goalOf(), safe)).toEqual({ kind: 'done', decision: 'switched' })
    expect(switches(world.moves)).toEqual(['adopt blue', 'release green'])
    const scaled = world.moves.findIndex((move) => move.kind === 'scale' && move.owner === 'own')
    const deployed = world.moves.findIndex(
      (move) => move.kind === 'apply-color' && move.content === 'release',
    )
    expect(kinds(world.moves)[scaled - 1]).toBe('drain')
    expect(deployed).toBeGreaterThan(scaled)
    const seen = world.see()
    expect(seen.switch.to).toBe('green')
    expect(seen.own.desired).toBe(0)
    expect(seen.followers).toEqual([{ object: 'HorizontalPodAutoscaler/shop', to: 'green' }])
    expect(world.state.live?.release).toEqual(NEW)
    expect(world.state.colors).toMatchObject({ live: 'green', warm: { color: 'blue', keep: 3_600_000 } })
    expect(world.state.colors?.warm?.release.template).toBe('old')
    expect(seen.blue).toMatchObject({ template: 'old', desired: 4, ready: 4 })
  })

  test('is unchanged the second time, without a write', () => {
    const world = adopted()
    expect(world.run(goalOf())).toEqual({ kind: 'done', decision: 'unchanged' })
    expect(kinds(world.moves)).toEqual(['done'])
  })

  test('the next one clears the warm colour first, and goes to it', () => {
    const world = adopted()
    expect(world.run(third(), safe)).toEqual({ kind: 'done', decision: 'switched' })
    expect(switches(world.moves)).toEqual(['release blue'])
    const order = ['forget-warm', 'scale', 'apply-color', 'link', 'switch', 'follow', 'land']
    expect(kinds(world.moves).filter((kind) => order.includes(kind))).toEqual(order)
    expect(world.state.colors).toMatchObject({ live: 'blue', warm: { color: 'green', release: NEW } })
  })

  test('with keep 0 takes the old colour down once it has drained', () => {
    const world = adopted({ keep: 0 })
    expect(world.see().blue).toMatchObject({ desired: 0 })
    expect(world.state.colors).toEqual({ live: 'green', warm: undefined })
  })

  test('asked for blue, adopts as green', () => {
    const world = adopted({ color: 'blue' })
    expect(world.state.colors).toMatchObject({ live: 'blue', warm: { color: 'green' } })
  })

  test('a colour past its keep goes with the next run, which changes nothing else', () => {
    const world = adopted()
    world.change({ now: world.see().now + 3_600_000 })
    expect(world.run(goalOf(), safe)).toEqual({ kind: 'done', decision: 'unchanged' })
    expect(world.see().blue).toMatchObject({ desired: 0 })
    expect(world.state.colors).toEqual({ live: 'green', warm: undefined })
    expect(switches(world.moves)).toEqual([])
  })

  test('an HPA that was applied again follows again, also where nothing else is to do', () => {
    const world = adopted()
    world.change({ followers: [{ object: 'HorizontalPodAutoscaler/shop', to: 'own' }] })
    expect(world.run(goalOf(), safe)).toEqual({ kind: 'done', decision: 'unchanged' })
    expect(world.see().followers[0]?.to).toBe('green')
  })

  test("the user's own Deployment, applied again, serves nothing and goes when a release lands", () => {
    const world = adopted()
    world.change({ own: workload('shop', 'old', 4) })
    expect(world.run(goalOf())).toEqual({ kind: 'done', decision: 'unchanged' })
    expect(world.run(third(), safe)).toEqual({ kind: 'done', decision: 'switched' })
    expect(world.see().own.desired).toBe(0)
  })
})

describe('taken back', () => {
  test('a gate that fails before the switch: never switched, the idle colour goes, the job fails', () => {
    const world = adopted()
    world.nature = { ...KIND, verdict: (stage) => (stage === 'pre-switch' ? 'fail' : 'pass') }
    expect(world.run(third(), safe)).toMatchObject({ decision: 'retreated', code: 'unhealthy' })
    expect(switches(world.moves)).toEqual([])
    expect(world.see()).toMatchObject({
      switch: { to: 'green' },
      blue: { desired: 0 },
      green: { desired: 4 },
    })
    expect(world.state).toMatchObject({ colors: { live: 'green', warm: undefined }, live: { release: NEW } })
  })

  test('a gate that fails after the switch: one patch back, proved, then the new colour drains and goes', () => {
    const world = adopted()
    world.nature = { ...KIND, verdict: (stage) => (stage === 'post-switch' ? 'fail' : 'pass') }
    expect(world.run(third(), safe)).toMatchObject({
      decision: 'retreated',
      reason: 'error rate post-switch',
    })
    expect(switches(world.moves)).toEqual(['release blue', 'back green'])
    const after = kinds(world.moves).slice(kinds(world.moves).indexOf('switch-back'))
    expect(after).toEqual(['switch-back', 'verify', 'follow', 'drain', 'scale', 'land', 'failed'])
    expect(world.see()).toMatchObject({ switch: { to: 'green' }, blue: { desired: 0 } })
  })

  test('of a first release: the adopted colour keeps serving, and stays adopted', () => {
    const world = new World()
    world.nature = { ...KIND, verdict: () => 'fail' }
    expect(world.run(goalOf(), safe)).toMatchObject({ decision: 'retreated' })
    expect(world.see()).toMatchObject({ switch: { to: 'blue' }, own: { desired: 0 }, green: { desired: 0 } })
    expect(world.state.colors).toEqual({ live: 'blue', warm: undefined })
  })

  test('a copy that does not start: the own Deployment serves on, and nothing is adopted', () => {
    const world = new World()
    world.nature = { ...KIND, adopts: false }
    expect(world.run(goalOf(), safe)).toMatchObject({ decision: 'retreated', code: 'timeout' })
    expect(world.see()).toMatchObject({ switch: { to: 'own' }, own: { desired: 4 }, blue: { desired: 0 } })
    expect(world.state.colors).toBeUndefined()
    expect(switches(world.moves)).toEqual([])
  })

  test('pods that never become ready: never switched', () => {
    const world = adopted()
    world.nature = { ...KIND, starts: false }
    world.change({ green: workload('shop-green', 'old', 4) })
    expect(world.run(goalOf({ run: { id: 9, attempt: 1 } }), safe)).toMatchObject({ code: 'timeout' })
    expect(switches(world.moves)).toEqual([])
  })

  test('what served before is not whole any more: it is scaled up and waited for, then switched back', () => {
    const world = adopted()
    world.nature = { ...KIND, verdict: (stage) => (stage === 'post-switch' ? 'fail' : 'pass') }
    const end = world.run(third(), (move, seen) => {
      safe(move, seen)
      if (move.kind === 'judge' && move.stage === 'post-switch') {
        world.change({ green: workload('shop-green', 'new', 1) })
      }
    })
    expect(end).toMatchObject({ decision: 'retreated' })
    const after = kinds(world.moves).slice(kinds(world.moves).lastIndexOf('judge') + 1)
    expect(after.slice(0, 4)).toEqual(['note', 'scale', 'await', 'switch-back'])
  })

  test('what served before never gets all of its pods: it gets everything back within seconds all the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.boolean(), (there, cancelled) => {
        const world = adopted()
        let since = Infinity
        let backAt = Infinity
        const end = world.run(third(), (move, seen) => {
          safe(move, seen)
          if (move.kind === 'judge' && move.stage === 'post-switch') {
            world.change({ green: workload('shop-green', 'new', 4, { ready: there }) })
            // The missing ones never come.
            world.nature = { ...KIND, starts: false, verdict: () => 'fail' }
          } else if (world.see().verdict.kind === 'fail' && seen.switch.to === 'blue') {
            since = Math.min(since, seen.now)
            world.cancelled = cancelled
          }
          if (move.kind === 'switch-back') backAt = seen.now
        })
        expect(end).toMatchObject({ decision: cancelled ? 'cancelled' : 'retreated' })
        const most = there === 4 ? 100 : cancelled ? 2_000 : 20_000
        expect(backAt - since).toBeLessThan(most)
      }),
    )
  })

  test('nothing of the new one is ready: back at once, to as little as is ready', () => {
    const world = adopted()
    const end = world.run(third(), (move, seen) => {
      safe(move, seen)
      if (move.kind !== 'judge' || move.stage !== 'post-switch') return
      world.change({
        blue: workload('shop-blue', 'third', 4, { ready: 0, settled: false }),
        green: workload('shop-green', 'new', 1),
      })
    })
    expect(end).toMatchObject({ decision: 'retreated', code: 'not-ready' })
    expect(switches(world.moves)).toEqual(['release blue', 'back green'])
    expect(kinds(world.moves)).not.toContain('await base-ready')
  })

  test('held before the switch: the idle colour stays for inspection, and the next release clears it', () => {
    const world = adopted()
    world.nature = { ...KIND, verdict: (stage) => (stage === 'pre-switch' ? 'fail' : 'pass') }
    expect(world.run(third({ onFailure: 'hold' }), safe)).toMatchObject({
      decision: 'held',
      code: 'unhealthy',
    })
    expect(world.see()).toMatchObject({ switch: { to: 'green' }, blue: { desired: 4 } })
    world.die()
    world.nature = KIND
    expect(world.run(goalOf({ release: OTHER, run: { id: 9, attempt: 1 } }), safe)).toMatchObject({
      decision: 'switched',
    })
    expect(world.state.live?.release).toEqual(OTHER)
  })

  test('held after the switch: it goes on serving, and abort takes it back', () => {
    const world = adopted()
    world.nature = { ...KIND, verdict: (stage) => (stage === 'post-switch' ? 'hold' : 'pass') }
    expect(world.run(third({ onFailure: 'hold' }), safe)).toMatchObject({
      decision: 'held',
      code: 'inconclusive',
    })
    expect(world.see().switch.to).toBe('blue')
    world.die()
    expect(world.run(abortOf({ preempt: true, run: { id: 9, attempt: 1 } }), safe)).toMatchObject({
      decision: 'aborted',
    })
    expect(world.see().switch.to).toBe('green')
  })
})

describe('a rollback', () => {
  test('to the warm colour is the patch alone, unjudged', () => {
    const world = adopted()
    const goal = goalOf({ release: OLD, run: { id: 9, attempt: 1 }, preempt: true })
    expect(world.run(goal, safe)).toEqual({ kind: 'done', decision: 'switched' })
    expect(switches(world.moves)).toEqual(['release blue'])
    expect(kinds(world.moves)).not.toContain('judge')
    expect(kinds(world.moves)).not.toContain('link')
    expect(kinds(world.moves)).not.toContain('await')
  })

  test('does not wait for what it takes back to be whole, nor for its size when nothing of it is ready', () => {
    const world = adopted()
    world.change({ green: workload('shop-green', 'new', 10, { ready: 0, settled: false }) })
    const goal = goalOf({ release: OLD, run: { id: 9, attempt: 1 }, preempt: true })
    expect(world.run(goal, safe)).toEqual({ kind: 'done', decision: 'switched' })
    expect(kinds(world.moves)).not.toContain('await')
  })

  test('takes the claim from a run that is at work; a release of an older run stops', () => {
    const world = adopted()
    const claim = { kind: 'held', by: { id: 12, attempt: 1 }, state: world.state } as const
    const see = world.see.bind(world)
    world.see = () => (world.holder === undefined ? { ...see(), claim } : see())
    expect(world.step(goalOf({ release: OLD, preempt: true }))).toEqual({ kind: 'claim' })
    world.die()
    expect(world.step(third())).toMatchObject({ kind: 'stopped', by: { id: 12 } })
  })
})

describe('a Lease that somebody deleted', () => {
  test('while it soaks: it is judged again and lands, and what is not good goes back', () => {
    for (const verdict of ['pass', 'fail'] as const) {
      const world = adopted()
      let judged = 0
      let done: BlueGreenMove
      do done = world.step(third(), safe)
      while (done.kind !== 'judge' || done.stage !== 'post-switch')
      world.die()
      world.state = EMPTY_LEASE_STATE
      world.nature = { ...KIND, verdict: () => verdict }
      const end = world.run(third(), (move, seen) => {
        safe(move, seen)
        judged += Number(move.kind === 'judge')
      })
      expect(judged).toBe(1)
      if (verdict === 'pass') {
        expect(end).toEqual({ kind: 'done', decision: 'switched' })
        expect(world.state).toMatchObject({ live: { release: THIRD }, colors: { live: 'blue' } })
      } else {
        expect(end).toMatchObject({ kind: 'failed', decision: 'retreated', code: 'unhealthy' })
        expect(world.see().switch.to).toBe('green')
      }
      expectWhole(world)
    }
  })

  test('at any move: never unchanged before it was judged, and one whole version serves', () => {
    const calm = adopted()
    calm.run(third(), safe)
    for (let n = 1; n < calm.moves.length; n++) {
      const world = adopted()
      for (let i = 0; i < n; i++) world.step(third(), safe)
      world.state = EMPTY_LEASE_STATE
      world.die()
      world.moves.length = 0
      expect(world.run(third(), safe)).toEqual({ kind: 'done', decision: 'switched' })
      expect(world.moves.filter((move) => move.kind === 'judge').length).toBeGreaterThan(0)
      expectWhole(world)
    }
  })
})

describe('others at work', () => {
  test('the key taken out by a forced apply comes back first, whatever is under way, to what serves', () => {
    for (let n = 1; n < 60; n++) {
      const world = adopted()
      let count = 0
      let serving: string | undefined
      const end = world.run(third(), (move, seen) => {
        safe(move, seen)
        if (++count !== n || seen.claim.kind !== 'ours') return
        if (['done', 'failed', 'switch', 'switch-back'].includes(move.kind)) return
        serving = seen.switch.to === 'own' ? undefined : seen.switch.to
        world.resetSelector()
      })
      expect(end).toMatchObject({ kind: 'done' })
      if (serving !== undefined) expect(switches(world.moves)).toContain(`mend ${serving}`)
      expect(world.see().switch.to).toBe('blue')
    }
  })

  test('taken out again and again it is a conflict, and what served serves', () => {
    const world = adopted()
    const end = world.run(third(), (move, seen) => {
      safe(move, seen)
      if (move.kind === 'verify' && seen.claim.state.switching?.retreat === undefined) world.resetSelector()
      if (move.kind === 'link') world.resetSelector()
    })
    expect(end).toMatchObject({ decision: 'retreated', code: 'conflict' })
    expect(world.see().switch.to).toBe('green')
  })

  test('mended where nothing else is to do', () => {
    const world = adopted()
    world.resetSelector()
    expect(world.run(goalOf(), safe)).toEqual({ kind: 'done', decision: 'unchanged' })
    expect(switches(world.moves)).toEqual(['mend green'])
  })

  test('given everything by hand, a colour is what serves: the next release goes to the other', () => {
    const world = adopted()
    const { switch: named } = world.see()
    world.change({ switch: { ...named, to: 'blue', endpoints: { own: 0, blue: 4, green: 0 } } })
    expect(world.run(third(), safe)).toEqual({ kind: 'done', decision: 'switched' })
    expect(world.see().switch.to).toBe('green')
    expect(world.state.colors).toMatchObject({ warm: { color: 'blue', release: { template: 'old' } } })
  })

  test('a switch undone by hand is a conflict, never set again', () => {
    const world = adopted()
    const end = world.run(third(), (move, seen) => {
      safe(move, seen)
      if (move.kind !== 'judge' || move.stage !== 'post-switch') return
      const { switch: named } = world.see()
      world.change({ switch: { ...named, to: 'green', endpoints: { own: 0, blue: 0, green: 4 } } })
    })
    expect(end).toMatchObject({ decision: 'retreated', code: 'conflict' })
    expect(switches(world.moves)).toEqual(['release blue'])
  })

  test('a step whose Lease was taken stops at once', () => {
    const world = adopted()
    const end = world.run(third(), (move) => {
      if (move.kind === 'judge') world.lost = { id: 9, attempt: 1 }
    })
    expect(end).toMatchObject({ kind: 'stopped', by: { id: 9 } })
  })

  test('a newer release takes an older one back before its own begins', () => {
    const world = adopted()
    const older = third()
    while (world.step(older, safe).kind !== 'judge');
    world.die()
    expect(world.run(goalOf({ release: OTHER, run: { id: 9, attempt: 1 } }), safe)).toMatchObject({
      decision: 'switched',
    })
    expect(world.state.live?.release).toEqual(OTHER)
  })
})

describe('cancelled at any move', () => {
  test.each([
    ['of a first release', () => new World(), goalOf()],
    ['of a second release', () => adopted(), third()],
  ])('%s: what served before serves, and post leaves one whole version', (_, create, goal) => {
    const calm = create()
    calm.run(goal, safe)
    const { length } = calm.moves
    for (let n = 1; n < length; n++) {
      const world = create()
      const before = world.serves()
      for (let i = 0; i < n; i++) world.step(goal, safe)
      world.cancelled = true
      const end = world.run(goal, safe)
      const served = world.serves()
      if (end.kind === 'done') continue
      expect(end).toMatchObject({ kind: 'failed', decision: 'cancelled' })
      const late = world.state.switching?.passed.includes('post-switch') === true
      expect(served).toBe(late ? goal.release.template : before)
      world.die()
      expect(world.run(abortOf({ run: goal.run }), safe)).toEqual({ kind: 'done', decision: 'aborted' })
      expect(world.state.switching).toBeUndefined()
      expectWhole(world)
    }
  })
})

describe('a rollback to the warm colour, interrupted at any move', () => {
  const rollback = goalOf({ release: OLD, run: { id: 9, attempt: 1 }, soak: 0, preempt: true })
  const post = abortOf({ run: rollback.run })
  const bad = { release: NEW }

  test.each([
    ['cancelled', 'post', post],
    ['killed', 'post', post],
    ['killed', 'the rollback of another run', abortOf({ run: { id: 10, attempt: 1 }, preempt: true })],
    ['killed', 'a release that comes', third({ run: { id: 10, attempt: 1 } })],
  ] as const)('%s, and ended by %s: once it was switched, the bad version serves no more', (how, _, next) => {
    const calm = adopted()
    calm.run(rollback, safe)
    const { length } = calm.moves
    for (let n = 1; n < length; n++) {
      const world = adopted()
      for (let i = 0; i < n; i++) world.step(rollback, safe)
      const switched = switches(world.moves).length > 0
      if (how === 'cancelled') {
        world.cancelled = true
        const end = world.run(rollback, safe)
        // It had landed: the signal came too late.
        if (end.kind !== 'done') expect(end).toMatchObject({ decision: 'cancelled' })
        expect(world.serves()).toBe(switched ? 'old' : 'new')
      }
      world.die()
      if (next.kind === 'switch') world.nature = { ...world.nature, verdict: () => 'fail' }
      const end = world.run(next, (move, seen) => {
        safe(move, seen)
        if (switched && 'to' in move) expect(world.see()[move.to]?.template).not.toBe('new')
      })
      expect(end).toMatchObject(next.kind === 'switch' ? { code: 'unhealthy' } : { decision: 'aborted' })
      expect(world.serves()).toBe(switched ? 'old' : 'new')
      expect(world.state.rolledBack ?? []).toMatchObject(switched ? [bad] : [])
      // With GitHub away too, the next rollback finds the good version.
      const memory = { state: world.state, revisions: [] }
      if (!switched && next.kind === 'abort')
        expect(chooseFromCluster({ kind: 'previous' }, memory, NEW)).toMatchObject({
          release: { template: 'old' },
        })
      expectWhole(world)
    }
  })
})

/** One version serves, whole; nothing of an unfinished release is up, except a warm colour that the Lease names. */
function expectWhole(world: World): void {
  const { own, blue, green, switch: named } = world.see()
  const { colors } = world.state
  const live = named.to === 'own' ? own : named.to === 'blue' ? blue : green
  expect(live).toMatchObject({ settled: true })
  expect(live?.ready).toBeGreaterThan(0)
  if (named.to === 'own') {
    expect([blue?.desired ?? 0, green?.desired ?? 0]).toEqual([0, 0])
    return
  }
  expect(colors?.live).toBe(named.to)
  expect(own.desired).toBe(0)
  const idle = otherColor(named.to)
  const other = idle === 'blue' ? blue : green
  if (colors?.warm === undefined) expect(other?.desired ?? 0).toBe(0)
  else expect(colors.warm.color).toBe(idle)
}

describe('whatever happens', () => {
  const nature: fc.Arbitrary<Nature> = fc.record({
    starts: fc.boolean(),
    adopts: fc.boolean(),
    follows: fc.boolean(),
    verdict: fc.constantFrom(
      () => 'pass' as const,
      (stage: string) => (stage === 'pre-switch' ? ('fail' as const) : ('pass' as const)),
      (stage: string) => (stage === 'post-switch' ? ('fail' as const) : ('pass' as const)),
    ),
  })
  const keep = fc.constantFrom(0, 3_600_000, 'forever' as const)

  test('killed before any moves, or in the middle of one, and run again, it ends where the undisturbed run ends', () => {
    const kill = fc.record({ after: fc.integer({ min: 0, max: 40 }), half: fc.boolean() })
    fc.assert(
      fc.property(nature, keep, fc.array(kill, { maxLength: 4 }), (how, kept, kills) => {
        const goal = goalOf({ keep: kept })
        const calm = new World()
        calm.nature = how
        const wanted = calm.run(goal, safe)
        const world = new World()
        world.nature = how
        for (const { after, half } of kills) {
          let ended = false
          for (let i = 0; i < after && !ended; i++) {
            const { kind } = world.step(goal, safe)
            ended = kind === 'done' || kind === 'failed' || kind === 'stopped'
          }
          if (half && !ended) {
            const next = world.moves.at(-1)
            if (next?.kind === 'switch' || next?.kind === 'switch-back') world.actHalf(goal, next)
          }
          world.die()
        }
        const end = world.run(goal, safe)
        // A release that ended before it was run again begins anew, or is unchanged.
        const again = wanted.kind === 'done' && end.kind === 'done'
        if (!again) expect(end).toMatchObject({ kind: wanted.kind, code: codeOf(wanted) })
        expect(world.serves()).toBe(calm.serves())
        expectWhole(world)
      }),
      { numRuns: 400 },
    )
  })

  test('from any sight of a world that somebody else changes, it ends in bounded moves, and is safe', () => {
    const foreign = fc.record({
      at: fc.integer({ min: 0, max: 40 }),
      what: fc.constantFrom<Foreign[]>(
        'reset',
        'blue',
        'green',
        'own-applied',
        'scaled',
        'edited',
        'deleted',
        'shrunk',
      ),
    })
    fc.assert(
      fc.property(nature, fc.boolean(), fc.array(foreign, { maxLength: 4 }), (how, first, changes) => {
        const world = first ? new World() : adopted()
        world.nature = how
        const goal = first ? goalOf() : third()
        let count = 0
        const end = world.run(
          goal,
          (move, seen) => {
            safe(move, seen)
            const now = changes.find(({ at }) => at === count)
            count++
            if (now === undefined || ['switch', 'switch-back', 'done', 'failed'].includes(move.kind)) return
            disturb(world, now.what)
          },
          2_000, // one wait to its timeout is 600 looks
        )
        expect(['done', 'failed']).toContain(end.kind)
      }),
      { numRuns: 600 },
    )
  })
})

function codeOf(move: BlueGreenMove): unknown {
  return move.kind === 'failed' ? move.code : undefined
}

type Foreign = 'reset' | 'blue' | 'green' | 'own-applied' | 'scaled' | 'edited' | 'deleted' | 'shrunk'

function disturb(world: World, what: Foreign): void {
  const { own, blue, green, switch: named } = world.see()
  const set = (to: 'blue' | 'green'): void => {
    const ready = (to === 'blue' ? blue : green)?.ready ?? 0
    if (ready === 0) return
    world.change({ switch: { ...named, to, endpoints: { own: 0, blue: 0, green: 0, [to]: ready } } })
  }
  switch (what) {
    case 'reset':
      return world.resetSelector()
    case 'blue':
    case 'green':
      return set(what)
    case 'own-applied':
      return world.change({ own: workload('shop', 'old', 4) })
    case 'scaled':
      if (green !== undefined) world.change({ green: { ...green, desired: green.desired + 3 } })
      return
    case 'edited':
      if (blue !== undefined) world.change({ blue: { ...blue, template: 'foreign' } })
      return
    case 'deleted':
      return named.to === 'green' ? undefined : world.change({ green: undefined })
    case 'shrunk':
      if (named.to === 'own') world.change({ own: { ...own, ready: 1, settled: false } })
  }
}
