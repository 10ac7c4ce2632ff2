import { describe, expect, test } from '@jest/globals'
import { configOf, FILE, saidAgainst, SIX } from './world.ts'

const SHOP = 'services:\n  shop: {workload: shop, traffic: httproute/shop}\n'

describe('a configuration file', () => {
  test('of six services is read', async () => {
    const { data } = await configOf(SIX)
    expect(Object.keys(data.services)).toEqual(['shop', 'cart', 'users', 'mail', 'search', 'admin'])
  })

  test('may have anchors, merge keys, and a place for them', async () => {
    const { data } = await configOf(
      'x-base: &base\n  traffic: replicas\n  soak: 1m\nservices:\n  a:\n    <<: *base\n    workload: a\n  b: *base\n',
    )
    expect(data.services).toEqual({
      a: { traffic: 'replicas', soak: '1m', workload: 'a' },
      b: { traffic: 'replicas', soak: '1m' },
    })
  })

  test('is not larger than a file that a person wrote', async () => {
    expect(await saidAgainst(`${SHOP}# ${'x'.repeat(262_144)}`)).toContain('a file of at most 262144 bytes')
  })

  test('that would be huge once its aliases are followed is refused', async () => {
    const bomb = [
      'x-a: &a [1]',
      ...[...'bcdefghi'].map((c, i) => `x-${c}: &${c} [${`*${'abcdefghi'[i] ?? ''}, `.repeat(9)}]`),
    ]
    expect(await saidAgainst(`${bomb.join('\n')}\n${SHOP}`)).toContain('anchors that exist, in moderation')
  })
})

/** A text, and parts of what is said against it. */
const MISTAKES: readonly (readonly [what: string, text: string, ...said: readonly string[]])[] = [
  ['no mapping', '- a\n', 'a mapping with services', `${FILE}:1:1`],
  ['nothing', '', 'a mapping with services'],
  ['no services', 'schema: 1\n', 'services', 'a mapping of at least one service'],
  ['no service', 'services: {}\n', 'at least one service'],
  ['no YAML', 'services: {\n', 'config', 'line 2'],
  [
    'a key twice',
    'services:\n  a: {workload: a}\n  a: {workload: b}\n',
    'Map keys must be unique',
    'line 3, column 3',
  ],
  ['two documents', `${SHOP}---\n${SHOP}`, 'YAML that parses'],
  ['a newer schema', `schema: 2\n${SHOP}`, 'schema', '1: it is the only version', `${FILE}:1:1`],
  ['an unknown key', `plan: [5]\n${SHOP}`, '"plan" is not valid; use plans? Known keys are', `${FILE}:1:1`],
  [
    'an unknown key of a service',
    'services:\n  shop:\n    workloda: shop\n',
    'services.shop.workloda: "workloda" is not valid; use workload? Known keys are namespace',
    `${FILE}:3:5`,
  ],
  [
    'an unknown key of a login',
    `${SHOP}environments:\n  p:\n    login: {provider: gke, cluster: c, location: l, project: p, workload-identity-provider: w, service-acount: s}\n`,
    'service-account? Known keys are provider, cluster, location',
    `${FILE}:5:96`,
  ],
  [
    'an unknown provider',
    `${SHOP}environments: {p: {login: {provider: ssh}}}\n`,
    'environments.p.login',
    'eks, gke or aks',
  ],
  [
    'an unknown key of a plan',
    `${SHOP}plans: {slow: {weights: [5, 100], soaks: 1m}}\n`,
    'plans.slow.soaks',
    'soak? Known keys are weights, soak, warm-up',
  ],
  ['a name that is none', 'services: {"1": {workload: a}}\n', '"1"', 'a name of letters'],
  [
    'a workload that is a number',
    'services: {a: {workload: 5}}\n',
    'services.a.workload: 5',
    'the name of a Deployment',
  ],
  ['a duration without a unit', 'services: {a: {soak: 5}}\n', 'services.a.soak: 5', 'a duration such as 90s'],
  [
    'a duration in a list',
    'services: {a: {plan: [5, 100], soak: [1m, soon]}}\n',
    'services.a.soak[1]',
    '"soon"',
  ],
  ['a weight above 100', 'services: {a: {plan: [5, 200]}}\n', 'services.a.plan[1]: 200', 'from 0 to 100'],
  ['an image with a digest', 'services: {a: {image: "a@sha256:12"}}\n', 'without a tag and a digest'],
  ['a boolean in quotes', 'services: {a: {record: "yes"}}\n', 'true or false, without quotes'],
  ['a strategy that is none', 'services: {a: {strategy: canry}}\n', 'canary, bluegreen'],
  [
    'a plan that does not exist',
    `${SHOP}plans: {careful: [5, 100]}\ndefaults: {plan: carful}\n`,
    'defaults.plan',
    'did you mean careful?',
    `${FILE}:4:12`,
  ],
  ['a plan where there is none', `defaults: {plan: slow}\n${SHOP}`, 'no plan: the file has none'],
  [
    'a gate that does not exist',
    'gates: {up: {kubernetes: restarts, max: 0}}\nservices: {a: {gates: [upp]}}\n',
    'services.a.gates[0]',
    'did you mean up?',
  ],
  [
    'a gate twice',
    'gates: {up: {kubernetes: restarts, max: 0}}\nservices: {a: {gates: [up, up]}}\n',
    'each gate once',
  ],
  [
    'a service of an environment that does not exist',
    `${SHOP}environments: {p: {services: {shpo: {}}}}\n`,
    'did you mean shop?',
  ],
  [
    'a dependency that does not exist',
    'services: {shop: {depends-on: [crat]}, cart: {}}\n',
    'services.shop.depends-on',
    'did you mean cart?',
  ],
  [
    'dependencies in a circle',
    'services: {a: {depends-on: [b]}, b: {depends-on: c}, c: {depends-on: [a]}}\n',
    'a → b → c → a',
    'do not lead back',
  ],
  ['weights that fall', 'services: {a: {plan: [25, 5]}}\n', 'services.a.plan', 'weights that rise'],
  ['weights of a plan that fall', `${SHOP}plans: {p: {weights: [25, 25]}}\n`, 'plans.p', 'weights that rise'],
  [
    'soaks for other weights',
    'services: {a: {plan: [5, 50, 100], soak: [1m, 2m]}}\n',
    'services.a.soak',
    'or 3: the plan of a has 3 weights',
  ],
  ['soaks without weights', 'services: {a: {soak: [1m, 2m]}}\n', 'a list gives each weight its own'],
  [
    'replicas for blue/green',
    'services: {a: {strategy: bluegreen, traffic: replicas}}\n',
    'service/NAME or httproute/NAME',
  ],
  [
    'a canary on a Service in one environment',
    'services: {a: {traffic: service/a}}\nenvironments: {s: {strategy: bluegreen}, p: {}}\n',
    'services.a.traffic',
    'the strategy of a in p is canary',
  ],
  [
    'an approval at each weight of a switch',
    'services: {a: {strategy: bluegreen, approval: each}}\n',
    'which has one step',
  ],
  [
    'one Service for both',
    'services: {a: {stable-service: a, canary-service: a}}\n',
    'another Service than stable-service',
  ],
  [
    'a setting of the other strategy',
    'services: {a: {keep: 1h}}\n',
    'services.a.keep',
    'released by canary wherever',
  ],
  [
    'a plan of a switch',
    'services: {a: {strategy: bluegreen, plan: [5, 100]}}\n',
    'services.a.plan',
    'by bluegreen',
  ],
]

describe('a mistake is said by name, value, what is legal, and place:', () => {
  test.each(MISTAKES)('%s', async (_, text, ...parts) => {
    const said = await saidAgainst(text)
    for (const part of parts) expect(said).toContain(part)
    expect(said).not.toMatch(/undefined|\[object/)
  })
})

describe('gates in the file', () => {
  const gates = (text: string, list = 'up'): string =>
    `gates:\n${text}services:\n  shop:\n    workload: shop\n    gates: [${list}]\n`

  test('are held against the grammar, with the line of the file and their own names', async () => {
    const said = await saidAgainst(gates('  up:\n    http:\n      path: /\n      prot: 80\n'))
    expect(said).toContain('gates.up.http.prot')
    expect(said).toContain('port? Known keys are')
    expect(said).toContain(`line 5 of ${FILE}`)
  })

  test('are also held when no service names them, and said once when two do', async () => {
    expect(
      await saidAgainst(
        gates('  up: {kubernetes: restarts, max: 0}\n  odd: {kubernetes: restart, max: 0}\n'),
      ),
    ).toContain('gates.odd.kubernetes')
    const twice = gates('  up: {kubernetes: restart, max: 0}\n') + '  cart: {gates: [up]}\n'
    expect(await saidAgainst(twice)).toMatch(/^gates\.up\.kubernetes[^\n]*$/)
  })

  test('may change a gate of the preset beside which they are named', async () => {
    expect(
      await saidAgainst(
        gates(
          '  golden: {preset: golden-signals, scrape: {port: 9090}}\n  error rate: {max: 2%}\n',
          'golden, error rate',
        ),
      ),
    ).toBe('')
  })

  test('may be written where they are used', async () => {
    const inline = 'services:\n  shop:\n    gates:\n      - name: up\n        http: {path: /, prot: 80}\n'
    const said = await saidAgainst(inline)
    expect(said).toContain('services.shop.gates[0].http.prot')
    expect(said).toContain(`line 5 of ${FILE}`)
  })
})

test('everything that is wrong is said at once, in the order of the file', async () => {
  const said = await saidAgainst('services:\n  a: {soak: 5}\n  b: {plna: [5]}\n  c: {approval: maybe}\n')
  expect(said.split('\n').map((line) => line.slice(0, 16))).toEqual([
    '.github/release-',
    'services.a.soak:',
    'services.b.plna:',
    'services.c.appro',
  ])
  expect(said).toContain('has 3 mistakes')
})
