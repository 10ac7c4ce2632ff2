import { describe, expect, test } from '@jest/globals'
import { acceptanceOf, refusedByAll } from '../../src/traffic/route-status.ts'
import type { HttpRoute, ParentRef, RouteCondition } from '../../src/traffic/route-types.ts'

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
/** The first parent knows the current generation, the second an older one. */
const two = (first: ParentRef, second: ParentRef): HttpRoute => ({
  metadata: { generation: 5 },
  spec: { parentRefs: [first, second] },
  status: {
    parents: [
      { parentRef: first, controllerName: 'c0', conditions: fine },
      { parentRef: second, controllerName: 'c1', conditions: [condition('Accepted', 'True', 4)] },
    ],
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
  test('one of two parents behind is not accepted', () => {
    const behind = two({ name: 'gw' }, { name: 'other' })
    expect(acceptanceOf(behind, false).accepted).toBe(false)
    // The same Gateway by two listeners is two parents.
    expect(
      acceptanceOf(two({ name: 'gw', sectionName: 'a' }, { name: 'gw', sectionName: 'b' }), false).accepted,
    ).toBe(false)
  })
  test('what an uninstalled controller said of the same Gateway does not count, a refusal of the current one does', () => {
    const old = [condition('Accepted', 'True', 4)]
    expect(acceptanceOf(route(old, fine), false).accepted).toBe(true)
    expect(acceptanceOf(route([condition('Accepted', 'False', 4)], fine), false)).toEqual({
      accepted: true,
      refused: undefined,
    })
    expect(acceptanceOf(route(old, [condition('Accepted', 'False', 5)]), false).refused).toContain('c1')
    expect(acceptanceOf(route(old, old), false).accepted).toBe(false)
  })
  test('two Gateways of one name in two namespaces are two', () => {
    const behind = two({ name: 'gw', namespace: 'a' }, { name: 'gw', namespace: 'b' })
    expect(acceptanceOf(behind, false).accepted).toBe(false)
  })
  describe('a parent that turns the route away, for where it attaches,', () => {
    const away = (reason: string): RouteCondition => ({ ...condition('Accepted', 'False', 5), reason })
    const of = (first: readonly RouteCondition[], second: readonly RouteCondition[]): HttpRoute => ({
      metadata: { generation: 5 },
      spec: { parentRefs: [{ name: 'gw' }, { name: 'internal' }] },
      status: {
        parents: [
          { parentRef: { name: 'gw' }, controllerName: 'c0', conditions: first },
          { parentRef: { name: 'internal' }, controllerName: 'c1', conditions: second },
        ],
      },
    })
    test.each(['NotAllowedByListeners', 'NoMatchingListenerHostname', 'NoMatchingParent'])(
      'does not count beside one that takes it: %s',
      (reason) => {
        const beside = of(fine, [away(reason)])
        expect(acceptanceOf(beside, false)).toEqual({ accepted: true, refused: undefined })
        expect(refusedByAll(beside)).toBeUndefined()
        // The other has not looked yet: that is to be waited for, and no refusal.
        const behind = of([condition('Accepted', 'True', 4)], [away(reason)])
        expect(acceptanceOf(behind, false)).toEqual({ accepted: false, refused: undefined })
        expect(refusedByAll(behind)).toBeUndefined()
      },
    )
    test('is a refusal where there is no other, and so is any reason that our change may have given', () => {
      const alone = of([away('NoMatchingParent')], [away('NotAllowedByListeners')])
      expect(acceptanceOf(alone, false).refused).toContain('NoMatchingParent')
      expect(refusedByAll(alone)).toContain('c0: Accepted is False: NoMatchingParent')
      expect(acceptanceOf(of(fine, [away('UnsupportedValue')]), false).refused).toContain('UnsupportedValue')
    })
  })
  test('two controllers of a mesh may both be at work on one Service', () => {
    const ref = { name: 'shop', kind: 'Service', group: '' }
    expect(acceptanceOf(two(ref, ref), false).accepted).toBe(false)
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
