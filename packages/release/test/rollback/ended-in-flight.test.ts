import { describe, expect, test } from '@jest/globals'
import {
  badOf,
  EMPTY_LEASE_STATE,
  endedBy,
  hasTakenBack,
  landed,
  type AbortGoal,
  type InFlight,
  type LeaseState,
  type ReleaseId,
  type Switching,
} from '../../src/index.ts'
import { id } from './releases.ts'

const RELEASE = { id: 7, attempt: 1 }
const ROLLBACK = { id: 9, attempt: 1 }
const flying: LeaseState = {
  ...EMPTY_LEASE_STATE,
  inFlight: { release: id(3), base: { release: id(2) }, run: RELEASE } as InFlight,
}
const abort = (preempt: boolean): AbortGoal => ({
  kind: 'abort',
  run: ROLLBACK,
  reason: 'bad',
  timing: { timeout: 1, warmUp: 0, interval: 1, drain: 0 },
  preempt,
})
const ended = (goal: AbortGoal): LeaseState =>
  landed(endedBy(flying, goal, flying.inFlight?.release, 100), 'retreated', 100)

describe('a rollback that ended what was in flight', () => {
  test('is remembered, so that its next attempt goes no further back', () => {
    expect(hasTakenBack(flying, ROLLBACK)).toBe(false)
    expect(hasTakenBack(ended(abort(true)), ROLLBACK)).toBe(true)
    expect(hasTakenBack(ended(abort(true)), { ...ROLLBACK, attempt: 2 })).toBe(true)
    expect(hasTakenBack(ended(abort(true)), { id: 10, attempt: 1 })).toBe(false)
  })

  test('is no end of it once a release has come since, also one of the same run', () => {
    const state = ended(abort(true))
    const again: LeaseState = { ...state, inFlight: { ...flying.inFlight, run: ROLLBACK } as InFlight }
    expect(hasTakenBack(again, ROLLBACK)).toBe(false)
    expect(hasTakenBack(landed(again, 'promoted', 200), ROLLBACK)).toBe(false)
  })

  test('is told from a release that took itself back', () => {
    expect(hasTakenBack(ended(abort(false)), ROLLBACK)).toBe(false)
  })
})

test("an interrupted rollback's own switch, taken back to begin anew, leaves no mark on the version that it restores", () => {
  const switching = (preempt: boolean): LeaseState => ({
    ...EMPTY_LEASE_STATE,
    switching: { release: id(2), base: { release: id(3) }, preempt } as Switching,
  })
  expect(endedBy(switching(true), abort(true), id(2), 100).rolledBack ?? []).toEqual([])
  expect(endedBy(switching(false), abort(true), id(2), 100).rolledBack).toMatchObject([{ release: id(2) }])
})

test("what an interrupted rollback's own switch takes back is the version that it leaves, not the one it restores", () => {
  const seen = (preempt: boolean) => ({
    state: {
      ...EMPTY_LEASE_STATE,
      switching: { release: id(2), base: { release: id(3) }, preempt } as Switching,
    },
    stable: id(1),
    colors: { blue: id(3), green: id(2) },
  })
  const known = (): ReleaseId => id(0)
  expect(badOf(seen(true), known).version).toBe('3')
  expect(badOf(seen(false), known).version).toBe('2')
})
