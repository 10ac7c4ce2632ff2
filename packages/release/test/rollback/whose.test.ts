import { describe, expect, test } from '@jest/globals'
import {
  EMPTY_LEASE_STATE,
  isOwn,
  mayEnd,
  notOwn,
  type AbortGoal,
  type InFlight,
  type LeaseState,
  type RunId,
  type Switching,
} from '../../src/index.ts'

const US: RunId = { id: 7, attempt: 2 }
const OTHER: RunId = { id: 8, attempt: 1 }
const goal = (preempt: boolean, onlyOwn?: boolean): AbortGoal => ({
  kind: 'abort',
  run: US,
  reason: 'rejected',
  timing: { timeout: 1, warmUp: 0, interval: 1, drain: 0 },
  preempt,
  ...(onlyOwn === undefined ? {} : { onlyOwn }),
})
const canaryOf = (run: RunId): LeaseState => ({
  ...EMPTY_LEASE_STATE,
  inFlight: { run, release: { version: '3' } } as InFlight,
})
const switchOf = (run: RunId): LeaseState => ({
  ...EMPTY_LEASE_STATE,
  switching: { run, release: { version: '3' } } as Switching,
})

describe("what is a run's own", () => {
  test('is what it or an earlier attempt of it began, and no later attempt', () => {
    expect(isOwn(US, US)).toBe(true)
    expect(isOwn(US, { id: 7, attempt: 1 })).toBe(true)
    expect(isOwn(US, { id: 7, attempt: 3 })).toBe(false)
    expect(isOwn(US, OTHER)).toBe(false)
  })

  test.each([
    ['a canary', canaryOf],
    ['a switch', switchOf],
  ])('of %s in flight is said in words where it is not', (_, of) => {
    expect(notOwn(US, of(US), undefined)).toBeUndefined()
    expect(notOwn(US, of(US), US)).toBeUndefined()
    expect(notOwn(US, of(OTHER), undefined)).toContain('is of run 8')
    expect(notOwn(US, of(US), OTHER)).toContain('run 8 has taken over')
    expect(notOwn(US, EMPTY_LEASE_STATE, OTHER)).toBeUndefined()
  })
})

describe('an abort', () => {
  const may = (of: AbortGoal, flight: RunId, by?: RunId): boolean => {
    const state = canaryOf(flight)
    return mayEnd(of, by === undefined ? { kind: 'free', state } : { kind: 'held', by, state }, {
      run: flight,
    })
  }

  test('that pre-empts ends whatever is in flight', () => {
    expect(may(goal(true), OTHER, OTHER)).toBe(true)
  })

  test.each([goal(false), goal(true, true)])('that is of its own release ends no other (%#)', (of) => {
    expect(may(of, US)).toBe(true)
    expect(may(of, US, US)).toBe(true)
    expect(may(of, OTHER)).toBe(false)
    expect(may(of, US, OTHER)).toBe(false)
    expect(may(of, US, { ...US, attempt: 3 })).toBe(false)
  })
})
