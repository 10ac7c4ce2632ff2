import { describe, expect, test } from '@jest/globals'
import { Conflict, Forbidden, NotFound, RateLimited, Unreachable } from '@release-actions/values'
import type { Http } from '@release-actions/http'
import { digestOf } from '../src/digest.ts'
import { openRegistry } from '../src/index.ts'
import { EMPTY_BLOB } from '../src/publish/empty-blob.ts'
import { OCI_MANIFEST } from '../src/registry/media-types.ts'
import { blobOf, clock, openWorld, type WorldOptions } from './world.ts'

const MANIFEST = '{"schemaVersion":2,"layers":[]}'
const user = { name: 'octo', password: 'pa:ss' }
const login = { auths: { HOST: { auth: Buffer.from('octo:pa:ss').toString('base64') } } }

describe('a manifest', () => {
  test('is put under a tag, and found by the tag and by its digest', async () => {
    await using world = await openWorld()
    const { registry, server } = world
    expect(await registry.head('1.4.0')).toBeUndefined()
    const digest = await registry.put('1.4.0', OCI_MANIFEST, MANIFEST)
    expect(digest).toBe(digestOf(MANIFEST))
    expect(server.tags('org/shop')).toEqual({ '1.4.0': digest })
    expect(await registry.head('1.4.0')).toEqual({ mediaType: OCI_MANIFEST, digest, size: MANIFEST.length })
    expect(await registry.manifest(digest)).toMatchObject({ text: MANIFEST, digest })
  })

  test('whose text is not what its digest says is refused', async () => {
    await using world = await openWorld()
    const digest = `sha256:${'a'.repeat(64)}`
    world.server.order({
      path: /manifests/,
      then: { status: 200, body: MANIFEST, headers: { 'docker-content-digest': digest } },
    })
    const asked = world.registry.manifest(digest)
    await expect(asked).rejects.toThrow(Conflict)
    await expect(asked).rejects.toThrow(`gave content that is not ${digest}: it is ${digestOf(MANIFEST)}`)
  })

  test('under a tag that the registry lets nobody change is a conflict', async () => {
    await using world = await openWorld({ immutableTags: true, manifests: { 'org/shop:1': '{"a":1}' } })
    await expect(world.registry.put('1', OCI_MANIFEST, MANIFEST)).rejects.toThrow(Conflict)
  })
})

describe('a blob', () => {
  const large = blobOf('layer '.repeat(200_000))

  test('is uploaded, and not a second time', async () => {
    await using world = await openWorld()
    expect(await world.registry.upload(large)).toBe('uploaded')
    expect(world.server.blob('org/shop', large.digest)?.length).toBe(large.size)
    expect(await world.registry.upload(large)).toBe('present')
    expect(world.server.requests.filter((request) => request.startsWith('PUT'))).toHaveLength(1)
  })

  test.each([
    ['a connection that breaks in the middle', { dropAfter: 100_000 }],
    ['500', { status: 500 }],
    ['503 with Retry-After', { status: 503, headers: { 'retry-after': '1' } }],
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '1' } }],
  ])('is uploaded whole after %s', async (_, then) => {
    await using world = await openWorld()
    world.server.order({ method: 'PUT', path: /uploads/, times: 2, then })
    expect(await world.registry.upload(large)).toBe('uploaded')
    expect(digestOf(world.server.blob('org/shop', large.digest) ?? '')).toBe(large.digest)
  })

  test('that never gets through is an error, and not there', async () => {
    await using world = await openWorld()
    world.server.order({ method: 'PUT', path: /uploads/, times: 99, then: { dropAfter: 10 } })
    await expect(world.registry.upload(large)).rejects.toThrow(Unreachable)
    expect(world.server.blob('org/shop', large.digest)).toBeUndefined()
  })

  test('that is small is read, and held against its digest', async () => {
    await using world = await openWorld()
    const digest = world.server.putBlob('org/shop', '{"os":"linux"}')
    expect(await world.registry.blob(digest)).toBe('{"os":"linux"}')
    await expect(world.registry.blob(digestOf('absent'))).rejects.toThrow(NotFound)
    world.server.order({ path: /blobs/, then: { status: 200, body: 'other' } })
    await expect(world.registry.blob(digest)).rejects.toThrow(Conflict)
  })
})

describe('where an upload is sent to', () => {
  const secret = { kind: 'basic', user: 'octo', password: 'pa:ss' } as const

  /** The address of the last request, and whether our password went there. */
  async function sentTo(location: string): Promise<readonly [address: string, shown: boolean]> {
    const sent: (readonly [string, boolean])[] = []
    const answer = (status: number, headers: Readonly<Record<string, string>> = {}) =>
      Promise.resolve({ status, headers, body: '', latency: 0 })
    const http: Http = {
      request: ({ method, url, headers }) => {
        const shown = headers?.['authorization'] !== undefined
        if (method === 'PUT') sent.push([String(url), shown])
        if (method === 'PUT') return answer(201)
        if (!shown) return answer(401, { 'www-authenticate': 'Basic' })
        return method === 'POST' ? answer(202, { location }) : answer(404)
      },
      stream: () => Promise.reject(new Error('nothing is streamed')),
      close: () => undefined,
    }
    const registry = openRegistry('registry.example/org/shop', {
      http,
      clock,
      env: { DOCKER_CONFIG: '/nowhere' },
      signal: new AbortController().signal,
      fallback: secret,
    })
    await registry.upload(blobOf('x'))
    return sent.at(-1) ?? ['nowhere', false]
  }

  test.each([
    ['/v2/org/shop/blobs/uploads/1', 'https://registry.example/v2/', true],
    ['http://registry.example/v2/org/shop/blobs/uploads/1', 'https://registry.example/v2/', true],
    ['https://storage.example/1', 'https://storage.example/1', false],
    ['https://registry.example:8443/1', 'https://registry.example:8443/1', false],
  ])('%s is sent to %s, with our password: %s', async (location, address, shown) => {
    expect(await sentTo(location)).toEqual([expect.stringContaining(address), shown])
  })
})

describe('the way in', () => {
  test.each<[string, WorldOptions]>([
    ['as anybody', { auth: 'none' }],
    ['by a token for anybody', { auth: 'token' }],
    ['by a password', { auth: 'basic', user, login }],
    ['by a token for the password', { auth: 'token-for-user', user, login }],
    [
      'by a refresh token (Azure)',
      {
        auth: 'token-for-user',
        refreshToken: 'refresh-me',
        login: { auths: { HOST: { identitytoken: 'refresh-me' } } },
      },
    ],
    [
      'by a credential helper (ECR, Google)',
      {
        auth: 'basic',
        user,
        login: { credHelpers: { HOST: 'cloud' } },
        programs: {
          'docker-credential-cloud': `server=$(cat); test "$1" = get && echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"octo\\",\\"Secret\\":\\"pa:ss\\"}"`,
        },
      },
    ],
    [
      'by a helper for all, which gives a refresh token',
      {
        auth: 'token-for-user',
        refreshToken: 'refresh-me',
        login: { credsStore: 'store' },
        programs: { 'docker-credential-store': `echo '{"Username":"<token>","Secret":"refresh-me"}'` },
      },
    ],
  ])('%s', async (_, options) => {
    await using world = await openWorld(options)
    await world.registry.upload(blobOf('layer'))
    await world.registry.put('1', OCI_MANIFEST, MANIFEST)
    expect(await world.registry.tags()).toEqual(['1'])
  })

  test('is the step’s own token where nobody has logged in, and only there', async () => {
    const fallback = { kind: 'basic', user: 'octocat', password: 'the-steps-token' } as const
    await using world = await openWorld({
      auth: 'token-for-user',
      user: { name: 'octocat', password: 'the-steps-token' },
      fallback,
    })
    await world.registry.put('1', OCI_MANIFEST, MANIFEST)
    expect(world.masked).toEqual(['the-steps-token', 'let-me-in'])
    // Whoever logged in meant to be somebody else.
    await using other = await openWorld({ auth: 'token-for-user', user, login, fallback })
    await other.registry.put('1', OCI_MANIFEST, MANIFEST)
    expect(other.masked).toEqual(['pa:ss', 'let-me-in'])
    // Refused, it is said whose token it was.
    await using shut = await openWorld({ auth: 'basic', user, fallback })
    await expect(shut.registry.put('1', OCI_MANIFEST, MANIFEST)).rejects.toThrow(/to the step's own token/)
  })

  test('hides what it shows', async () => {
    await using world = await openWorld({ auth: 'token-for-user', user, login })
    await world.registry.head('1')
    expect(world.masked).toEqual(['pa:ss', 'let-me-in'])
  })

  test('that is shut says what to do, without the words of the helper', async () => {
    await using world = await openWorld({
      auth: 'basic',
      user,
      login: { credsStore: 'broken' },
      programs: { 'docker-credential-broken': 'echo secret-words >&2; exit 3' },
    })
    const error = await world.registry.head('1').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Forbidden)
    expect(String(error)).toMatch(/docker-credential-broken: it ended with exit code 3$/)
    expect(String(error)).not.toContain('secret-words')
  })
})

describe('what a registry refuses', () => {
  test.each([
    [401, '{}', Forbidden, /refused to push to .* \(401\)/],
    [403, '{"errors":[{"code":"DENIED","message":"not yours"}]}', Forbidden, /refused to push/],
    [404, '{"errors":[{"code":"NAME_UNKNOWN"}]}', NotFound, /has no repository .* to push to/],
    [429, '{}', RateLimited, /too many requests/],
    [500, 'no space left on device', Unreachable, /answered 500/],
    [507, '{}', Unreachable, /it has no room/],
    [413, '', Error, /it is too large/],
  ])('with %d says what happened', async (status, body, kind, message) => {
    await using world = await openWorld()
    world.server.order({ method: 'POST', path: /uploads/, times: 99, then: { status, body } })
    const error = await world.registry.upload(blobOf('x')).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(kind)
    expect(String(error)).toMatch(message)
  })
})

test('tags are read page by page', async () => {
  const manifests = Object.fromEntries([...'abcdefg'].map((tag) => [`org/shop:${tag}`, MANIFEST]))
  await using world = await openWorld({ manifests, pageSize: 3 })
  expect(await world.registry.tags()).toEqual([...'abcdefg'])
})

test('a tag is taken away where the registry offers that', async () => {
  await using world = await openWorld({ manifests: { 'org/shop:a': MANIFEST, 'org/shop:b': MANIFEST } })
  expect(await world.registry.untag('a')).toBe(true)
  expect(world.server.tags('org/shop')).toEqual({ b: digestOf(MANIFEST) })
  await using old = await openWorld({
    manifests: { 'org/shop:a': MANIFEST, 'org/shop:b': MANIFEST },
    deletesTags: 'by-digest',
  })
  await old.registry.upload(EMPTY_BLOB)
  expect(await old.registry.untag('a')).toBe(true)
  expect(old.server.tags('org/shop')).toEqual({ b: digestOf(MANIFEST) })
  expect(await old.registry.head('b')).toBeDefined()
  await using other = await openWorld({ manifests: { 'org/shop:a': MANIFEST }, deletesTags: false })
  expect(await other.registry.untag('a')).toBe(false)
})
