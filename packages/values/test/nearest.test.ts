import { expect, test } from '@jest/globals'
import { nearest } from '../src/index.ts'

test.each([
  ['shpo', ['shop', 'cart'], 'shop'],
  ['crat', ['shop', 'cart'], 'cart'],
  ['workloda', ['worker', 'workload'], 'workload'],
  ['retreet', ['retreat', 'hold'], 'retreat'],
  ['SHOP', ['shop'], 'shop'],
  ['xyz', ['shop', 'cart'], undefined],
  ['a', [], undefined],
])('the known name that %s was meant to be, of %p: %s', (typed, known, expected) => {
  expect(nearest(typed, known)).toBe(expected)
})
