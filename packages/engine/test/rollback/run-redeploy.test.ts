import { describe, expect, test } from '@jest/globals'
import { Conflict, Forbidden, Unreachable } from '@release-actions/values'
import { runRedeploy, type RedeployEnded, type RedeployListener } from '../../src/index.ts'
import { MINUTE } from '../goals.ts'
import { redeployGoal, RedeployWorld } from '../redeploy-world.ts'

const NEVER = new AbortController().signal

function rollBack(
  world: RedeployWorld,
  goal = redeployGoal(),
  listener: RedeployListener = {},
): Promise<RedeployEnded> {
  return runRedeploy(goal, world.process(goal.run), NEVER, listener)
}

/** The n-th call of that name throws. */
function refuse(world: RedeployWorld, name: string, error: Error, times = Infinity): void {
  let left = times
  world.nature.before = (call) => {
    if (call.startsWith(name) && left-- > 0) throw error
  }
}

describe('a workload that is set back', () => {
  test('is claimed, marked, set, awaited, judged as often as asked, and said to be live', async () => {
    const world = new RedeployWorld()
    const { end, journal, words } = await rollBack(world)
    expect(end).toEqual({ kind: 'done', decision: 'rolled-back' })
    expect(world.writes).toEqual([
      'take lease',
      'write lease',
      'stamp Deployment/shop',
      'restore good',
      'write lease',
      'write lease',
      'write lease',
      'write lease',
      'write lease',
    ])
    expect(journal.map(({ text }) => text)).toEqual([
      'claim the workload (Lease), whoever works on it',
      'write on the Lease what is being restored',
      'put the fence on Deployment/shop',
      'SET BACK: shop to 2',
      'wait: 2 of 4 pods of shop are ready, 2 old ones are left',
      'verify 2, the first time',
      'verified, the first time',
      'verify 2, the second time',
      'verified, the second time',
      '2 is live: the Lease says so',
      'rolled-back',
    ])
    expect(words).toEqual([])
    expect(world.outcome()).toMatchObject({ template: 'good', settled: true, live: '2', rolledBack: ['3'] })
    expect(world.holder).toBeUndefined()
    expect(world.open).toEqual({ guards: 0, windows: 0 })
    expect(world.violations).toEqual([])
  })

  test('knows the Deployment of its record, and tells what could not be had back', async () => {
    const world = new RedeployWorld()
    const told: string[] = []
    const noted: unknown[] = []
    world.nature.after = () => void noted.push(world.state.redeploying?.deployment)
    await rollBack(world, redeployGoal(), {
      opening: () => Promise.resolve(41),
      tell: (text) => void told.push(text),
    })
    expect(noted).toContain(41)
    expect(world.state.live).toMatchObject({ deployment: 41, outcome: 'promoted' })
    expect(told).toEqual(['the annotations of its pods'])
  })

  test('is left alone when it runs the target already: nothing is claimed, nothing written', async () => {
    const world = new RedeployWorld()
    world.stable = { ...world.stable, template: 'good' }
    expect((await rollBack(world)).end).toEqual({ kind: 'done', decision: 'unchanged' })
    expect(world.writes).toEqual([])
  })

  test('is taken from a run that is at work on it', async () => {
    const world = new RedeployWorld()
    world.steal({ id: 12, attempt: 1 })
    expect((await rollBack(world)).end).toEqual({ kind: 'done', decision: 'rolled-back' })
  })

  test('that does not pass its verification serves all the same, and the Lease says what is wrong', async () => {
    const world = new RedeployWorld()
    world.nature.verdict = (stage) =>
      stage === 'restored-2' ? { kind: 'fail', code: 'unhealthy', reason: 'p99' } : { kind: 'pass' }
    const { end } = await rollBack(world)
    expect(end).toMatchObject({ kind: 'failed', decision: 'failed', code: 'unhealthy' })
    expect(world.outcome()).toMatchObject({ template: 'good', live: '2', rolledBack: ['3'] })
    expect(world.state.live?.why).toMatchObject({ code: 'unhealthy' })
    expect(world.open).toEqual({ guards: 0, windows: 0 })
  })

  test('that gates hold on is not known to be well', async () => {
    const world = new RedeployWorld()
    world.nature.verdict = () => ({ kind: 'hold', reason: 'no data' })
    expect((await rollBack(world)).end).toMatchObject({ kind: 'failed', code: 'inconclusive' })
  })
})

describe('when something is in the way', () => {
  test('pods that cannot start are said in their own words, and that the bad version may still serve', async () => {
    const world = new RedeployWorld()
    world.nature.trouble = 'ErrImagePull: app:2'
    const { end, words } = await rollBack(world)
    expect(end).toMatchObject({ kind: 'failed', code: 'retreat-failed' })
    expect(end).toMatchObject({ reason: expect.stringContaining('3 may still serve') })
    expect(words).toEqual(['the words of the stable'])
    expect(world.state.redeploying?.release.version).toBe('2')
  })

  test('pods that are slow end the wait as a timeout; run again, it carries on and lands', async () => {
    const world = new RedeployWorld()
    world.nature.starts = 3 * MINUTE
    expect((await rollBack(world)).end).toMatchObject({ kind: 'failed', code: 'timeout' })
    expect((await rollBack(world)).end).toEqual({ kind: 'done', decision: 'rolled-back' })
    expect(world.writes.filter((write) => write.startsWith('restore'))).toHaveLength(1)
    expect(world.outcome()).toMatchObject({ template: 'good', rolledBack: ['3'] })
  })

  test.each([
    [1, { kind: 'done', decision: 'rolled-back' }],
    [9, { kind: 'failed', code: 'retreat-failed' }],
  ])('somebody who puts the bad template back %d times is written against twice', async (times, expected) => {
    const world = new RedeployWorld()
    world.nature.reverts = times
    const { end } = await rollBack(world)
    expect(end).toMatchObject(expected)
    expect(world.writes.filter((write) => write.startsWith('restore')).length).toBeLessThanOrEqual(3)
  })

  test('a write that is forbidden is no loop: before it was begun nothing was touched, else it is not taken back', async () => {
    for (const [call, code] of [
      ['take lease', 'forbidden'],
      ['restore', 'retreat-failed'],
    ] as const) {
      const world = new RedeployWorld()
      refuse(world, call, new Forbidden('patch is not allowed'))
      const { end } = await rollBack(world)
      expect(end).toMatchObject({ kind: 'failed', code })
      expect(world.stable.template).toBe('bad')
      expect(world.open).toEqual({ guards: 0, windows: 0 })
    }
  })

  test('conflicts mean to look again, until somebody writes against it all the time', async () => {
    const passing = new RedeployWorld()
    refuse(passing, 'restore', new Conflict('the object has been modified'), 5)
    expect((await rollBack(passing)).end).toEqual({ kind: 'done', decision: 'rolled-back' })
    const standing = new RedeployWorld()
    refuse(standing, 'restore', new Conflict('the object has been modified'))
    expect((await rollBack(standing)).end).toMatchObject({ kind: 'failed', code: 'retreat-failed' })
  })

  test('a newer run that takes the Lease has it: nothing more is written', async () => {
    const world = new RedeployWorld()
    world.clock.in(5_000, () => world.steal({ id: 12, attempt: 1 }))
    const { end } = await rollBack(world)
    expect(end).toMatchObject({ kind: 'stopped', by: { id: 12 } })
    const { length } = world.writes
    world.clock.pass(MINUTE)
    expect(world.writes).toHaveLength(length)
    expect(world.holder?.run.id).toBe(12)
  })

  test('a Lease that is deleted is claimed anew, and it ends all the same', async () => {
    const world = new RedeployWorld()
    world.clock.in(5_000, () => world.deleteLease())
    const { end } = await rollBack(world)
    expect(end.kind).toBe('done')
    expect(world.outcome()).toMatchObject({ template: 'good', settled: true, redeploying: undefined })
    expect(world.violations).toEqual([])
  })

  test('a cluster that is away for a minute is asked again; one that stays away is an error', async () => {
    const world = new RedeployWorld()
    const until = world.clock.now() + MINUTE
    world.nature.before = () => {
      if (world.clock.now() < until) throw new Unreachable('connect ECONNREFUSED')
    }
    expect((await rollBack(world)).end).toEqual({ kind: 'done', decision: 'rolled-back' })
    const gone = new RedeployWorld()
    refuse(gone, '', new Unreachable('connect ECONNREFUSED'))
    await expect(rollBack(gone)).rejects.toThrow('ECONNREFUSED')
    expect(gone.writes).toEqual([])
  })
})
