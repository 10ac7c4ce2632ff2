import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Forbidden, InvalidInput, Unreachable } from '@release-actions/values'
import { startSigstore, type EmbeddedSigstore, type Statement } from '../../lab/src/sigstore/sigstore.ts'
import { verifyAttestation, type VerifyOptions } from '../src/attestation/verify.ts'

const DIGEST = `sha256:${'1'.repeat(64)}`
const GOOD: Statement = {
  digest: DIGEST,
  repository: 'octo/shop',
  workflow: 'octo/shop/.github/workflows/release.yml@refs/heads/main',
}

let sigstore: EmbeddedSigstore
let other: EmbeddedSigstore
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'verify-'))
  ;[sigstore, other] = await Promise.all([startSigstore(), startSigstore()])
  writeFileSync(join(folder, 'root.jsonl'), `${other.trustedRoot}\n${sigstore.trustedRoot}\n`)
})
afterAll(async () => {
  await Promise.all([sigstore.close(), other.close()])
  rmSync(folder, { recursive: true })
})

function verify(bundles: readonly unknown[], options: Partial<VerifyOptions> = {}) {
  return verifyAttestation({
    digest: DIGEST,
    attestations: { find: () => Promise.resolve(bundles), store: () => Promise.resolve('') },
    serverUrl: 'https://github.com',
    repository: 'octo/shop',
    signerWorkflows: [],
    trustedRoot: join(folder, 'root.jsonl'),
    temp: folder,
    ...options,
  })
}

test('what the repository’s own workflow attested holds, and says by which run it was built', async () => {
  expect(await verify([await sigstore.sign(GOOD)])).toEqual({
    issuer: 'https://token.actions.githubusercontent.com',
    workflow: 'https://github.com/octo/shop/.github/workflows/release.yml@refs/heads/main',
    repository: 'https://github.com/octo/shop',
    commit: 'a'.repeat(40),
  })
})

test('one good attestation among others suffices', async () => {
  const bad = await sigstore.sign({ ...GOOD, repository: 'evil/shop' })
  expect(await verify([bad, { no: 'bundle' }, await sigstore.sign(GOOD)])).toMatchObject({
    commit: 'a'.repeat(40),
  })
})

describe('what does not hold is forbidden', () => {
  test.each<[what: string, statement: Partial<Statement>, why: RegExp]>([
    ['another digest', { digest: `sha256:${'2'.repeat(64)}` }, /about another digest/],
    ['another repository', { repository: 'evil/shop' }, /built from https:\/\/github\.com\/evil\/shop/],
    ['a repository that begins alike', { repository: 'octo/shop-two' }, /built from .*shop-two/],
    [
      'another signer',
      { workflow: 'evil/tools/.github/workflows/build.yml@refs/heads/main' },
      /signed by .*evil\/tools.*not by octo\/shop\/\.github\/workflows\//,
    ],
    ['another issuer', { issuer: 'https://evil.example' }, /vouched for by https:\/\/evil\.example/],
    [
      'an issuer that begins alike',
      { issuer: 'https://token.actions.githubusercontent.com.evil.example' },
      /vouched for by/,
    ],
    ['another statement', { predicateType: 'https://spdx.dev/Document' }, /no provenance/],
  ])('%s', async (_, statement, why) => {
    const bundle = await sigstore.sign({ ...GOOD, ...statement })
    const error = await verify([bundle]).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Forbidden)
    expect((error as Forbidden).why.join('\n')).toMatch(why)
  })

  test('a statement that was changed after it was signed', async () => {
    const bundle = JSON.parse(
      JSON.stringify(await sigstore.sign({ ...GOOD, digest: `sha256:${'2'.repeat(64)}` })),
    ) as {
      dsseEnvelope: { payload: string }
    }
    const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64')
      .toString()
      .replace(/2{64}/, '1'.repeat(64))
    bundle.dsseEnvelope.payload = Buffer.from(payload).toString('base64')
    const error = await verify([bundle]).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Forbidden)
    expect((error as Forbidden).why.join('\n')).toMatch(/signature does not hold/)
  })

  test('a signature of authorities that are not trusted', async () => {
    const stranger = await startSigstore()
    const bundle = await stranger.sign(GOOD)
    await stranger.close()
    await expect(verify([bundle])).rejects.toThrow(`no attestation of ${DIGEST} holds`)
  })

  test('no attestation at all', async () => {
    await expect(verify([])).rejects.toThrow(`${DIGEST} is not attested by octo/shop`)
  })

  test('not knowing', async () => {
    const attestations = {
      find: () => Promise.reject(new Unreachable('api.github.com cannot be reached')),
      store: () => Promise.resolve(''),
    }
    const error = await verify([], { attestations }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Forbidden)
    expect(String(error)).toMatch(/cannot be found out: api\.github\.com cannot be reached/)
  })
})

describe('signer-workflow', () => {
  const central = 'org/release-actions/.github/workflows/build.yml'

  test.each<[allowed: readonly string[], holds: boolean]>([
    [[central], true],
    [[`${central}@refs/tags/v1`], true],
    [[`${central}@refs/heads/main`], false],
    [['org/release-actions/.github/workflows/build'], false],
    [['octo/shop/.github/workflows/', central], true],
    [[], false],
  ])('%j', async (signerWorkflows, holds) => {
    const bundle = await sigstore.sign({ ...GOOD, workflow: `${central}@refs/tags/v1` })
    const verified = verify([bundle], { signerWorkflows })
    if (holds) expect((await verified).workflow).toContain(central)
    else await expect(verified).rejects.toThrow(Forbidden)
  })
})

test('a signer that ran for a tag with an @ in its name is the same signer', async () => {
  const workflow = 'octo/shop/.github/workflows/release.yml'
  const bundle = await sigstore.sign({ ...GOOD, workflow: `${workflow}@refs/tags/shop@1.4.0` })
  expect((await verify([bundle], { signerWorkflows: [workflow] })).workflow).toContain('shop@1.4.0')
})

test('a trusted root that is none is an input error', async () => {
  writeFileSync(join(folder, 'none.json'), '{"a":1}')
  const bundle = await sigstore.sign(GOOD)
  for (const name of ['none.json', 'absent.json'])
    await expect(verify([bundle], { trustedRoot: join(folder, name) })).rejects.toThrow(InvalidInput)
})
