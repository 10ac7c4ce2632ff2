import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { attained, capacity } from '../../src/index.ts'

const weight = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100)
const stable = fc.integer({ min: 1, max: 500 })
const kind = fc.constantFrom('route' as const, 'replicas' as const)

describe('the pods that a weight needs', () => {
  test.each([
    ['route', 5, 4, 1],
    ['route', 25, 4, 1],
    ['route', 26, 4, 2],
    ['route', 50, 4, 2],
    ['route', 100, 4, 4],
    ['route', 7, 100, 7],
    ['route', 0, 4, 1],
    ['replicas', 5, 4, 1],
    ['replicas', 25, 4, 1],
    ['replicas', 25, 9, 3],
    ['replicas', 50, 4, 4],
    ['replicas', 100, 4, 4],
    ['replicas', 5, 100, 5],
  ] as const)('by %s, %d %% beside %d pods: %d', (by, share, beside, pods) => {
    expect(capacity(by, share, beside)).toBe(pods)
  })

  test('are at least one, and never more than the stable has', () => {
    fc.assert(
      fc.property(kind, weight, stable, (by, share, beside) => {
        const pods = capacity(by, share, beside)
        expect(Number.isInteger(pods)).toBe(true)
        expect(pods).toBeGreaterThanOrEqual(1)
        expect(pods).toBeLessThanOrEqual(beside)
      }),
    )
  })

  test('never fall when the weight or the stable grows', () => {
    fc.assert(
      fc.property(kind, weight, weight, stable, stable, (by, a, b, small, large) => {
        const least = capacity(by, Math.min(a, b), Math.min(small, large))
        expect(capacity(by, Math.max(a, b), Math.min(small, large))).toBeGreaterThanOrEqual(least)
        expect(capacity(by, Math.min(a, b), Math.max(small, large))).toBeGreaterThanOrEqual(least)
      }),
    )
  })

  test('behind a route are at least the weight’s share of the stable’s', () => {
    fc.assert(
      fc.property(weight, stable, (share, beside) => {
        expect((capacity('route', share, beside) / beside) * 100).toBeGreaterThanOrEqual(share - 1e-3)
      }),
    )
  })

  test('without a router never take more than the weight, except that one pod is the least', () => {
    fc.assert(
      fc.property(weight, stable, (share, beside) => {
        const pods = capacity('replicas', share, beside)
        if (pods > 1) expect((pods / (pods + beside)) * 100).toBeLessThanOrEqual(share + 1e-3)
      }),
    )
  })

  test('without a router are the most that the weight allows', () => {
    fc.assert(
      fc.property(weight, stable, (share, beside) => {
        const pods = capacity('replicas', share, beside)
        const more = ((pods + 1) / (pods + 1 + beside)) * 100
        if (pods < beside) expect(more).toBeGreaterThan(share - 1e-3)
      }),
    )
  })
})

describe('the share that is attained', () => {
  test.each([
    ['route', 5, 4, 5],
    ['replicas', 0, 4, 0],
    ['replicas', 5, 4, 20],
    ['replicas', 25, 9, 25],
    ['replicas', 100, 4, 50],
  ] as const)('by %s, of %d %% beside %d pods: %d', (by, share, beside, percent) => {
    expect(attained(by, share, beside)).toBe(percent)
  })
})
