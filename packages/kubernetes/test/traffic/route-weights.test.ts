import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { originalOf, parseOriginal, unlinking } from '../../src/traffic/route-original.ts'
import type { BackendRef, HttpRoute } from '../../src/traffic/route-types.ts'
import {
  reweighed,
  setWeights,
  shareOf,
  type SplitRule,
  splitRules,
} from '../../src/traffic/route-weights.ts'

const names = { stable: 'shop', canary: 'shop-canary' }
const ref = (name: string, weight?: number): BackendRef => ({
  name,
  port: 80,
  ...(weight !== undefined && { weight }),
})
const route = (...rules: readonly BackendRef[][]): HttpRoute => ({
  metadata: { name: 'r', namespace: 'ns' },
  spec: {
    rules: rules.map((backendRefs, at) => ({ matches: [{ path: { value: `/${at}` } }], backendRefs })),
  },
})
const rule = (...refs: BackendRef[]): SplitRule => {
  const [only] = splitRules(route(refs), names, undefined)
  if (only === undefined) throw new Error('no rule names the stable')
  return only
}

describe('which rules are split', () => {
  const two = route([ref('other')], [ref('shop'), ref('shop-canary', 0)], [ref('shop')])
  test('every one that names the stable Service', () => {
    expect(splitRules(two, names, undefined).map(({ at, canary }) => [at, canary])).toEqual([
      [1, 1],
      [2, undefined],
    ])
  })
  test('only the chosen one, by index or name, and those where our ref is already', () => {
    expect(splitRules(two, names, '2').map(({ at }) => at)).toEqual([1, 2])
    expect(splitRules(route([ref('shop')], [ref('shop')]), names, '1').map(({ at }) => at)).toEqual([1])
    const named = {
      ...two,
      spec: { rules: [{ name: 'web', backendRefs: [ref('shop')] }, { backendRefs: [ref('shop')] }] },
    }
    expect(splitRules(named, names, 'web').map(({ at }) => at)).toEqual([0])
  })
  test('a Service of that name in another namespace, or another kind, is not the stable', () => {
    const strange = route(
      [{ ...ref('shop'), namespace: 'other' }],
      [{ ...ref('shop'), kind: 'Bucket', group: 'x' }],
    )
    expect(splitRules(strange, names, undefined)).toEqual([])
  })
})

describe('weights', () => {
  test('read as shares of a hundred where only stable and canary are', () => {
    expect(reweighed(rule(ref('shop', 1), ref('shop-canary', 0)), 5)).toEqual([95, 5])
    expect(reweighed(rule(ref('shop', 95), ref('shop-canary', 5)), 100)).toEqual([0, 100])
    expect(reweighed(rule(ref('shop'), ref('shop-canary', 0)), 33.33)).toEqual([6667, 3333])
  })
  test('split only the stable’s share where other backends are', () => {
    expect(reweighed(rule(ref('shop', 3), ref('other', 1), ref('shop-canary', 0)), 25)).toEqual([
      225, 100, 75,
    ])
  })
  test('leave a rule alone that gives the stable nothing', () => {
    expect(reweighed(rule(ref('shop', 0), ref('other', 1), ref('shop-canary', 0)), 25)).toEqual([0, 1, 0])
  })
  test('that cannot be exact within the API’s limit are refused', () => {
    expect(() =>
      reweighed(rule(ref('shop', 999_983), ref('other', 7), ref('shop-canary', 0)), 33.33),
    ).toThrow(/cannot be split exactly/)
  })

  const weights = fc.record({
    stable: fc.integer({ min: 1, max: 1000 }),
    others: fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 3 }),
    walk: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 6 }),
  })
  test('keep every proportion exactly, over any walk, and come back to where they began', () => {
    fc.assert(
      fc.property(weights, ({ stable, others, walk }) => {
        const refs = [
          ref('shop', stable),
          ...others.map((weight, at) => ref(`o${at}`, weight)),
          ref('shop-canary', 0),
        ]
        let now = rule(...refs)
        for (const weight of walk) {
          const next = reweighed(now, weight)
          expect(next.every((each) => Number.isInteger(each) && each >= 0 && each <= 1_000_000)).toBe(true)
          now = rule(...refs.map((each, at) => ({ ...each, weight: next[at] ?? -1 })))
          expect(shareOf(now)).toBe(weight)
          const ours = (next[0] ?? 0) + (next.at(-1) ?? 0)
          others.forEach((other, at) => expect((next[at + 1] ?? 0) * stable).toBe(other * ours))
        }
      }),
    )
  })
})

describe('the patch', () => {
  test('tests the name of every ref that it touches', () => {
    const patch = setWeights(rule(ref('shop', 1), ref('shop-canary', 0)), [95, 5])
    expect(patch).toEqual([
      { op: 'test', path: '/spec/rules/0/backendRefs/0/name', value: 'shop' },
      { op: 'add', path: '/spec/rules/0/backendRefs/0/weight', value: 95 },
      { op: 'test', path: '/spec/rules/0/backendRefs/1/name', value: 'shop-canary' },
      { op: 'add', path: '/spec/rules/0/backendRefs/1/weight', value: 5 },
    ])
  })
})

describe('putting the route back', () => {
  const before = route([ref('shop', 3), ref('other', 1)], [ref('shop', 1)])
  const original = parseOriginal(
    JSON.parse(JSON.stringify(originalOf(before, splitRules(before, names, undefined), 'shop'))),
  )
  const flying = (): readonly BackendRef[][] => [
    [ref('shop', 225), ref('other', 100), ref('shop-canary', 75)],
    [ref('shop', 75), ref('shop-canary', 25)],
  ]
  const after = (now: HttpRoute): readonly (readonly [string, number | undefined])[][] => {
    const rules = structuredClone(now.spec?.rules ?? []) as { backendRefs: BackendRef[] }[]
    for (const step of unlinking(now, names, original)) {
      const [, , , at = '', , place = '', field] = step.path.split('/')
      const refs = rules[Number(at)]?.backendRefs ?? []
      const there = refs[Number(place)]
      if (step.op === 'remove') refs.splice(Number(place), 1)
      else if (step.op === 'test') expect(there?.name).toBe(step.value)
      else if (field === 'weight' && there !== undefined)
        refs[Number(place)] = { ...there, weight: Number(step.value) }
    }
    return rules.map((each) => each.backendRefs.map(({ name, weight }) => [name, weight] as const))
  }

  test('gives every weight its original number back', () => {
    expect(after(route(...flying()))).toEqual([
      [
        ['shop', 3],
        ['other', 1],
      ],
      [['shop', 1]],
    ])
  })
  test('finds the rules by what they name when somebody reordered them', () => {
    const now = route(...flying().toReversed())
    expect(after(now)).toEqual([
      [['shop', 1]],
      [
        ['shop', 3],
        ['other', 1],
      ],
    ])
  })
  test('keeps the proportions that somebody else set meanwhile', () => {
    const now = route([ref('shop', 100), ref('other', 300), ref('shop-canary', 0)])
    expect(after(now)).toEqual([
      [
        ['shop', 100],
        ['other', 300],
      ],
    ])
  })
  test('does nothing where our ref is gone already', () => {
    expect(unlinking(before, names, original)).toEqual([])
  })
  test('without a record keeps the proportions', () => {
    const now = route([ref('shop', 75), ref('shop-canary', 25)])
    const patch = unlinking(now, names, undefined)
    expect(patch.at(-1)).toEqual({ op: 'remove', path: '/spec/rules/0/backendRefs/1' })
  })
})
