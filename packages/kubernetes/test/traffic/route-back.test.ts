import { expect, test } from '@jest/globals'
import { routeBack } from '../../src/traffic/route-back.ts'
import type { SplitRule } from '../../src/traffic/route-weights.ts'

const rule = (at: number, canary: number): SplitRule => ({
  at,
  stable: 0,
  canary: 2,
  refs: [
    { name: 'shop', port: 80, weight: 75 - canary },
    { name: 'other', port: 80, weight: 25 },
    { name: 'shop-canary', port: 80, weight: canary },
  ],
})

test('the command gives the stable what the canary has, in every rule that splits, and leaves other backends', () => {
  const command = routeBack('shop-ns', 'shop', [rule(0, 15), rule(3, 0)])
  const [, patch = '[]'] =
    /^kubectl -n shop-ns patch httproute shop --type json -p '(.*)'$/.exec(command) ?? []
  const operations = JSON.parse(patch) as { op: string; path: string; value: unknown }[]
  const set = operations.filter(({ op }) => op !== 'test')
  const weights = Object.fromEntries(set.map(({ path, value }) => [path, value]))
  expect(weights['/spec/rules/0/backendRefs/2/weight']).toBe(0)
  const other = Number(weights['/spec/rules/0/backendRefs/1/weight'] ?? 25)
  expect(Number(weights['/spec/rules/0/backendRefs/0/weight']) / other).toBe(3)
  expect(operations.some(({ path }) => path.startsWith('/spec/rules/3/'))).toBe(false)
  expect(operations).toContainEqual({
    op: 'test',
    path: '/spec/rules/0/backendRefs/2/name',
    value: 'shop-canary',
  })
})

test('without anything to put back it shows the route', () => {
  expect(routeBack('shop-ns', 'shop', [])).toBe('kubectl -n shop-ns get httproute shop -o yaml')
})
