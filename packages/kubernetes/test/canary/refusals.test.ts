import { describe, expect, test } from '@jest/globals'
import { unseenClaims } from '../../src/canary/preflight.ts'
import { differingPolicies, sharedBudgets } from '../../src/canary/policies.ts'
import { keepingApart } from '../../src/canary/keeping-apart.ts'
import { type FirstLook, judgeWorkload } from '../../src/canary/refusals.ts'
import type { NetworkPolicy, PodTemplate } from '../../src/objects.ts'

const goal: PodTemplate = {
  spec: {
    containers: [
      {
        name: 'app',
        image: 'shop:2',
        ports: [{ containerPort: 8080 }],
        readinessProbe: { httpGet: { path: '/healthz', port: 8080 } },
        lifecycle: { preStop: { sleep: { seconds: 5 } } },
      },
    ],
  },
}
const plain: FirstLook = {
  deployment: { metadata: { name: 'shop' }, spec: { selector: {}, template: goal } },
  goal,
  service: { metadata: { name: 'shop' }, spec: { selector: { app: 'shop' } } },
  autoscaler: undefined,
  claims: new Map(),
  spread: false,
}
const spec = (more: object): FirstLook['deployment'] => ({
  metadata: { name: 'shop' },
  spec: { selector: {}, template: goal, ...more },
})
const pods = (more: object): PodTemplate => ({ spec: { containers: goal.spec?.containers ?? [], ...more } })
const container = (more: object): PodTemplate => ({
  spec: { containers: [{ ...goal.spec?.containers[0], name: 'app', ...more }] },
})
/** The port and the probe are those of an init container beside an app that has none. */
const sidecar = (more: object): PodTemplate => ({
  spec: {
    containers: [{ name: 'app', lifecycle: { preStop: { sleep: { seconds: 5 } } } }],
    initContainers: [
      { name: 'proxy', image: 'proxy:1', ports: [{ containerPort: 1 }], readinessProbe: {}, ...more },
    ],
  },
})

test('an ordinary workload is neither refused nor warned about', () => {
  expect(judgeWorkload(plain)).toEqual({ refused: [], warnings: [] })
})

test('a sidecar may be what serves: an init container that is always restarted', () => {
  const serving = judgeWorkload({ ...plain, goal: sidecar({ restartPolicy: 'Always' }) })
  expect(serving).toEqual({ refused: [], warnings: [] })
  const ended = judgeWorkload({ ...plain, goal: sidecar({}) })
  expect(ended.warnings).toContainEqual(expect.stringMatching(/queue worker/))
})

describe('refused at the first look, with the reason', () => {
  test.each<[string, Partial<FirstLook>, RegExp]>([
    ['a paused Deployment', { deployment: spec({ paused: true }) }, /is paused/],
    ['Recreate', { deployment: spec({ strategy: { type: 'Recreate' } }) }, /Recreate.*all its pods at once/],
    ['a hostPort', { goal: container({ ports: [{ containerPort: 1, hostPort: 80 }] }) }, /hostPort 80/],
    [
      'a hostPort of a sidecar',
      { goal: sidecar({ restartPolicy: 'Always', ports: [{ containerPort: 1, hostPort: 81 }] }) },
      /container proxy has the hostPort 81/,
    ],
    ['hostNetwork', { goal: pods({ hostNetwork: true }) }, /hostNetwork/],
    [
      'a ReadWriteOnce volume',
      { claims: new Map([['data', ['ReadWriteOnce']]]) },
      /claim data is ReadWriteOnce/,
    ],
    [
      'an ExternalName Service',
      { service: { metadata: { name: 's' }, spec: { type: 'ExternalName' } } },
      /ExternalName/,
    ],
    ['a Service without a selector', { service: { metadata: { name: 's' }, spec: {} } }, /no selector/],
    [
      'an HPA of KEDA',
      {
        autoscaler: {
          metadata: { name: 'h', labels: { 'scaledobject.keda.sh/name': 'x' } },
          spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'shop' } },
        },
      },
      /belongs to KEDA/,
    ],
  ])('%s', (_, change, reason) => {
    const { refused } = judgeWorkload({ ...plain, ...change })
    expect(refused).toHaveLength(1)
    expect(refused[0]).toMatch(reason)
  })

  test('a volume that many may write is fine', () => {
    for (const modes of [['ReadWriteMany'], ['ReadWriteOnce', 'ReadWriteMany']]) {
      expect(judgeWorkload({ ...plain, claims: new Map([['data', modes]]) }).refused).toEqual([])
    }
  })
})

describe('warned about', () => {
  test.each<[string, Partial<FirstLook>, RegExp]>([
    ['no history', { deployment: spec({ revisionHistoryLimit: 0 }) }, /revisionHistoryLimit 0/],
    ['no preStop hook', { goal: container({ lifecycle: undefined }) }, /no preStop.*sleep: \{seconds: 5\}/],
    ['no readiness probe', { goal: container({ readinessProbe: undefined }) }, /no readinessProbe/],
    ['no ports', { goal: container({ ports: [] }) }, /queue worker/],
    [
      'init containers',
      { goal: pods({ initContainers: [{ name: 'migrate' }] }) },
      /init containers \(migrate\)/,
    ],
    ['a mesh', { goal: { ...goal, metadata: { labels: { 'linkerd.io/inject': 'enabled' } } } }, /mesh/],
    [
      'a claim that cannot be seen',
      { claims: new Map([['data', undefined]]) },
      /claim data cannot be looked at/,
    ],
    [
      'a headless Service',
      { service: { metadata: { name: 's' }, spec: { selector: { a: 'b' }, clusterIP: 'None' } } },
      /headless/,
    ],
    [
      'publishNotReadyAddresses',
      {
        service: { metadata: { name: 's' }, spec: { selector: { a: 'b' }, publishNotReadyAddresses: true } },
      },
      /not ready/,
    ],
    [
      'session affinity without a router',
      {
        spread: true,
        service: { metadata: { name: 's' }, spec: { selector: { a: 'b' }, sessionAffinity: 'ClientIP' } },
      },
      /sessionAffinity/,
    ],
  ])('%s', (_, change, reason) => {
    const { refused, warnings } = judgeWorkload({ ...plain, ...change })
    expect(refused).toEqual([])
    expect(warnings).toEqual([expect.stringMatching(reason)])
  })
})

test('a claim that may not be read says once what to add to the Role', () => {
  const rule = '- {apiGroups: [""], resources: [persistentvolumeclaims], verbs: [get]}'
  const claims = new Map([
    ['data', undefined],
    ['more', undefined],
  ])
  expect(unseenClaims(claims)).toEqual([expect.stringContaining(rule)])
  expect(unseenClaims(new Map([['data', ['ReadWriteMany']]]))).toEqual([])
})

describe('a required anti-affinity', () => {
  const labels = { app: 'shop', tier: 'web' }
  const template = (selector: object | undefined): PodTemplate => ({
    metadata: { labels },
    spec: {
      containers: [],
      ...(selector !== undefined && {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { labelSelector: selector, topologyKey: 'kubernetes.io/hostname' },
            ],
          },
        },
      }),
    },
  })
  const told = (stable: object | undefined, next: object | undefined): readonly string[] => [
    ...keepingApart({
      deployment: { spec: { selector: {}, template: template(stable) } },
      goal: template(next),
      changed: { app: 'shop-canary' },
    }),
  ]
  const shared = { matchLabels: { tier: 'web' } }

  test('by a label that both have is warned about once, whichever of the two has it', () => {
    const warning = expect.stringMatching(
      /tier=web, kubernetes.io\/hostname.*Pending.*name the label app in it/,
    )
    expect(told(shared, shared)).toEqual([warning])
    expect(told(shared, undefined)).toEqual([warning])
    expect(told(undefined, { matchExpressions: [{ key: 'tier', operator: 'Exists' }] })).toHaveLength(1)
  })

  test('by the label in which they differ is nothing to warn of', () => {
    expect(told({ matchLabels: { app: 'shop' } }, { matchLabels: labels })).toEqual([])
    expect(told({ matchLabels: { app: 'other' } }, undefined)).toEqual([])
  })
})

describe('policies', () => {
  const stable = { app: 'shop', tier: 'web' }
  const canary = { app: 'shop-canary', tier: 'web' }
  const named = (spec: object): NetworkPolicy => ({
    metadata: { name: 'p' },
    spec: { podSelector: {}, ...spec },
  })

  test('a NetworkPolicy that selects only one of the two is named', () => {
    expect(
      differingPolicies([named({ podSelector: { matchLabels: { app: 'shop' } } })], stable, canary),
    ).toEqual(["NetworkPolicy p applies to the stable's pods only"])
  })
  test('one that lets only one of the two in is named', () => {
    const ingress = [{ from: [{ podSelector: { matchLabels: { app: 'shop' } } }] }]
    expect(
      differingPolicies([named({ podSelector: { matchLabels: { app: 'db' } }, ingress })], stable, canary),
    ).toEqual(["NetworkPolicy p lets traffic from or to the stable's pods only"])
  })
  test('those that treat both alike are not', () => {
    const alike = [
      named({}),
      named({ podSelector: { matchLabels: { tier: 'web' } } }),
      named({ podSelector: { matchLabels: { app: 'db' } } }),
    ]
    expect(differingPolicies(alike, stable, canary)).toEqual([])
  })
  test('a budget that counts both is warned about', () => {
    const budgets = [{ metadata: { name: 'b' }, spec: { selector: { matchLabels: { tier: 'web' } } } }]
    expect(sharedBudgets(budgets, stable, canary)).toEqual([expect.stringContaining('PodDisruptionBudget b')])
    expect(sharedBudgets([{ spec: { selector: { matchLabels: { app: 'shop' } } } }], stable, canary)).toEqual(
      [],
    )
  })
})
