import { describe, expect, test } from '@jest/globals'
import { matches } from '../src/glob.ts'
import { releaseOf, selectServices, type Choice } from '../src/index.ts'
import { configOf, SIX } from './world.ts'

async function wavesOf(choice: Choice, text = SIX): Promise<readonly (readonly string[])[]> {
  const { waves } = selectServices(await configOf(text), choice)
  return waves.map((wave) => wave.map(({ service }) => service))
}

describe('of six services', () => {
  test('all are released after what they depend on, the others side by side', async () => {
    expect(await wavesOf({})).toEqual([['users', 'mail', 'admin'], ['cart', 'search'], ['shop']])
  })

  test('one by one they follow the file, after what they depend on', async () => {
    expect(await wavesOf({}, `order: one-by-one\n${SIX}`)).toEqual([
      ['users'],
      ['cart'],
      ['shop'],
      ['mail'],
      ['search'],
      ['admin'],
    ])
  })

  test('those whose paths changed, and one without paths; what they depend on is not released again', async () => {
    expect(await wavesOf({ changedPaths: ['services/shop/main.go'] })).toEqual([['shop', 'admin']])
    expect(await wavesOf({ changedPaths: ['services/cart/Dockerfile', 'services/shop/a.go'] })).toEqual([
      ['cart', 'admin'],
      ['shop'],
    ])
  })

  test('an order holds across a service that is not released', async () => {
    const chain = 'services: {a: {depends-on: b}, b: {depends-on: c}, c: {}}\n'
    expect(await wavesOf({ only: ['a', 'c'] }, chain)).toEqual([['c'], ['a']])
  })

  test('a shared path is a change of each', async () => {
    expect((await wavesOf({ changedPaths: ['packages/common/log.go'] })).flat()).toHaveLength(6)
  })

  test('what a pattern takes away is no change, and no change is no release', async () => {
    const { waves, left } = selectServices(await configOf(SIX), { changedPaths: ['services/shop/README.md'] })
    expect(waves.flat()).toEqual([
      { service: 'admin', reason: 'it has no paths, so any change is one of it' },
    ])
    expect(left).toEqual(['shop', 'cart', 'users', 'mail', 'search'])
    expect(await wavesOf({ changedPaths: [] })).toEqual([])
  })

  test('what changed may differ by service, and what is not known counts as changed', async () => {
    const { waves } = selectServices(await configOf(SIX), {
      changedPaths: (service) =>
        service === 'mail'
          ? { kind: 'unknown', reason: 'it was never released' }
          : { kind: 'known', paths: service === 'cart' ? ['services/cart/a'] : [] },
    })
    expect(waves).toEqual([
      [
        { service: 'cart', reason: 'services/cart/a changed' },
        { service: 'mail', reason: 'it was never released' },
      ],
    ])
  })

  test('named ones, as far as they changed when both are asked', async () => {
    expect(await wavesOf({ only: ['shop', 'mail'] })).toEqual([['shop', 'mail']])
    expect(await wavesOf({ only: ['shop', 'mail'], changedPaths: ['services/mail/a'] })).toEqual([['mail']])
    await expect(wavesOf({ only: ['shpo'] })).rejects.toThrow('did you mean shop?')
  })
})

test('a workflow is told what it needs to choose its jobs', async () => {
  const config = await configOf(SIX)
  expect(releaseOf(config, 'shop', 'production')).toEqual({
    service: 'shop',
    environment: 'production',
    workload: 'shop',
    namespace: 'prod',
    strategy: 'canary',
    approval: 'each',
    plan: '[1,5,25,100]',
    image: 'ghcr.io/org/shop',
    login:
      '{"provider":"eks","cluster":"main","region":"eu-central-1","role":"arn:aws:iam::123456789012:role/release"}',
    url: 'https://shop.example',
  })
  expect(releaseOf(config, 'admin', 'staging')).toMatchObject({
    strategy: 'bluegreen',
    approval: 'none',
    plan: '',
    image: '',
    login: '',
    url: '',
  })
})

describe('a pattern', () => {
  test.each([
    ['services/shop/**', 'services/shop/a/b.go', true],
    ['services/shop/**', 'services/shop', false],
    ['services/shop', 'services/shop/a/b.go', true],
    ['services/shop/', 'services/shop/a', true],
    ['./services/shop', 'services/shop/a', true],
    ['services/shop', 'services/shopping/a', false],
    ['**/*.go', 'main.go', true],
    ['**/*.go', 'a/b/main.go', true],
    ['*.go', 'a/main.go', false],
    ['services/*/api', 'services/shop/api/v1.go', true],
    ['services/*/api', 'services/shop/x/api', false],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['v[0-9].txt', 'v1.txt', true],
    ['v[!0-9].txt', 'v1.txt', false],
    ['a+b(c).md', 'a+b(c).md', true],
    ['a.b', 'axb', false],
    ['**', 'anything/at/all', true],
  ])('%s on %s: %s', (pattern, path, expected) => {
    expect(matches(path, [pattern])).toBe(expected)
  })

  test('that begins with ! takes away, and a later one gives again', () => {
    const patterns = ['src/**', '!src/**/*.md', 'src/keep.md']
    expect(['src/a.ts', 'src/b.md', 'src/keep.md'].map((path) => matches(path, patterns))).toEqual([
      true,
      false,
      true,
    ])
  })
})
