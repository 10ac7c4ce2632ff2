import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mergedPlan, nextStep } from '../../src/index.ts'
import { FLIGHT } from './sights.ts'
import { goalOf } from './world.ts'

const plan = fc.uniqueArray(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 8 }).map(ascending)

describe('where the walk stands', () => {
  test('it begins at the plan’s first weight, also at 0', () => {
    expect(nextStep(goalOf(), undefined)).toMatchObject({ kind: 'step', weight: 5 })
    expect(nextStep(goalOf({ plan: [0, 100] }), undefined)).toMatchObject({ kind: 'step', weight: 0 })
  })

  test('each weight has the soak of its own place in the plan', () => {
    const goal = goalOf({ soaks: [1, 2, 3, 4] })
    expect(nextStep(goal, FLIGHT)).toEqual({ kind: 'step', weight: 25, soak: 2 })
  })

  test('it visits every weight up to `until`, once, in order, and ends', () => {
    fc.assert(
      fc.property(plan, fc.nat(), (weights, at) => {
        const until = weights[at % weights.length] ?? 100
        const visited: number[] = []
        for (;;) {
          const flight = { ...FLIGHT, plan: weights, passed: visited }
          const next = nextStep(goalOf({ plan: weights, until }), flight)
          if (next.kind !== 'step') break
          visited.push(next.weight)
        }
        expect(visited).toEqual(weights.filter((weight) => weight <= until))
      }),
    )
  })

  test('what an earlier plan has passed is not walked again', () => {
    expect(nextStep(goalOf({ plan: [10, 20, 100] }), { ...FLIGHT, passed: [5, 10, 15] })).toMatchObject({
      kind: 'step',
      weight: 20,
    })
  })

  test('a weight alone, in its turn, is the next step', () => {
    expect(nextStep(goalOf({ plan: [25], until: 25 }), FLIGHT)).toMatchObject({ kind: 'step', weight: 25 })
  })

  test('a weight alone, before its turn, names the one that comes first', () => {
    expect(nextStep(goalOf({ plan: [100], until: 100 }), FLIGHT)).toEqual({ kind: 'skips', first: 25 })
  })

  test('a weight alone that has passed is the end', () => {
    expect(nextStep(goalOf({ plan: [5], until: 5 }), FLIGHT)).toEqual({ kind: 'end' })
  })
})

describe('the plan on the Lease', () => {
  test('is this step’s when it has one', () => {
    expect(mergedPlan(goalOf({ plan: [10, 100] }), FLIGHT)).toEqual([10, 100])
    expect(mergedPlan(goalOf({ plan: [10] }), undefined)).toEqual([10])
  })

  test('is the one in flight with this step’s weight in its place', () => {
    expect(mergedPlan(goalOf({ plan: [75] }), FLIGHT)).toEqual([5, 25, 50, 75, 100])
    expect(mergedPlan(goalOf({ plan: [25] }), FLIGHT)).toEqual([5, 25, 50, 100])
  })
})

function ascending(weights: readonly number[]): readonly number[] {
  return [...weights].sort((a, b) => a - b)
}
