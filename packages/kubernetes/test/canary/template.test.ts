import { describe, expect, test } from '@jest/globals'
import { canaryTemplate } from '../../src/canary/template.ts'
import { templateHash } from '../../src/canary/template-hash.ts'
import { chooseContainer, withImage } from '../../src/canary/containers.ts'
import type { PodTemplate } from '../../src/objects.ts'

const labels = {
  changed: { app: 'shop-canary' },
  labels: { app: 'shop-canary', tier: 'web' },
  selector: { app: 'shop-canary' },
  overlaps: false,
}
const term = (matchLabels: Record<string, string>) => ({
  topologyKey: 'kubernetes.io/hostname',
  labelSelector: { matchLabels },
})
const goal: PodTemplate = {
  metadata: {
    labels: { app: 'shop', tier: 'web' },
    annotations: {
      'prometheus.io/scrape': 'true',
      'argocd.argoproj.io/tracking-id': 'x',
      'meta.helm.sh/release-name': 'y',
    },
  },
  spec: {
    containers: [
      { name: 'app', image: 'shop:2' },
      { name: 'proxy', image: 'proxy:1', lifecycle: { preStop: { exec: { command: ['x'] } } } },
    ],
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [term({ app: 'shop' })],
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 1, podAffinityTerm: term({ tier: 'web' }) },
        ],
      },
      podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term({ app: 'cache' })] },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'zone',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['shop'] }] },
      },
    ],
  },
}

describe('the canary’s pod template', () => {
  const template = canaryTemplate({ goal, labels, preStop: undefined })

  test('has the canary’s labels and every other label of the goal', () => {
    expect(template.metadata?.labels).toEqual({ app: 'shop-canary', tier: 'web' })
  })

  test('keeps annotations, but none by which another tool would claim the object', () => {
    expect(template.metadata?.annotations).toEqual({ 'prometheus.io/scrape': 'true' })
  })

  test('rewrites (anti-)affinity and spread selectors that mean the pods themselves, and no other', () => {
    const { affinity, topologySpreadConstraints } = template.spec ?? {}
    const anti = affinity?.podAntiAffinity
    expect(anti?.requiredDuringSchedulingIgnoredDuringExecution?.[0]?.labelSelector).toEqual({
      matchLabels: { app: 'shop-canary' },
    })
    expect(anti?.preferredDuringSchedulingIgnoredDuringExecution?.[0]?.podAffinityTerm.labelSelector).toEqual(
      { matchLabels: { tier: 'web' } },
    )
    expect(affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.[0]?.labelSelector).toEqual(
      { matchLabels: { app: 'cache' } },
    )
    expect(topologySpreadConstraints?.[0]?.labelSelector).toEqual({
      matchExpressions: [{ key: 'app', operator: 'In', values: ['shop-canary'] }],
    })
  })

  test('keeps every container as it is where a router takes the traffic away', () => {
    expect(template.spec?.containers).toEqual(goal.spec?.containers)
  })

  test('waits before it ends where leaving the endpoints is the way back, but only where nothing waits already', () => {
    const spread = canaryTemplate({
      goal: {
        ...goal,
        spec: { ...goal.spec, containers: goal.spec?.containers ?? [], terminationGracePeriodSeconds: 8 },
      },
      labels,
      preStop: 5,
    })
    expect(spread.spec?.containers.map((each) => each.lifecycle)).toEqual([
      { preStop: { sleep: { seconds: 4 } } },
      { preStop: { exec: { command: ['x'] } } },
    ])
  })
})

describe('the hash of a template', () => {
  const hash = templateHash(goal)
  test('does not depend on the order of keys or on what controllers add', () => {
    const spec = { ...goal.spec, containers: goal.spec?.containers ?? [] }
    const { containers, ...rest } = spec
    const same: PodTemplate = {
      spec: { containers, ...rest },
      metadata: {
        annotations: { ...goal.metadata?.annotations, 'kubectl.kubernetes.io/restartedAt': '2026-11-21' },
        labels: { tier: 'web', 'pod-template-hash': 'abc', app: 'shop' },
        creationTimestamp: '2026-11-21T00:00:00Z',
      },
    }
    expect(templateHash(same)).toBe(hash)
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
  })
  test('depends on the image and on everything else that pods are made of', () => {
    expect(templateHash(withImage(goal, 'app', 'shop:3'))).not.toBe(hash)
    expect(templateHash({ ...goal, metadata: { ...goal.metadata, labels: { app: 'shop' } } })).not.toBe(hash)
  })
})

describe('the container that carries the version', () => {
  test('is the only one, or the named one; init containers do not count', () => {
    const one: PodTemplate = { spec: { containers: [{ name: 'app' }], initContainers: [{ name: 'init' }] } }
    expect(chooseContainer(one, undefined).name).toBe('app')
    expect(chooseContainer(goal, 'proxy').name).toBe('proxy')
  })
  test('must be named where there are several, and the error lists them', () => {
    expect(() => chooseContainer(goal, undefined)).toThrow(/container: .* use one of app, proxy/)
    expect(() => chooseContainer(goal, 'ap')).toThrow(/use one of app, proxy \(app\?\)/)
    expect(() =>
      chooseContainer(
        { spec: { containers: [{ name: 'app' }], initContainers: [{ name: 'init' }] } },
        'init',
      ),
    ).toThrow(/one of app/)
  })
  test('gets the image, and no other container does', () => {
    expect(withImage(goal, 'app', 'shop:9').spec?.containers.map((each) => each.image)).toEqual([
      'shop:9',
      'proxy:1',
    ])
  })
})
