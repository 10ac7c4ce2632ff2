import { expect, test } from '@jest/globals'
import { besideService, bounded, canaryValue, fenceKey, leaseName } from '../src/names.ts'
import { parseQuantity } from '../src/quantity.ts'
import { selectorText } from '../src/selectors.ts'

test('a Lease is named after its workload, and a long name is cut without two becoming one', () => {
  expect(leaseName('shop')).toBe('release-actions-shop')
  const [a, b] = [leaseName(`${'x'.repeat(80)}a`), leaseName(`${'x'.repeat(80)}b`)]
  expect(a.length).toBe(63)
  expect(a).not.toBe(b)
})

test('names are legal after being cut: no dash before the hash, none at the end', () => {
  expect(bounded(`${'a'.repeat(53)}-${'b'.repeat(30)}`)).toMatch(/^a{53}-[0-9a-f]{8}$/)
  expect(canaryValue('v'.repeat(63)).length).toBeLessThanOrEqual(63)
  expect(canaryValue('')).toBe('canary')
})

test("the canary's Service has a name that a Service may have, also where the stable's is as long as it may be", () => {
  expect(besideService('shop', 'canary')).toBe('shop-canary')
  expect(besideService('s'.repeat(63), 'canary')).toMatch(/^s+-[0-9a-f]{8}-canary$/)
  expect(besideService('s'.repeat(63), 'canary')).toHaveLength(63)
})

test('each workload has a fence of its own on an object that several share', () => {
  expect(fenceKey('shop')).toBe('fence.release-actions.dev/shop')
  expect(fenceKey('x'.repeat(100)).split('/')[1]?.length).toBe(63)
})

test.each([
  ['250m', 0.25],
  ['2', 2],
  ['1.5', 1.5],
  ['128Mi', 134_217_728],
  ['1G', 1e9],
  ['1e3', 1000],
  ['12345n', 0.000012345],
  ['', undefined],
  ['many', undefined],
])('the quantity %s is %s', (text, value) => {
  const parsed = parseQuantity(text)
  if (value === undefined) expect(parsed).toBeUndefined()
  else expect(parsed).toBeCloseTo(value, 12)
})

test('one list finds the pods of stable and canary', () => {
  const selector = {
    matchLabels: { app: 'shop', tier: 'web' },
    matchExpressions: [{ key: 'x', operator: 'Exists' }],
  }
  expect(selectorText(selector, { app: 'shop-canary' })).toBe('app in (shop,shop-canary),tier=web,x')
  expect(selectorText(selector)).toBe('app=shop,tier=web,x')
})
