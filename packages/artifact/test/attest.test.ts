/** Signing and verifying without a network: Sigstore's authorities are the lab's, at their own addresses. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import nock from 'nock'
import type { Attestations } from '@release-actions/ports'
import { Forbidden } from '@release-actions/values'
import { startIdentity, type EmbeddedIdentity } from '../../lab/src/sigstore/identity.ts'
import { startSigstore, type EmbeddedSigstore } from '../../lab/src/sigstore/sigstore.ts'
import { attestProvenance } from '../src/attestation/attest.ts'
import { trustedRoots } from '../src/attestation/trusted-root.ts'
import { verifyAttestation } from '../src/attestation/verify.ts'

const GITHUB = 'https://token.actions.githubusercontent.com'
const DIGEST = `sha256:${'1'.repeat(64)}`
const ENV = ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'GITHUB_SERVER_URL'] as const

let sigstore: EmbeddedSigstore
let identity: EmbeddedIdentity
let folder: string
const before = ENV.map((name) => [name, process.env[name]] as const)

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'attest-'))
  ;[sigstore, identity] = await Promise.all([startSigstore(), startIdentity({ iss: GITHUB })])
  Object.assign(process.env, identity.env, { GITHUB_SERVER_URL: 'https://github.com' })
  // The toolkit says workflow commands, which a runner that plays this test would obey.
  jest.spyOn(process.stdout, 'write').mockReturnValue(true)
  nock.disableNetConnect()
  nock.enableNetConnect(/^(127\.0\.0\.1|localhost)/)
  nock(GITHUB)
    .persist()
    .get('/.well-known/openid-configuration')
    .reply(200, { issuer: GITHUB, jwks_uri: `${GITHUB}/keys` })
    .get('/keys')
    .reply(async () => [200, await (await fetch(`${identity.issuer}/keys`)).json()])
})
afterEach(async () => {
  jest.restoreAllMocks()
  nock.cleanAll()
  nock.enableNetConnect()
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  await Promise.all([sigstore.close(), identity.close()])
  rmSync(folder, { recursive: true })
})

/** GitHub's own instance of Sigstore, which signs for private repositories. */
function privateSigstore(): void {
  for (const host of ['https://fulcio.githubapp.com', 'https://timestamp.githubapp.com'])
    nock(host)
      .persist()
      .post(/.*/)
      .reply(async (request: Request) => {
        const { pathname } = new URL(request.url)
        const body = await request.text()
        const answer = await fetch(`${sigstore.url}${pathname}`, { method: 'POST', body })
        const type = answer.headers.get('content-type') ?? ''
        return [answer.status, Buffer.from(await answer.arrayBuffer()), { 'content-type': type }]
      })
}

function store(): Attestations & { readonly bundles: unknown[] } {
  const bundles: unknown[] = []
  return {
    bundles,
    find: () => Promise.resolve(bundles),
    store: (bundle) => Promise.resolve(`https://github.com/octo/shop/attestations/${bundles.push(bundle)}`),
  }
}

test('the provenance of what this run built is signed, stored, and holds when it is verified', async () => {
  privateSigstore()
  const attestations = store()
  const page = await attestProvenance({
    name: 'ghcr.io/octo/shop',
    digest: DIGEST,
    attestations,
    visibility: 'private',
  })
  expect(page).toBe('https://github.com/octo/shop/attestations/1')
  const [bundle] = attestations.bundles as readonly { readonly dsseEnvelope: { readonly payload: string } }[]
  const statement = JSON.parse(Buffer.from(bundle?.dsseEnvelope.payload ?? '', 'base64').toString()) as object
  expect(statement).toMatchObject({
    subject: [{ name: 'ghcr.io/octo/shop', digest: { sha256: '1'.repeat(64) } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: { buildDefinition: { resolvedDependencies: [{ digest: { gitCommit: 'a'.repeat(40) } }] } },
  })
  const trustedRoot = join(folder, 'root.jsonl')
  writeFileSync(trustedRoot, sigstore.trustedRoot)
  const claims = await verifyAttestation({
    digest: DIGEST,
    attestations,
    serverUrl: 'https://github.com',
    repository: 'octo/shop',
    signerWorkflows: [],
    trustedRoot,
    temp: folder,
  })
  expect(claims).toMatchObject({ issuer: GITHUB, commit: 'a'.repeat(40) })
})

test('a run that may not ask for tokens is told which permissions to grant', async () => {
  delete process.env['ACTIONS_ID_TOKEN_REQUEST_URL']
  const order = {
    name: 'shop',
    digest: DIGEST,
    attestations: store(),
    visibility: 'private' as const,
  }
  const error = await attestProvenance(order).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Forbidden)
  expect(String(error)).toContain(`the provenance of ${DIGEST} could not be signed`)
  expect((error as Forbidden).fix.join()).toMatch(/id-token: write and attestations: write/)
})

test('what GitHub does not store is not said to be signed', async () => {
  privateSigstore()
  const refused = new Forbidden('POST attestations: 403', { fix: ['attestations: write'] })
  const attestations: Attestations = { find: () => Promise.resolve([]), store: () => Promise.reject(refused) }
  await expect(
    attestProvenance({ name: 'shop', digest: DIGEST, attestations, visibility: 'private' }),
  ).rejects.toBe(refused)
})

test('without a way to the public root, whom to trust is not known, and the error says how it can be', async () => {
  const error = await trustedRoots(undefined, folder).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Forbidden)
  expect(String(error)).toMatch(/whom to trust is not known/)
  expect((error as Forbidden).fix.join()).toMatch(/gh attestation trusted-root > trusted_root\.jsonl/)
})
