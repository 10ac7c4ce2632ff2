import { describe, expect, test } from '@jest/globals'
import { Unreachable } from '@release-actions/values'
import { runRedeploy, type RedeployEnded } from '../../src/index.ts'
import { Killed } from '../lease-world.ts'
import { redeployGoal, RedeployWorld, type RedeployProcess } from '../redeploy-world.ts'

/** The runner's SIGINT, 7.5 s, SIGTERM, 2.5 s, the end. */
const UNTIL_SIGTERM_MS = 7_500
const NEVER = new AbortController().signal
const GOAL = redeployGoal()

function rollBack(
  world: RedeployWorld,
  goal = GOAL,
  process: RedeployProcess = world.process(goal.run),
  cancelled = NEVER,
): Promise<RedeployEnded> {
  return runRedeploy(goal, process, cancelled)
}

/** How many calls an undisturbed rollback makes. */
async function callsOf(): Promise<number> {
  const world = new RedeployWorld()
  let calls = 0
  world.nature.before = () => void calls++
  await rollBack(world)
  return calls
}

/** The n-th call from now on does something else first, or after it is done. */
function at(world: RedeployWorld, n: number, when: 'before' | 'after', what: () => void): void {
  let count = 0
  world.nature.before = () => {
    if (++count === n && when === 'before') what()
  }
  world.nature.after = () => {
    if (count === n && when === 'after') what()
  }
}

function calm(world: RedeployWorld): void {
  world.nature.before = () => undefined
  world.nature.after = () => undefined
}

/** Version 2 serves, whole, and what was taken back is known: whoever rolls back again goes further back. */
function expectRestored(world: RedeployWorld): void {
  expect(world.outcome()).toEqual({
    template: 'good',
    settled: true,
    redeploying: undefined,
    live: '2',
    rolledBack: ['3'],
  })
  expect(world.violations).toEqual([])
  expect(world.served.failed).toBe(0)
  expect(world.open).toEqual({ guards: 0, windows: 0 })
}

/** Plays `disturb` at each call in turn. */
async function atEachCall(disturb: (world: RedeployWorld, n: number) => Promise<void>): Promise<void> {
  const length = await callsOf()
  for (let n = 1; n <= length; n++) {
    const world = new RedeployWorld()
    try {
      await disturb(world, n)
    } catch (error) {
      throw new Error(`at call ${n} of ${length}, after ${world.writes.join(', ')}`, { cause: error })
    }
  }
}

describe('cancelled at any call', () => {
  const cancelledAt = (again: typeof GOAL): Promise<void> =>
    atEachCall(async (world, n) => {
      const cancel = new AbortController()
      let at0 = Infinity
      at(world, n, 'before', () => {
        at0 = world.clock.now()
        cancel.abort()
      })
      const { end } = await rollBack(world, GOAL, world.process(GOAL.run), cancel.signal)
      expect(world.clock.now() - at0).toBeLessThan(UNTIL_SIGTERM_MS)
      if (end.kind !== 'done') {
        expect(end).toMatchObject({ kind: 'failed', decision: 'cancelled', code: 'cancelled' })
        // Who is told that nothing was changed may rely on it.
        const says = end.kind === 'failed' ? end.reason : ''
        const untouched = /before anything|still serves/.test(says)
        expect(untouched).toBe(world.stable.template === 'bad')
      }
      expect(world.open).toEqual({ guards: 0, windows: 0 })
      calm(world)
      const next = await rollBack(world, again)
      expect(next.end.kind).toBe('done')
      expectRestored(world)
    })

  test('it ends before SIGTERM and says what is so; the next attempt sees it through', () =>
    cancelledAt({ ...GOAL, run: { id: 9, attempt: 2 } }))

  test('and so does another run, which takes up what was left', () =>
    cancelledAt({ ...GOAL, run: { id: 10, attempt: 1 } }))
})

describe.each(['before', 'after'] as const)('killed %s any call', (when) => {
  test.each([
    ['the next attempt', { id: 9, attempt: 2 }],
    ['another run', { id: 10, attempt: 1 }],
  ])('%s ends as an undisturbed rollback does', async (_, run) => {
    await atEachCall(async (world, n) => {
      const process = world.process(GOAL.run)
      at(world, n, when, () => {
        process.holder.alive = false
        throw new Killed()
      })
      await rollBack(world, GOAL, process).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error
      })
      calm(world)
      const { end } = await rollBack(world, { ...GOAL, run })
      expect(end.kind).toBe('done')
      expectRestored(world)
    })
  })
})

test.each(['before', 'after'] as const)(
  'a connection that is lost %s any call changes nothing about how it ends',
  async (when) => {
    await atEachCall(async (world, n) => {
      at(world, n, when, () => {
        throw new Unreachable('socket hang up')
      })
      const { end } = await rollBack(world)
      expect(end).toEqual({ kind: 'done', decision: 'rolled-back' })
      expectRestored(world)
    })
  },
)

test('overtaken at any call, it writes nothing against whoever came', async () => {
  await atEachCall(async (world, n) => {
    const other = { id: 12, attempt: 1 }
    let writes = Infinity
    let stolen = false
    at(world, n, 'before', () => {
      if (world.holder === undefined) return
      stolen = true
      world.steal(other)
      world.overtake('Deployment/shop')
      writes = world.writes.length
    })
    const { end } = await rollBack(world)
    if (!stolen) return
    // The last look of all may come after everything was done.
    if (end.kind !== 'done') expect(end).toMatchObject({ kind: 'stopped', by: other })
    expect(world.writes.length).toBeLessThanOrEqual(writes)
    expect(world.holder?.run).toEqual(other)
    expect(world.violations).toEqual([])
  })
})
