import { describe, expect, test } from '@jest/globals'
import { canaryLabels, type Neighbourhood, spreadLabels } from '../../src/canary/labels.ts'
import type { Labels, Service } from '../../src/objects.ts'

const service = (name: string, selector: Labels): Service => ({ metadata: { name }, spec: { selector } })
const around = (given: Partial<Neighbourhood> & { labels: Labels }): Neighbourhood => ({
  selector: { matchLabels: given.labels },
  services: [],
  policies: [],
  budgets: [],
  ...given,
})

describe('the labels of a canary behind a router', () => {
  test('one key that the Service and the Deployment select is changed', () => {
    const labels = { app: 'shop', tier: 'web' }
    const chosen = canaryLabels(around({ labels, services: [service('shop', { app: 'shop' })] }))
    expect(chosen).toEqual({
      changed: { app: 'shop-canary' },
      labels: { app: 'shop-canary', tier: 'web' },
      selector: { app: 'shop-canary', tier: 'web' },
      overlaps: false,
    })
  })

  test('every Service that selects the stable loses the canary, with as few keys as can be', () => {
    const labels = { app: 'shop', tier: 'web', team: 'a' }
    const services = [service('shop', { app: 'shop', tier: 'web' }), service('all-web', { tier: 'web' })]
    expect(canaryLabels(around({ labels, services })).changed).toEqual({ tier: 'web-canary' })
  })

  test('two Services without a common key take two keys', () => {
    const labels = { app: 'shop', tier: 'web' }
    const services = [service('shop', { app: 'shop' }), service('web', { tier: 'web' })]
    expect(canaryLabels(around({ labels, services })).changed).toEqual({
      app: 'shop-canary',
      tier: 'web-canary',
    })
  })

  test('a key of matchLabels is always among them, since the stable would adopt the pods', () => {
    const labels = { app: 'shop', expose: 'yes' }
    const services = [service('shop', { expose: 'yes' })]
    const chosen = canaryLabels(around({ labels, selector: { matchLabels: { app: 'shop' } }, services }))
    expect(chosen.changed).toEqual({ app: 'shop-canary', expose: 'yes-canary' })
    expect(chosen.selector).toEqual({ app: 'shop-canary', expose: 'yes-canary' })
  })

  test('on a tie the key that fewer NetworkPolicies and PDBs name is changed', () => {
    const labels = { app: 'shop', name: 'shop' }
    const services = [service('shop', labels)]
    const policies = [{ metadata: { name: 'p' }, spec: { podSelector: { matchLabels: { app: 'shop' } } } }]
    expect(canaryLabels(around({ labels, services, policies })).changed).toEqual({ name: 'shop-canary' })
    const budgets = [
      { spec: { selector: { matchLabels: { name: 'shop' } } } },
      { spec: { selector: { matchLabels: { name: 'shop' } } } },
    ]
    expect(canaryLabels(around({ labels, services, policies, budgets })).changed).toEqual({
      app: 'shop-canary',
    })
  })

  test('a value that another Service already selects is not taken', () => {
    const labels = { app: 'shop', tier: 'web' }
    const services = [service('shop', labels), service('theirs', { app: 'shop-canary' })]
    expect(canaryLabels(around({ labels, services })).changed).toEqual({ tier: 'web-canary' })
  })

  test('a Service of another workload has no say', () => {
    const labels = { app: 'shop' }
    const services = [service('shop', { app: 'shop' }), service('other', { app: 'other', tier: 'web' })]
    expect(canaryLabels(around({ labels, services })).changed).toEqual({ app: 'shop-canary' })
  })

  test('a long value stays a legal one, and two long values stay two', () => {
    const [a, b] = ['x'.repeat(62) + 'a', 'x'.repeat(62) + 'b'].map(
      (app) => canaryLabels(around({ labels: { app } })).changed['app'] ?? '',
    )
    expect(a).toMatch(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/)
    expect(a).not.toBe(b)
  })

  test('canary-labels is taken when it does it, and refused with the reason when it does not', () => {
    const given = around({ labels: { app: 'shop' }, services: [service('shop', { app: 'shop' })] })
    expect(canaryLabels(given, { app: 'shop-next' }).changed).toEqual({ app: 'shop-next' })
    expect(() => canaryLabels(given, { tier: 'x' })).toThrow(
      expect.objectContaining({ code: 'invalid-input', why: ['Service shop selects app=shop'] }),
    )
  })

  test('release-actions.dev/track is the user’s own way: only that key, and the selectors overlap', () => {
    const key = 'release-actions.dev/track'
    const chosen = canaryLabels(
      around({
        labels: { app: 'shop', [key]: 'stable' },
        selector: { matchLabels: { app: 'shop' } },
        services: [service('shop', { app: 'shop', [key]: 'stable' })],
      }),
    )
    expect(chosen.changed).toEqual({ [key]: 'canary' })
    expect(chosen.selector).toEqual({ app: 'shop', [key]: 'canary' })
    expect(chosen.overlaps).toBe(true)
  })

  test('where the Deployment’s own expressions would still match the canary, a person must choose', () => {
    const labels = { app: 'shop', tier: 'web' }
    const selector = { matchExpressions: [{ key: 'app', operator: 'In', values: ['shop', 'shop-canary'] }] }
    const given = around({ labels, selector, services: [service('shop', { app: 'shop' })] })
    expect(() => canaryLabels(given)).toThrow(/canary-labels/)
    expect(canaryLabels(given, { app: 'next' }).overlaps).toBe(false)
  })
})

test('without a router the labels are kept, and one more tells canary and stable apart', () => {
  const labels = { app: 'shop', tier: 'web' }
  const chosen = spreadLabels({ labels, selector: { matchLabels: { app: 'shop' } } })
  expect(chosen.labels).toEqual({ ...labels, 'release-actions.dev/track': 'canary' })
  expect(chosen.selector).toEqual({ app: 'shop', 'release-actions.dev/track': 'canary' })
})
