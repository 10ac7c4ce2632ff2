import { describe, expect, test } from '@jest/globals'
import { acceptanceOf } from '../../src/traffic/route-status.ts'
import type { HttpRoute, RouteCondition } from '../../src/traffic/route-types.ts'

const condition = (
  type: string,
  status: string,
  observedGeneration: number,
  message = '',
): RouteCondition => ({
  type,
  status,
  observedGeneration,
  message,
  reason: 'R',
})
const route = (...parents: readonly RouteCondition[][]): HttpRoute => ({
  metadata: { generation: 5 },
  spec: { parentRefs: [{ name: 'gw' }] },
  status: {
    parents: parents.map((conditions, at) => ({
      parentRef: { name: 'gw' },
      controllerName: `c${at}`,
      conditions,
    })),
  },
})
const fine = [condition('Accepted', 'True', 5), condition('ResolvedRefs', 'True', 5)]

describe('what the controllers say of the route', () => {
  test('accepted for the current generation', () => {
    expect(acceptanceOf(route(fine), false)).toEqual({ accepted: true, refused: undefined })
  })
  test('nothing yet: no controller, or an older generation', () => {
    expect(acceptanceOf(route(), false).accepted).toBe(false)
    expect(acceptanceOf(route([condition('Accepted', 'True', 4)]), false)).toEqual({
      accepted: false,
      refused: undefined,
    })
  })
  test('one of two controllers behind is not accepted', () => {
    expect(acceptanceOf(route(fine, [condition('Accepted', 'True', 4)]), false).accepted).toBe(false)
  })
  test('refused, with the controller’s own words', () => {
    const refused = [condition('Accepted', 'False', 5, 'no such listener')]
    expect(acceptanceOf(route(refused), false).refused).toBe('c0: Accepted is False: R: no such listener')
    const unresolved = [
      condition('Accepted', 'True', 5),
      condition('ResolvedRefs', 'False', 5, 'no Service x'),
    ]
    expect(acceptanceOf(route(unresolved), false).refused).toContain('no Service x')
  })
  test('a reference that did not resolve before us is not ours', () => {
    const unresolved = [condition('Accepted', 'True', 5), condition('ResolvedRefs', 'False', 5)]
    expect(acceptanceOf(route(unresolved), true)).toEqual({ accepted: true, refused: undefined })
  })
  test('what is left over of a parent that the route no longer names does not count', () => {
    const left = route(fine)
    const parents = [
      ...(left.status?.parents ?? []),
      { parentRef: { name: 'old' }, controllerName: 'gone', conditions: [] },
    ]
    expect(acceptanceOf({ ...left, status: { parents } }, false).accepted).toBe(true)
  })
})
