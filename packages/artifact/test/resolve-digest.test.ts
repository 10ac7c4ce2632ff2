import { describe, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHttp } from '@release-actions/http'
import type { Clock } from '@release-actions/ports'
import { NotFound, parseImage } from '@release-actions/values'
import { startRegistry, type RegistryOptions } from '../../lab/src/registry/registry.ts'
import { isLoopback, registryOf } from '../src/address.ts'
import { parseChallenge } from '../src/challenge.ts'
import { resolveDigest, type Resolved } from '../src/index.ts'

const MANIFEST = '{"schemaVersion":2,"annotations":{"é":"ü"}}'
const user = { name: 'octo', password: 'pa:ss' }

interface Asked {
  readonly resolved: Resolved
  readonly digest: string
  readonly requests: readonly string[]
}

async function ask(options: Partial<RegistryOptions>, login?: object, tag = '1.4.0'): Promise<Asked> {
  const registry = await startRegistry({ manifests: { 'org/shop:1.4.0': MANIFEST }, user, ...options })
  const home = mkdtempSync(join(tmpdir(), 'docker-'))
  if (login !== undefined)
    writeFileSync(join(home, 'config.json'), JSON.stringify(login).replaceAll('HOST', registry.host))
  const http = createHttp({ clock, random: () => 0 })
  try {
    const image = parseImage('image', `${registry.host}/org/shop:${tag}`)
    const resolved = await resolveDigest(image, { http, clock, env: { DOCKER_CONFIG: home, PATH: home } })
    return { resolved, digest: registry.digest(MANIFEST), requests: registry.requests }
  } finally {
    http.close()
    await registry.close()
    rmSync(home, { recursive: true })
  }
}

/** Time limits never pass, pauses at once. */
const clock: Clock = {
  now: Date.now,
  sleep: (ms, signal) =>
    new Promise((done) => (ms < 10_000 ? done() : signal?.addEventListener('abort', () => done()))),
}

const login = { auths: { HOST: { auth: Buffer.from('octo:pa:ss').toString('base64') } } }

describe('a tag', () => {
  test('is resolved by one HEAD', async () => {
    const { resolved, digest, requests } = await ask({})
    expect(resolved).toEqual({ digest })
    expect(requests).toEqual(['HEAD /v2/org/shop/manifests/1.4.0'])
  })

  test('is resolved by the manifest itself where the registry tells no digest', async () => {
    const { resolved, digest } = await ask({ tellsDigest: false })
    expect(resolved).toEqual({ digest })
  })

  test('is resolved with a token that anybody gets', async () => {
    const { resolved, digest, requests } = await ask({ auth: 'token' })
    expect(resolved).toEqual({ digest })
    expect(requests[1]).toBe('GET /token?service=lab&scope=repository%3Ax%3Apull')
  })

  test.each(['basic', 'token-for-user'] as const)(
    'is resolved as who docker login made us (%s)',
    async (auth) => {
      const { resolved, digest } = await ask({ auth }, login)
      expect(resolved).toEqual({ digest })
    },
  )

  test.each([
    [
      'no login',
      undefined,
      /refused to pull from .* \(401\); docker login 127.*, or give the image by digest/,
    ],
    [
      'a wrong password',
      { auths: { HOST: { username: 'octo', password: 'x' } } },
      /\(401\) to the user that docker login left/,
    ],
    [
      'a helper',
      { credHelpers: { HOST: 'gcloud' } },
      /kept by docker-credential-gcloud: it is not installed/,
    ],
    ['a broken file', 'no', /\(401\); docker login/],
  ])('is not resolved, and why, with %s', async (_what, config, why) => {
    const { resolved } = await ask({ auth: 'token-for-user' }, typeof config === 'string' ? [config] : config)
    expect(resolved).toEqual({ unresolved: expect.stringMatching(why) })
  })

  test.each([403, 418])('is not resolved when the registry answers %d', async (status) => {
    expect((await ask({ status })).resolved).toEqual({ unresolved: expect.stringContaining(String(status)) })
  })

  test('that is not there is an error', async () => {
    await expect(ask({}, undefined, 'nonesuch')).rejects.toThrow(NotFound)
  })

  test('of a registry that cannot be reached is not resolved', async () => {
    const http = createHttp({ clock, random: () => 0 })
    const resolved = await resolveDigest(parseImage('image', '127.0.0.1:1/x:1'), { http, clock, env: {} })
    expect(resolved).toEqual({ unresolved: expect.stringContaining('the connection was refused') })
  })
})

test('an image by digest is not asked for', async () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const http = createHttp({ clock })
  expect(
    await resolveDigest(parseImage('image', `nowhere.invalid/x@${digest}`), { http, clock, env: {} }),
  ).toEqual({
    digest,
  })
})

test.each([
  ['nginx', 'https://registry-1.docker.io', 'library/nginx'],
  ['docker.io/octo/shop', 'https://registry-1.docker.io', 'octo/shop'],
  ['octo/shop', 'https://registry-1.docker.io', 'octo/shop'],
  ['ghcr.io/octo/shop', 'https://ghcr.io', 'octo/shop'],
  ['localhost/shop', 'http://localhost', 'shop'],
  ['localhost:5000/a/b', 'http://localhost:5000', 'a/b'],
  ['registry:5000/a', 'https://registry:5000', 'a'],
])('%s is served by %s as %s', (repository, url, name) =>
  expect(registryOf(repository)).toMatchObject({ url, name }),
)

test('only this machine is this machine', () => {
  expect(['127.0.0.1:5000', 'localhost', 'a.localhost:1'].every(isLoopback)).toBe(true)
  expect(['127.0.0.1.evil.example', 'localhost.example', '10.0.0.1'].some(isLoopback)).toBe(false)
})

test('a challenge is read in any order and case', () => {
  expect(parseChallenge('bearer scope="a:b,c", Realm="https://x/t" , service=y')).toEqual({
    kind: 'bearer',
    realm: 'https://x/t',
    service: 'y',
    scope: 'a:b,c',
  })
  expect(parseChallenge('Negotiate')).toBeUndefined()
})
