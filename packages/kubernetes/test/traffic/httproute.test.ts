import { describe, expect, test } from '@jest/globals'
import type { Manifest } from '../../../lab/src/stage/objects.ts'
import { routeKey } from '../../src/names.ts'
import type { HttpRoute } from '../../src/traffic/route-types.ts'
import { shop, World } from '../world.ts'

/** Two rules with filters, one with another backend beside the stable; one rule that is none of ours. */
const ROUTE: Manifest = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'shop' },
  spec: {
    parentRefs: [{ name: 'gateway' }],
    hostnames: ['shop.test'],
    rules: [
      {
        matches: [{ path: { type: 'PathPrefix', value: '/a' } }],
        filters: [
          { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x', value: 'y' }] } },
        ],
        backendRefs: [
          {
            name: 'shop',
            port: 80,
            weight: 3,
            filters: [
              { type: 'RequestHeaderModifier', requestHeaderModifier: { add: [{ name: 'b', value: 'c' }] } },
            ],
          },
          { name: 'other', port: 80, weight: 1 },
        ],
      },
      {
        matches: [{ path: { type: 'PathPrefix', value: '/b' } }],
        backendRefs: [{ name: 'other', port: 80 }],
      },
      { backendRefs: [{ name: 'shop', port: 80 }] },
    ],
  },
}
const OTHER: Manifest = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'other' },
  spec: { selector: { app: 'other' }, ports: [{ name: 'http', port: 80 }] },
}

const start = (): Promise<World> => World.start([...shop({ route: ROUTE }), OTHER])
const rulesOf = async (it: World): Promise<NonNullable<NonNullable<HttpRoute['spec']>['rules']>> =>
  (await it.admin.get('HTTPRoute', 'shop')).spec?.rules ?? []
const weightsOf = async (it: World): Promise<unknown> =>
  (await rulesOf(it)).map((rule) => (rule.backendRefs ?? []).map(({ name, weight }) => `${name} ${weight}`))

/** A second writer: a person, or a GitOps tool. */
async function replaceRules(
  it: World,
  change: (rules: Awaited<ReturnType<typeof rulesOf>>) => unknown,
): Promise<void> {
  await it.admin.patch('HTTPRoute', 'shop', [
    { op: 'replace', path: '/spec/rules', value: change(await rulesOf(it)) },
  ])
}

const PLAN = [5, 25, 50, 100]

/** So many controllers have looked at the route as it is now. */
async function reported(it: World, parents: number): Promise<void> {
  for (;;) {
    const { metadata, status } = await it.admin.get('HTTPRoute', 'shop')
    const conditions = (status?.parents ?? []).map(({ conditions: [first] = [] }) => first)
    const current = conditions.every((each) => each?.observedGeneration === metadata?.generation)
    if (current && conditions.length === parents) return
    await it.clock.sleep(20)
  }
}

describe('a route on its way', () => {
  test('gets our backend and weights in every rule that names the stable, nothing else changes, and is put back', async () => {
    await using it = await start()
    const canary = await it.open()
    const before = (await it.admin.get('HTTPRoute', 'shop')).spec
    const fence = await it.claim(canary)
    const original: unknown = JSON.parse(JSON.stringify(await canary.traffic.original()))
    await canary.cluster.applyCanary(1, fence)
    await canary.traffic.link(fence)
    expect(await canary.traffic.read()).toMatchObject({
      kind: 'route',
      linked: true,
      weight: 0,
      tampered: undefined,
      unstamped: [],
    })
    await canary.traffic.read()
    await canary.traffic.shift(25, fence)
    expect(await canary.traffic.read()).toMatchObject({ weight: 25, refused: undefined })
    expect(await weightsOf(it)).toEqual([
      ['shop 225', 'other 100', 'shop-canary 75'],
      ['other 1'],
      ['shop 75', 'shop-canary 25'],
    ])
    const [first] = await rulesOf(it)
    expect(first?.filters).toEqual(before?.rules?.[0]?.filters)
    expect(first?.backendRefs?.[2]).toMatchObject({
      name: 'shop-canary',
      port: 80,
      filters: before?.rules?.[0]?.backendRefs?.[0]?.filters,
    })
    await canary.traffic.retreat(fence)
    expect(await canary.traffic.read()).toMatchObject({ weight: 0, linked: true })
    await canary.traffic.unlink(original, fence)
    const after = await it.admin.get('HTTPRoute', 'shop')
    expect(after.spec).toEqual(before)
    expect(after.metadata?.annotations).not.toHaveProperty([routeKey('shop')])
    expect(await it.admin.find('Service', 'shop-canary')).toBeUndefined()
  })

  test('has only the chosen rule split', async () => {
    await using it = await start()
    const canary = await it.open({ rule: '2' })
    const fence = await it.claim(canary)
    await canary.cluster.applyCanary(1, fence)
    await canary.traffic.link(fence)
    await canary.traffic.read()
    await canary.traffic.shift(5, fence)
    expect(await weightsOf(it)).toEqual([['shop 3', 'other 1'], ['other 1'], ['shop 95', 'shop-canary 5']])
  })

  test('goes back with the Services that it began with, whatever a later process is told', async () => {
    // Two Services lead to the pods, and the route names both: only the one who began it was told which is meant.
    const too: Manifest = { ...OTHER, spec: { ...(OTHER['spec'] as object), selector: { app: 'shop' } } }
    await using it = await World.start([...shop({ route: ROUTE }), too])
    const first = await it.open({ stableService: 'other', canaryService: 'next' })
    const fence = await it.claim(first)
    const original = await first.traffic.original()
    await first.cluster.applyCanary(1, fence)
    await first.traffic.link(fence)
    await first.traffic.read()
    await first.traffic.shift(25, fence)

    const later = await it.open({ image: undefined })
    expect(later.target).toMatchObject({ stableService: 'other', canaryService: 'next' })
    expect(await later.traffic.read()).toMatchObject({ weight: 25, tampered: undefined })
    await later.traffic.unlink(original, fence)
    expect(await weightsOf(it)).toEqual([['shop 3', 'other 1'], ['other 1'], ['shop 1']])
    expect(await it.admin.find('Service', 'next')).toBeUndefined()
  })

  test('gets the same once where a move is repeated because its answer was lost', async () => {
    await using it = await start()
    const canary = await it.open()
    const fence = await it.claim(canary)
    const original = await canary.traffic.original()
    await canary.cluster.applyCanary(1, fence)
    for (const match of [
      { verb: 'create', resource: 'services' },
      { verb: 'patch', resource: 'httproutes' },
    ] as const) {
      it.kubernetes.faults.order(match, { kind: 'drop-after' })
    }
    // The retried patch finds its own resourceVersion gone: observe again, and there it is.
    await canary.traffic.link(fence).catch(() => undefined)
    await canary.traffic.link(fence)
    expect(await weightsOf(it)).toEqual([
      ['shop 3', 'other 1', 'shop-canary 0'],
      ['other 1'],
      ['shop 1', 'shop-canary 0'],
    ])
    it.kubernetes.faults.order({ verb: 'patch', resource: 'httproutes' }, { kind: 'drop-after' })
    await canary.traffic.retreat(fence)
    it.kubernetes.faults.order({ verb: 'patch', resource: 'httproutes' }, { kind: 'drop-after' })
    await canary.traffic.unlink(original, fence)
    expect(await weightsOf(it)).toEqual([['shop 3', 'other 1'], ['other 1'], ['shop 1']])
  })
})

describe('what somebody else does to the route', () => {
  async function linked(it: World): Promise<{
    canary: Awaited<ReturnType<World['open']>>
    fence: number
    original: unknown
  }> {
    const canary = await it.open()
    const fence = await it.claim(canary)
    const original = await canary.traffic.original()
    await canary.cluster.applyCanary(1, fence)
    await canary.traffic.link(fence)
    await canary.traffic.read()
    await canary.traffic.shift(50, fence)
    return { canary, fence, original }
  }

  test('a change between look and shift is a conflict, and nothing is written', async () => {
    await using it = await start()
    const { canary, fence } = await linked(it)
    await canary.traffic.read()
    await it.admin.patch('HTTPRoute', 'shop', [{ op: 'add', path: '/spec/hostnames/-', value: 'also.test' }])
    await expect(canary.traffic.shift(75, fence)).rejects.toMatchObject({ code: 'conflict' })
    expect(await canary.traffic.read()).toMatchObject({ weight: 50 })
  })

  test('does not keep a retreat from working: rules reordered, hosts added', async () => {
    await using it = await start()
    const { canary, fence, original } = await linked(it)
    await canary.traffic.read()
    await replaceRules(it, (rules) => rules.toReversed())
    await canary.traffic.retreat(fence)
    await canary.traffic.unlink(original, fence)
    expect(await weightsOf(it)).toEqual([['shop 1'], ['other 1'], ['shop 3', 'other 1']])
  })

  test('rules reordered under a chosen index: our backend is seen and taken back where it is now', async () => {
    await using it = await start()
    const canary = await it.open({ rule: '2' })
    const fence = await it.claim(canary)
    const original = await canary.traffic.original()
    await canary.cluster.applyCanary(1, fence)
    await canary.traffic.link(fence)
    await canary.traffic.read()
    await canary.traffic.shift(50, fence)
    await replaceRules(it, (rules) => rules.toReversed())
    expect(await canary.traffic.read()).toMatchObject({ weight: 50 })
    await canary.traffic.retreat(fence)
    expect(await weightsOf(it)).toEqual([['shop 100', 'shop-canary 0'], ['other 1'], ['shop 3', 'other 1']])
    await canary.traffic.unlink(original, fence)
    expect(await weightsOf(it)).toEqual([['shop 1'], ['other 1'], ['shop 3', 'other 1']])
  })

  test('the stable taken out from beside our backend is all of that rule, not nothing', async () => {
    await using it = await start()
    const { canary } = await linked(it)
    await replaceRules(it, (rules) =>
      rules.map((rule) => ({
        ...rule,
        backendRefs: (rule.backendRefs ?? []).filter(({ name }) => name !== 'shop'),
      })),
    )
    expect(await canary.traffic.read()).toMatchObject({
      linked: true,
      weight: 100,
      tampered: expect.stringMatching(/names shop-canary without shop in rule 0, 2/),
    })
  })

  test('does not make a retreat look first: it is one write, on what was seen last', async () => {
    await using it = await start()
    const { canary, fence } = await linked(it)
    await canary.traffic.read()
    const blind = it.kubernetes.faults.order(
      { verb: 'get', resource: 'httproutes' },
      { kind: 'status', code: 403 },
      { times: Infinity },
    )
    await canary.traffic.retreat(fence)
    blind.cancel()
    expect(await canary.traffic.read()).toMatchObject({ weight: 0 })
  })

  test('our backend taken out is said, never silently put back', async () => {
    await using it = await start()
    const { canary } = await linked(it)
    await replaceRules(it, (rules) =>
      rules.map((rule) => ({
        ...rule,
        backendRefs: (rule.backendRefs ?? []).filter(({ name }) => name !== 'shop-canary'),
      })),
    )
    expect(await canary.traffic.read()).toMatchObject({
      linked: true,
      weight: 0,
      tampered: expect.stringMatching(/without shop-canary in rule 0, 2/),
    })
  })

  test('other weights in one rule are said', async () => {
    await using it = await start()
    const { canary } = await linked(it)
    await it.admin.patch('HTTPRoute', 'shop', [
      { op: 'replace', path: '/spec/rules/2/backendRefs/1/weight', value: 1 },
    ])
    expect(await canary.traffic.read()).toMatchObject({
      weight: 50,
      tampered: expect.stringMatching(/different shares/),
    })
  })

  test('the canary’s Service deleted is said', async () => {
    await using it = await start()
    const { canary } = await linked(it)
    await it.admin.delete('Service', 'shop-canary')
    expect(await canary.traffic.read()).toMatchObject({
      tampered: expect.stringMatching(/Service shop-canary is gone/),
    })
  })

  test('the whole route deleted leaves nothing to take back, also for a process that comes to take it back', async () => {
    await using it = await start()
    const { canary, fence, original } = await linked(it)
    await it.admin.delete('HTTPRoute', 'shop')
    expect(await canary.traffic.read()).toMatchObject({
      linked: false,
      weight: 0,
      unstamped: [],
      tampered: expect.stringMatching(/does not exist/),
    })
    await canary.traffic.retreat(fence)
    await canary.traffic.unlink(original, fence)
    const post = await it.open({ image: undefined })
    const later = await it.claim(post, 8)
    await post.cluster.deleteCanary(later)
    expect(await it.admin.find('Service', 'shop-canary')).toBeUndefined()
    await expect(it.open()).rejects.toMatchObject({ code: 'not-found', object: 'HTTPRoute shop/shop' })
  })

  test('a process that was overtaken in the middle of unlinking leaves the Service of the later release', async () => {
    await using it = await start()
    const { canary, fence, original } = await linked(it)
    await canary.traffic.retreat(fence)
    it.kubernetes.faults.order({ verb: 'get', resource: 'services' }, { kind: 'freeze' })
    const paused = canary.traffic.unlink(original, fence)
    while (/shop-canary/.test(JSON.stringify(await weightsOf(it)))) await it.clock.sleep(10)
    const later = await it.open()
    const newer = await it.claim(later, 8)
    await later.traffic.link(newer)
    it.kubernetes.faults.thaw()
    await expect(paused).rejects.toMatchObject({ code: 'superseded' })
    expect(await it.admin.find('Service', 'shop-canary')).toBeDefined()
    expect(await later.traffic.read()).toMatchObject({ linked: true, tampered: undefined })
  })

  test('a later claim’s stamp ends our writes, forward and back', async () => {
    await using it = await start()
    const { canary, fence } = await linked(it)
    const later = await it.open()
    await it.claim(later, 8)
    await canary.traffic.read()
    for (const write of [
      () => canary.traffic.shift(75, fence),
      () => canary.traffic.retreat(fence),
      () => canary.traffic.stamp('HTTPRoute/shop', fence),
    ]) {
      await expect(write()).rejects.toMatchObject({ code: 'superseded' })
    }
    expect(await later.traffic.read()).toMatchObject({ weight: 50 })
  })
})

describe('refused before anything is touched', () => {
  test('a Service of the canary’s name that is not ours', async () => {
    await using it = await start()
    const foreign = { ...OTHER, metadata: { name: 'shop-canary' } }
    await it.apply(foreign)
    const canary = await it.open()
    await expect(canary.traffic.preflight(PLAN)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('is not ours'),
    })
    await expect(canary.traffic.link(await it.claim(canary))).rejects.toMatchObject({ code: 'conflict' })
  })

  test('a rule that is not there, naming those that are', async () => {
    await using it = await start()
    const canary = await it.open({ rule: 'web', stableService: 'shop' })
    await expect(canary.traffic.preflight(PLAN)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('it has 0, 1, 2'),
    })
  })

  test('a route that does not name the stable Service, naming what it names', async () => {
    await using it = await start()
    await it.apply({
      ...OTHER,
      metadata: { name: 'shop-internal' },
      spec: { selector: { tier: 'web' }, ports: [{ port: 80 }] },
    })
    const canary = await it.open({ stableService: 'shop-internal' })
    await expect(canary.traffic.preflight(PLAN)).rejects.toMatchObject({
      code: 'not-found',
      fix: [expect.stringContaining('it names: shop, other')],
    })
  })

  test('a backend in another namespace beside the stable', async () => {
    await using it = await start()
    await replaceRules(it, () => [
      {
        backendRefs: [
          { name: 'shop', port: 80 },
          { name: 'far', namespace: 'else', port: 80 },
        ],
      },
    ])
    const canary = await it.open()
    await expect(canary.traffic.preflight(PLAN)).rejects.toMatchObject({
      message: expect.stringContaining('another namespace (else/far)'),
    })
  })

  test('a route that gives the stable nothing: a share of that is nothing', async () => {
    await using it = await start()
    await replaceRules(it, () => [
      {
        backendRefs: [
          { name: 'shop', port: 80, weight: 0 },
          { name: 'other', port: 80 },
        ],
      },
    ])
    const canary = await it.open()
    await expect(canary.traffic.preflight(PLAN)).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('gives shop the weight 0'),
    })
  })

  test('weights that cannot be split at one of the plan; those of another weight are nobody’s business', async () => {
    await using it = await start()
    await replaceRules(it, () => [
      {
        backendRefs: [
          { name: 'shop', port: 80, weight: 9999 },
          { name: 'other', port: 80, weight: 1 },
        ],
      },
    ])
    const canary = await it.open()
    await canary.traffic.preflight([50, 100])
    await expect(canary.traffic.preflight([0.01, 100])).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('at 0.01 %'),
    })
  })

  test('a route that every Gateway turns away; one that one of two takes is none', async () => {
    await using it = await start()
    const only: Manifest = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'internal' },
      spec: {
        gatewayClassName: 'embedded',
        listeners: [{ name: 'http', port: 8081, protocol: 'HTTP', hostname: 'internal.test' }],
      },
    }
    await it.apply(only)
    const attach = async (...parents: readonly string[]): Promise<void> => {
      const value = parents.map((name) => ({ name }))
      await it.admin.patch('HTTPRoute', 'shop', [{ op: 'replace', path: '/spec/parentRefs', value }])
      await reported(it, parents.length)
    }
    await attach('gateway', 'internal')
    const both = await it.open()
    expect(await both.traffic.preflight(PLAN)).toMatchObject({ warnings: [] })
    expect(await both.traffic.read()).toMatchObject({ accepted: true, refused: undefined })

    await attach('internal')
    await expect((await it.open()).traffic.preflight(PLAN)).rejects.toMatchObject({
      code: 'not-ready',
      message: expect.stringContaining('NoMatchingListenerHostname'),
    })
  })

  test('a route that no controller has looked at; one that was applied a moment ago is waited for', async () => {
    await using it = await start()
    await it.admin.patch('HTTPRoute', 'shop', [
      { op: 'add', path: '/spec/hostnames/-', value: 'www.shop.test' },
    ])
    expect(await (await it.open()).traffic.preflight(PLAN)).toMatchObject({ warnings: [] })

    const nobody = [{ name: 'nobody' }]
    await it.admin.patch('HTTPRoute', 'shop', [{ op: 'replace', path: '/spec/parentRefs', value: nobody }])
    await reported(it, 0)
    await expect((await it.open({ settle: 300 })).traffic.preflight(PLAN)).rejects.toMatchObject({
      code: 'not-ready',
      message: expect.stringContaining('no controller has said anything of its generation 3'),
    })
  })

  test('says what will be changed', async () => {
    await using it = await start()
    const canary = await it.open()
    expect(await canary.traffic.preflight(PLAN)).toMatchObject({
      warnings: [],
      changes: [expect.stringMatching(/rule 0, 2: .* a backend shop-canary/)],
    })
  })
})
