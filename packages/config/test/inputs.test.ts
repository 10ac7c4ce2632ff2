import { describe, expect, test } from '@jest/globals'
import { resolveInputs, type Action } from '../src/index.ts'
import { configOf, FILE, SIX } from './world.ts'

const KNOWN = new Set(
  'namespace kube-context workload container traffic rule image manifests stable-service canary-service canary-labels plan soak warm-up interval settle drain timeout keep gates pre-switch-gates post-switch-gates gates-file promote on-failure record runbook-url'.split(
    ' ',
  ),
)

interface Asked {
  readonly service?: string
  readonly services?: readonly string[] | 'all'
  readonly environment?: string
  readonly action?: Action
  readonly given?: Readonly<Record<string, string>>
  readonly known?: ReadonlySet<string>
}

/** The texts, by input. */
async function inputsOf(text: string, asked: Asked): Promise<Readonly<Record<string, string>>> {
  const { service, services, environment, action = 'canary-step', given = {}, known = KNOWN } = asked
  const found = resolveInputs(await configOf(text), {
    service,
    services,
    environment,
    action,
    given: new Map(Object.entries(given)),
    known,
  })
  return Object.fromEntries([...found].map(([name, one]) => [name, one.text]))
}

describe('a step is given', () => {
  test('what the file says of its service and its environment, the more specific over the other', async () => {
    const inputs = await inputsOf(SIX, { service: 'shop', environment: 'production' })
    expect(inputs).toMatchObject({
      namespace: 'prod',
      'kube-context': 'prod',
      workload: 'shop',
      traffic: 'httproute/shop',
      plan: '1, 5, 25, 100',
      'warm-up': '1m',
      soak: '30s',
      'runbook-url': 'https://runbooks.example/release',
    })
    // Of the file's image there is only the repository.
    expect(inputs).not.toHaveProperty('image')
    expect(JSON.parse(inputs['gates'] ?? '')).toEqual([
      { preset: 'golden-signals', scrape: { port: 9090 } },
      { name: 'up', http: { path: '/healthz', port: 8080 } },
    ])
  })

  test('the soak of its plan, over that of a less specific place', async () => {
    expect(await inputsOf(SIX, { service: 'shop', environment: 'staging' })).toMatchObject({
      soak: '1m, 5m, 10m, 10m',
      namespace: 'staging',
    })
    expect(await inputsOf(SIX, { service: 'cart', environment: 'staging' })).toMatchObject({
      plan: '25, 100',
      soak: '5m',
    })
  })

  test('nothing that the user gave', async () => {
    const given = { namespace: 'elsewhere', gates: '- preset: golden-signals' }
    const inputs = await inputsOf(SIX, { service: 'shop', environment: 'production', given })
    expect(inputs).not.toHaveProperty('namespace')
    expect(inputs).not.toHaveProperty('gates')
    expect(inputs).toHaveProperty('workload', 'shop')
  })

  test('only inputs that it has', async () => {
    expect(await inputsOf(SIX, { service: 'shop', known: new Set(['workload']) })).toEqual({
      workload: 'shop',
    })
  })

  test('a plan by its name, with its soak', async () => {
    const inputs = await inputsOf(SIX, { service: 'cart', given: { plan: 'careful' } })
    expect(inputs).toMatchObject({ plan: '1, 5, 25, 100', soak: '1m, 5m, 10m, 10m' })
  })

  test('no soaks of other weights than its own', async () => {
    const inputs = await inputsOf(SIX, { service: 'shop', given: { plan: '50, 100' } })
    expect(inputs).not.toHaveProperty('plan')
    expect(inputs).not.toHaveProperty('soak')
    // One duration for all weights fits any.
    const cart = await inputsOf(SIX, { service: 'cart', given: { plan: '50, 100' } })
    expect(cart).toHaveProperty('soak', '5m')
  })

  test('where each value stands', async () => {
    const found = resolveInputs(await configOf(SIX), {
      service: 'cart',
      environment: undefined,
      action: 'canary-step',
      given: new Map(),
      known: KNOWN,
    })
    expect(found.get('traffic')?.origin).toBe(`services.cart.traffic (${FILE}:24:5)`)
    expect(found.get('plan')?.origin).toBe(`plans.quick (${FILE}:12:3)`)
  })

  test('lists and labels as texts that an input takes', async () => {
    const text =
      'services: {a: {manifests: [k8s/a, k8s/b], canary-labels: {app: a-canary, tier: x}, record: false, promote: true, rule: 0}}\n'
    expect(await inputsOf(text, { service: 'a' })).toEqual({
      manifests: 'k8s/a, k8s/b',
      'canary-labels': 'app=a-canary\ntier=x',
      record: 'false',
      promote: 'true',
      rule: '0',
    })
  })
})

describe('by action:', () => {
  test('a switch judges the gates of the service after it, and takes no soak of weights', async () => {
    const inputs = await inputsOf(SIX, { service: 'admin', action: 'bluegreen-switch' })
    expect(inputs).toMatchObject({ workload: 'admin', traffic: 'service/admin', keep: '2h', soak: '5m' })
    expect(inputs['post-switch-gates']).toContain('/healthz')
    expect(inputs).not.toHaveProperty('gates')
  })

  test('a check of its own takes what is judged, and not how long a release takes', async () => {
    const inputs = await inputsOf(SIX, { service: 'shop', action: 'health-gate' })
    expect(inputs).toHaveProperty('gates')
    expect(inputs).not.toHaveProperty('soak')
    expect(inputs).not.toHaveProperty('warm-up')
  })

  test('a build takes the repository, and none of the times', async () => {
    expect(await inputsOf(SIX, { service: 'shop', action: 'build-artifact' })).toEqual({
      image: 'ghcr.io/org/shop',
      'runbook-url': 'https://runbooks.example/release',
    })
  })

  test('a rollback of several takes what the environment says', async () => {
    expect(await inputsOf(SIX, { environment: 'production', action: 'rollback' })).toEqual({
      'kube-context': 'prod',
      'runbook-url': 'https://runbooks.example/release',
    })
  })
})

describe('a rollback', () => {
  test('takes back what its record says, not what the file says today', async () => {
    const inputs = await inputsOf(SIX, { service: 'shop', environment: 'production', action: 'rollback' })
    for (const name of ['workload', 'traffic', 'namespace', 'gates', 'soak', 'plan']) {
      expect(inputs).not.toHaveProperty(name)
    }
  })

  test('is not refused because the service or the environment has left the file', async () => {
    const asked = { service: 'gone', environment: 'gone', action: 'rollback' } as const
    expect(await inputsOf(SIX, asked)).toEqual({ 'runbook-url': 'https://runbooks.example/release' })
  })
})

describe('a rollback of several', () => {
  const TWO = `
services:
  shop: {workload: shop, kube-context: east}
  cart: {workload: cart, kube-context: east}
  search: {workload: search, kube-context: west}
  mail: {workload: mail}
environments:
  production:
    services:
      mail: {kube-context: west}
`
  const of = (services: readonly string[] | 'all', given: Readonly<Record<string, string>> = {}) =>
    inputsOf(TWO, { services, environment: 'production', action: 'rollback', given })

  test('goes to the cluster that the file has all of them in', async () => {
    expect(await of(['shop', 'cart'])).toEqual({ 'kube-context': 'east' })
    expect(await of(['search', 'mail'])).toEqual({ 'kube-context': 'west' })
  })

  test('is refused when they are in several, by their names, places and clusters', async () => {
    await expect(of(['shop', 'search', 'cart'])).rejects.toMatchObject({
      message: expect.stringContaining(
        'services: "shop, search, cart" is not valid; use services of one cluster',
      ),
      why: [
        `${FILE} has shop, cart in kube-context east (${FILE}:4:26)`,
        `${FILE} has search in kube-context west (${FILE}:5:30)`,
      ],
      fix: [expect.stringContaining('shop, cart; and search'), expect.stringContaining('kube-context')],
    })
    await expect(of('all')).rejects.toThrow('services of one cluster')
    // A service that the file does not have is where the kubeconfig's own context is.
    await expect(of(['shop', 'gone'])).rejects.toMatchObject({
      why: expect.arrayContaining([`${FILE} has gone in the kubeconfig's own context`]),
    })
  })

  test('goes where a person says that they all are', async () => {
    expect(await of('all', { 'kube-context': 'both' })).toEqual({})
  })
})

describe('an image', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const imageOf = (image: string) => inputsOf(SIX, { service: 'shop', given: { image } })

  test('may be its digest or its tag alone', async () => {
    expect(await imageOf(digest)).toHaveProperty('image', `ghcr.io/org/shop@${digest}`)
    expect(await imageOf(`@${digest}`)).toHaveProperty('image', `ghcr.io/org/shop@${digest}`)
    expect(await imageOf(':1.4.0')).toHaveProperty('image', 'ghcr.io/org/shop:1.4.0')
  })

  test('is left as it is when it is of the repository', async () => {
    expect(await imageOf(`ghcr.io/org/shop@${digest}`)).not.toHaveProperty('image')
  })

  test('of another repository is refused: it is another service', async () => {
    await expect(imageOf('ghcr.io/org/shopping:1')).rejects.toThrow(
      `an image of ghcr.io/org/shop, not of ghcr.io/org/shopping, as services.shop.image (${FILE}:17:5) says`,
    )
  })
})

describe('refused:', () => {
  test('a service and an environment that the file does not have', async () => {
    await expect(inputsOf(SIX, { service: 'shpo' })).rejects.toThrow('did you mean shop?')
    await expect(inputsOf(SIX, { service: 'constructor' })).rejects.toThrow('a service of the file')
    await expect(inputsOf(SIX, { service: 'shop', environment: 'prodution' })).rejects.toThrow(
      'did you mean production?',
    )
  })

  test('any environment is good where the file names none', async () => {
    const text = 'services: {shop: {workload: shop}}\n'
    expect(await inputsOf(text, { service: 'shop', environment: 'qa' })).toEqual({ workload: 'shop' })
  })

  test('the action of the other strategy', async () => {
    await expect(inputsOf(SIX, { service: 'admin' })).rejects.toThrow(
      'the action bluegreen-switch for it: services.admin.strategy is bluegreen',
    )
  })
})
