import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  decideRedeploy,
  EMPTY_LEASE_STATE,
  redeployBegun,
  redeployLanded,
  redeployNoted,
  type ClaimSight,
  type LeaseState,
  type Redeploying,
  type RedeployGoal,
  type RedeployMove,
  type RedeploySight,
  type WorkloadSight,
} from '../../src/index.ts'
import { id } from './releases.ts'

const RUN = { id: 9, attempt: 1 }
const GOAL: RedeployGoal = {
  kind: 'redeploy',
  release: id(2),
  replicaSet: 'shop-2',
  from: id(3),
  run: RUN,
  reason: 'bad',
  timing: { timeout: 60_000 },
  verifications: 2,
  soak: 0,
  allowOlder: false,
}
const NOW = 1_000_000
const STABLE: WorkloadSight = {
  name: 'shop',
  template: 't3',
  desired: 2,
  ready: 2,
  total: 2,
  old: 0,
  settled: true,
  endpoints: 2,
  trouble: [],
  deleting: false,
}
const RESTORED: WorkloadSight = { ...STABLE, template: 't2' }
const ROLLING: WorkloadSight = { ...RESTORED, ready: 1, old: 1, settled: false, endpoints: 1 }

const wanted = ({ redeploying }: LeaseState): Redeploying => {
  if (redeploying === undefined) throw new Error('nothing was begun')
  return redeploying
}
const begun = (phase: 'restoring' | 'rolling' | 'judging', change: object = {}): LeaseState => {
  const state = redeployBegun(EMPTY_LEASE_STATE, GOAL, undefined, NOW - 10)
  return { ...state, redeploying: { ...wanted(state), phase: { name: phase, since: NOW - 5 }, ...change } }
}
const ours = (state: LeaseState): ClaimSight => ({ kind: 'ours', fence: 1, since: NOW - 20, state })
const seen = (claim: ClaimSight, change: Partial<RedeploySight> = {}): RedeploySight => ({
  now: NOW,
  claim,
  stable: STABLE,
  serviced: true,
  unstamped: [],
  verdict: { kind: 'none' },
  cancelled: false,
  obstacle: undefined,
  ...change,
})
const free = (state: LeaseState = EMPTY_LEASE_STATE): ClaimSight => ({ kind: 'free', state })
const held = (by: number, state: LeaseState = EMPTY_LEASE_STATE): ClaimSight => ({
  kind: 'held',
  by: { id: by, attempt: 1 },
  state,
})
const live = (n: number, run: number) =>
  ({
    release: id(n),
    run: { id: run, attempt: 1 },
    deployment: undefined,
    outcome: 'promoted',
    why: undefined,
    at: NOW - 50,
  }) as const
const busy = { ...EMPTY_LEASE_STATE, inFlight: { release: id(4), run: RUN } } as LeaseState

/** One row a move, and the ways to each end. */
const TABLE: Readonly<
  Record<RedeployMove['kind'], readonly (readonly [string, RedeploySight, Partial<RedeployMove>])[]>
> = {
  claim: [
    ['nobody works on it', seen(free()), {}],
    ['an older run works on it', seen(held(5)), {}],
    ['a newer run works on it: a rollback pre-empts', seen(held(50)), {}],
    [
      'an interrupted rollback, though the template is there',
      seen(free(begun('rolling')), { stable: RESTORED }),
      {},
    ],
  ],
  begin: [
    ['the claim is ours', seen(ours(EMPTY_LEASE_STATE)), {}],
    [
      'another run was interrupted',
      seen(ours(begun('rolling', { run: { id: 8, attempt: 1 } })), { stable: ROLLING }),
      {},
    ],
  ],
  stamp: [
    [
      'our fence is not on it',
      seen(ours(begun('restoring')), { unstamped: ['Deployment/shop'] }),
      { object: 'Deployment/shop' },
    ],
  ],
  restore: [['the bad template is there', seen(ours(begun('restoring'))), {}]],
  note: [
    [
      'the template is there',
      seen(ours(begun('restoring')), { stable: ROLLING }),
      { change: { kind: 'phase', name: 'rolling' } },
    ],
    ['somebody put the bad one back', seen(ours(begun('rolling'))), { change: { kind: 'reverted' } }],
    [
      'it is whole',
      seen(ours(begun('rolling')), { stable: RESTORED }),
      { change: { kind: 'phase', name: 'judging' } },
    ],
    [
      'its gates passed',
      seen(ours(begun('judging')), { stable: RESTORED, verdict: { kind: 'pass', stage: 'restored-1' } }),
      { change: { kind: 'passed', round: 1 } },
    ],
  ],
  await: [
    ['pods are coming', seen(ours(begun('rolling')), { stable: ROLLING }), { what: 'rolled-out' }],
    [
      'the Service lists them not yet',
      seen(ours(begun('rolling')), { stable: { ...RESTORED, endpoints: 1 } }),
      { what: 'endpoints' },
    ],
  ],
  judge: [
    ['the first time', seen(ours(begun('judging')), { stable: RESTORED }), { stage: 'restored-1' }],
    [
      'once more, over a window of its own',
      seen(ours(begun('judging', { passed: 1 })), {
        stable: RESTORED,
        verdict: { kind: 'pass', stage: 'restored-1' },
      }),
      { stage: 'restored-2' },
    ],
  ],
  land: [
    [
      'verified as often as asked',
      seen(ours(begun('judging', { passed: 2 })), { stable: RESTORED }),
      { flaw: undefined },
    ],
    [
      'no Service selects its pods',
      seen(ours(begun('judging', { passed: 2 })), { stable: { ...RESTORED, endpoints: 0 }, serviced: false }),
      {},
    ],
    [
      'its gates failed: it serves all the same',
      seen(ours(begun('judging')), {
        stable: RESTORED,
        verdict: { kind: 'fail', stage: 'restored-1', code: 'unhealthy', reason: 'x' },
      }),
      {},
    ],
    [
      'its gates hold: nobody knows',
      seen(ours(begun('judging')), {
        stable: RESTORED,
        verdict: { kind: 'hold', stage: 'restored-1', reason: 'x' },
      }),
      {},
    ],
  ],
  done: [
    ['it runs already', seen(free(), { stable: RESTORED }), { decision: 'unchanged' }],
    [
      'we have landed',
      seen(ours(redeployLanded(begun('judging'), undefined, NOW - 1)), { stable: RESTORED }),
      { decision: 'rolled-back' },
    ],
  ],
  failed: [
    [
      'its verification failed',
      seen(ours(redeployLanded(begun('judging'), { code: 'unhealthy', reason: 'x', at: NOW - 1 }, NOW - 1)), {
        stable: RESTORED,
      }),
      { code: 'unhealthy' },
    ],
    ['a release began meanwhile', seen(free(busy)), { code: 'conflict' }],
    ['a release began meanwhile, with the claim ours', seen(ours(busy)), { code: 'conflict' }],
    [
      'the image is gone',
      seen(ours(begun('rolling')), { stable: { ...ROLLING, trouble: ['no such image'] } }),
      { code: 'retreat-failed' },
    ],
    [
      'pods need too long',
      seen(ours(begun('rolling')), { stable: ROLLING, now: NOW + 60_000 }),
      { code: 'timeout' },
    ],
    [
      'somebody puts it back each time',
      seen(ours(begun('rolling', { reverted: 2 }))),
      { code: 'retreat-failed' },
    ],
    [
      'a write was refused before anything was touched',
      seen(ours(EMPTY_LEASE_STATE), { obstacle: { code: 'forbidden', reason: 'no', onTheWayBack: false } }),
      { code: 'forbidden' },
    ],
    [
      'a write was refused',
      seen(ours(begun('restoring')), { obstacle: { code: 'forbidden', reason: 'no', onTheWayBack: false } }),
      { code: 'retreat-failed' },
    ],
    ['cancelled before', seen(free(), { cancelled: true }), { decision: 'cancelled' }],
    [
      'cancelled while the pods come',
      seen(ours(begun('rolling')), { stable: ROLLING, cancelled: true }),
      { decision: 'cancelled' },
    ],
  ],
  stopped: [
    [
      'somebody took the claim',
      seen({ kind: 'lost', to: { id: 50, attempt: 1 }, state: EMPTY_LEASE_STATE }),
      {},
    ],
    ['a newer release is live', seen(free({ ...EMPTY_LEASE_STATE, live: live(3, 50) })), {}],
  ],
}

describe.each(Object.entries(TABLE))('%s', (kind, rows) => {
  test.each(rows)('when %s', (_, sight, expected) => {
    expect(decideRedeploy(GOAL, sight)).toMatchObject({ kind, ...expected })
  })
})

test('an older run may act when a person says so', () => {
  const sight = seen(free({ ...EMPTY_LEASE_STATE, live: live(3, 50) }))
  expect(decideRedeploy({ ...GOAL, allowOlder: true }, sight).kind).toBe('claim')
})

// ——— a world in which moves have their effect ———

interface World {
  now: number
  state: LeaseState
  claim: 'free' | 'ours'
  since: number
  stable: WorkloadSight
  stamped: boolean
  verdict: RedeploySight['verdict']
}

const look = (world: World): RedeploySight =>
  seen(
    world.claim === 'ours'
      ? { kind: 'ours', fence: 1, since: world.since, state: world.state }
      : free(world.state),
    {
      now: world.now,
      stable: world.stable,
      unstamped: world.stamped ? [] : ['Deployment/shop'],
      verdict: world.verdict,
    },
  )

function happen(world: World, move: RedeployMove): void {
  world.now += 1
  switch (move.kind) {
    case 'claim':
      world.claim = 'ours'
      world.since = world.now
      world.stamped = false
      return
    case 'begin':
      world.state = redeployBegun(world.state, GOAL, undefined, world.now)
      return
    case 'stamp':
      world.stamped = true
      return
    case 'note':
      if (world.state.redeploying !== undefined)
        world.state = {
          ...world.state,
          redeploying: redeployNoted(world.state.redeploying, move.change, world.now),
        }
      return
    case 'restore':
      expect(world.stamped).toBe(true)
      world.stable = { ...ROLLING, template: GOAL.release.template }
      return
    case 'await':
      world.stable = { ...RESTORED }
      return
    case 'judge':
      world.verdict = { kind: 'pass', stage: move.stage }
      return
    case 'land':
      world.state = redeployLanded(world.state, move.flaw, world.now)
      return
    case 'done':
    case 'failed':
    case 'stopped':
      return
  }
}

const start = (): World => ({
  now: NOW,
  state: EMPTY_LEASE_STATE,
  claim: 'free',
  since: NOW,
  stable: STABLE,
  stamped: false,
  verdict: { kind: 'none' },
})

/** @param killed after so many moves a new process of the same run begins */
function play(world: World, killed: readonly number[] = []): readonly string[] {
  const kinds: string[] = []
  for (let n = 0; n < 100; n++) {
    if (killed.includes(n)) Object.assign(world, { claim: 'free', verdict: { kind: 'none' } })
    const move = decideRedeploy(GOAL, look(world))
    kinds.push(move.kind)
    if (move.kind === 'done' || move.kind === 'failed' || move.kind === 'stopped') return kinds
    happen(world, move)
  }
  throw new Error(`no end: ${kinds.join(' ')}`)
}

describe('from its beginning to its end', () => {
  test('in this order', () => {
    expect(play(start())).toEqual([
      'claim',
      'begin',
      'stamp',
      'restore',
      'note',
      'await',
      'note',
      'judge',
      'note',
      'judge',
      'note',
      'land',
      'done',
    ])
  })

  test('killed at any moves it ends as the undisturbed one, and knows what was bad', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 25 }), { maxLength: 4 }), (killed) => {
        const world = start()
        expect(play(world, killed).at(-1)).toBe('done')
        expect(world.stable).toEqual(RESTORED)
        expect(world.state.redeploying).toBeUndefined()
        expect(world.state.live?.release).toEqual(id(2))
        expect(world.state.rolledBack?.map(({ release }) => release.version)).toEqual(['3'])
      }),
    )
  })

  test('from any world it ends, writes a template only under the fence, and lands only what is whole', () => {
    const workload = fc.record({
      template: fc.constantFrom('t2', 't3', 'by hand'),
      settled: fc.boolean(),
      endpoints: fc.integer({ min: 0, max: 2 }),
      trouble: fc.constantFrom([], ['no such image']),
    })
    const state = fc.constantFrom(
      EMPTY_LEASE_STATE,
      begun('restoring'),
      begun('rolling'),
      begun('judging'),
      begun('judging', { passed: 2 }),
      busy,
    )
    fc.assert(
      fc.property(workload, state, fc.boolean(), (change, lease, stamped) => {
        const world: World = { ...start(), state: lease, stable: { ...STABLE, ...change }, stamped }
        for (let n = 0; n < 60; n++) {
          const sight = look(world)
          const move = decideRedeploy(GOAL, sight)
          if (move.kind === 'land') {
            expect(sight.stable).toMatchObject({ template: 't2', settled: true })
            expect(sight.stable.endpoints).toBeGreaterThanOrEqual(sight.stable.desired)
          }
          if (move.kind === 'done' || move.kind === 'failed' || move.kind === 'stopped') return
          happen(world, move)
        }
        throw new Error('no end')
      }),
    )
  })
})
