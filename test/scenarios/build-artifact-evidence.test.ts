/** What is known of an artifact: where it grew, what it is made of, what came before it; and files as artifacts. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, jest, test } from '@jest/globals'
import { createGitHub, createLedger } from '@release-actions/github'
import { createHttp } from '@release-actions/http'
import type { Clock } from '@release-actions/ports'
import { record } from '../../packages/github/test/world.ts'
import { openYard, type Built, type Yard } from '../support/artifact.ts'

// Each starts processes, and a version settles for three seconds.
jest.setTimeout(120_000)

test('files are packed, known by their digest before anything is pushed, and never changed', async () => {
  await using yard = await openYard({ files: { 'public/index.html': '<h1>hello</h1>' } })
  const inputs = { type: 'file', path: 'public', command: 'echo "$RELEASE_VERSION" > public/version.txt' }
  const first = await yard.build({ inputs })
  expect(first.verdict).toBe('built (0)')
  const manifest = JSON.parse(yard.registry.manifest('org/shop', '1.4.0') ?? '') as {
    readonly artifactType: string
    readonly layers: readonly { readonly digest: string }[]
  }
  expect(manifest.artifactType).toBe('application/vnd.release-actions.file.v1')
  const archive = yard.registry.blob('org/shop', manifest.layers[0]?.digest ?? '')
  expect(gunzipSync(archive ?? '').toString()).toMatch(/public\/index\.html[^]*<h1>hello<\/h1>[^]*1\.4\.0/)
  expect((await yard.build({ inputs })).verdict).toBe('unchanged (0)')
  yard.write('public/index.html', 'other')
  const from = yard.registry.requests.length
  const other = await yard.build({ inputs })
  expect(other.error).toMatch(new RegExp(`exists as ${first.digest}, and this build is sha256:[0-9a-f]{64}`))
  expect(yard.registry.requests.slice(from).filter((request) => /^(PUT|POST)/.test(request))).toEqual([])
})

test('an upload that breaks in the middle is begun anew; one that never gets through publishes nothing', async () => {
  await using yard = await openYard({ files: { 'public/a.bin': 'x' } })
  yard.write('public/a.bin', Array.from({ length: 200_000 }, (_, n) => String(n * 7919)).join())
  const inputs = { type: 'file', path: 'public' }
  yard.registry.order({ method: 'PUT', path: /uploads/, after: 1, times: 1, then: { dropAfter: 50_000 } })
  expect((await yard.build({ inputs })).verdict).toBe('built (0)')
  yard.write('public/a.bin', Array.from({ length: 200_000 }, (_, n) => String(n * 7907)).join())
  yard.registry.order({ method: 'PUT', path: /uploads/, times: 99, then: { dropAfter: 50_000 } })
  const broken = await yard.build({ inputs: { ...inputs, version: '1.5.0' } })
  expect(broken.done.outputs['reason-code']).toBe('unreachable')
  expect(Object.keys(yard.registry.tags('org/shop')).filter((tag) => tag.includes('1.5.0'))).toEqual([])
})

test('the history is read back, newest first, and says what came of size', async () => {
  await using yard = await openYard()
  const first = await yard.build({ inputs: { version: '1.0.0' } })
  yard.write('app.txt', 'x'.repeat(5_000))
  const second = await yard.build({ inputs: { version: '1.1.0' } })
  expect(second.done.summary).toMatch(/\+5\.0 kB against 1\.0\.0, the artifact before/)
  const read = await yard.build({ inputs: { history: '5' } })
  expect(read.verdict).toBe('pass (0)')
  const { evidence } = JSON.parse(read.done.outputs['result'] ?? '{}') as {
    readonly evidence: { readonly history: readonly Readonly<Record<string, unknown>>[] }
  }
  expect(evidence.history).toEqual([
    expect.objectContaining({
      version: '1.1.0',
      type: 'image',
      digest: second.digest,
      commit: yard.github.sha,
    }),
    expect.objectContaining({
      version: '1.0.0',
      digest: first.digest,
      created: expect.stringMatching(/^20.*Z$/),
    }),
  ])
})

test('what it is made of is listed from the lockfiles', async () => {
  const lock = JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } })
  await using yard = await openYard({ files: { 'package-lock.json': lock } })
  const built = await yard.build()
  expect(built.done.outputs['sbom-path']).toMatch(/sbom\.cdx\.json$/)
  expect(built.done.summary).toContain('1 package, from package-lock.json')
  expect(
    (await yard.build({ inputs: { version: '1.5.0', sbom: 'false' } })).done.outputs['sbom-path'],
  ).toBeFalsy()
})

test('a token that may write no check run is a warning', async () => {
  await using yard = await openYard()
  const built = await yard.build({ run: { permissions: { contents: 'read' } } })
  expect(built.verdict).toBe('built (0)')
  expect(yard.github.checkRuns).toEqual([])
  expect(built.done.annotations.map(({ message }) => message).join('\n')).toMatch(/checks: write/)
})

test('attest: true without the permission is an error that names it', async () => {
  await using yard = await openYard()
  const built = await yard.build({ inputs: { attest: 'true' } })
  expect(built.done.outputs['reason-code']).toBe('forbidden')
  expect(built.error).toMatch(/id-token: write, attestations: write/)
  expect(yard.registry.requests).toEqual([])
})

test('verify: a digest that nobody attested is refused, and so is one that is not there', async () => {
  await using yard = await openYard()
  const built = await yard.build()
  const unsigned = await yard.build({ inputs: { verify: built.digest } })
  expect(unsigned.done.outputs['reason-code']).toBe('forbidden')
  expect(unsigned.error).toMatch(/is not attested by octo\/shop/)
  const absent = await yard.build({ inputs: { verify: `sha256:${'0'.repeat(64)}` } })
  expect(absent.done.outputs['reason-code']).toBe('not-found')
  yard.registry.order({
    method: 'GET',
    path: /manifests\/sha256/,
    then: { status: 200, body: '{"other":1}' },
  })
  const tampered = await yard.build({ inputs: { verify: built.digest } })
  expect(tampered.done.outputs['reason-code']).toBe('conflict')
  expect(tampered.error).toMatch(/content that is not sha256/)
})

test('record: false writes nothing to GitHub', async () => {
  await using yard = await openYard()
  expect((await yard.build({ inputs: { record: 'false', token: '' } })).verdict).toBe('built (0)')
  expect(yard.github.events).toEqual([])
})

describe('what it is made of is listed', () => {
  const made = (built: Built): string => /made of \| ([^|]*) \|/.exec(built.done.summary)?.[1] ?? ''
  const lock = JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } })

  test('by syft where it is installed', async () => {
    await using yard = await openYard({ files: { 'package-lock.json': lock } })
    yard.install(
      'syft',
      'echo "$@" > asked; for last; do :; done; echo \'{"components":[{},{},{}]}\' > "${last#*=}"',
    )
    const built = await yard.build()
    expect(made(built)).toBe('3 packages, from syft')
    const asked = readFileSync(join(yard.workspace, 'asked'), 'utf8')
    expect(asked).toContain(`registry:${yard.repository}@${built.digest} --quiet --output cyclonedx-json=`)
  })

  test('by other means where syft fails, and that is said', async () => {
    await using yard = await openYard({ files: { 'package-lock.json': lock } })
    yard.install('syft', 'exit 1')
    const built = await yard.build()
    expect(built.verdict).toBe('built (0)')
    expect(made(built)).toBe('1 package, from package-lock.json')
    expect(built.done.annotations.map(({ message }) => message).join()).toMatch(/syft could not list/)
  })

  test('from the package databases of the image, with the lockfiles', async () => {
    await using yard = await openYard({
      files: { 'package-lock.json': lock, 'root/lib/apk/db/installed': 'P:musl\nV:1.2.5-r0\n' },
    })
    const layer = join(yard.workspace, 'layer.tar.gz')
    execFileSync('tar', ['-C', join(yard.workspace, 'root'), '-czf', layer, '.'])
    // The runner's own folder is gone with the step.
    const env = { FAKE_DOCKER_LAYER: layer, RUNNER_TEMP: dirname(yard.workspace) }
    const built = await yard.build({ env })
    expect(made(built)).toBe('2 packages, from package-lock.json, apk')
    const sbom = JSON.parse(readFileSync(built.done.outputs['sbom-path'] ?? '', 'utf8')) as object
    expect(sbom).toMatchObject({
      components: [{ purl: 'pkg:apk/alpine/musl@1.2.5-r0' }, { purl: 'pkg:npm/a@1.0.0' }],
    })
  })

  test('by other means where buildx left nothing, and is not asked of a builder without', async () => {
    await using yard = await openYard({ files: { 'package-lock.json': lock } })
    const built = await yard.build({ inputs: { sbom: 'buildx' }, env: { FAKE_DOCKER_BUILDX: '1' } })
    expect(yard.calls().find(([, command]) => command === 'build')).toContain('--sbom=true')
    expect(built.done.annotations.map(({ message }) => message).join()).toMatch(/buildx left no SBOM/)
    expect(made(built)).toBe('1 package, from package-lock.json')
    const classic = await yard.build({ inputs: { sbom: 'buildx', version: '1.5.0' } })
    expect(classic.error).toMatch(/sbom: "buildx".*docker buildx on the runner/)
  })
})

test('the size is compared with the last verified release of an environment', async () => {
  await using yard = await openYard()
  const first = await yard.build({ inputs: { version: '1.0.0' } })
  yard.write('app.txt', 'x'.repeat(5_000))
  await yard.build({ inputs: { version: '1.1.0' } })
  yard.write('app.txt', 'x'.repeat(7_000))
  const inputs = { version: '1.2.0', environment: 'production' }
  expect((await yard.build({ inputs })).done.summary).not.toContain('against')
  // What is there since 1.1.0 was built and never released.
  await released(yard, '1.0.0', first.digest)
  const built = await yard.build({ inputs: { ...inputs, version: '1.3.0' } })
  expect(built.done.summary).toMatch(/\+7\.0 kB against 1\.0\.0, the last verified release in production/)
})

describe('whether it is signed', () => {
  const DIGEST = 'dev.release-actions.digest'

  /** As somebody who may push to the registry could write it. */
  function claimSigned(yard: Yard, page: string): void {
    const tags = yard.registry.tags('org/shop')
    const tag = Object.keys(tags).find((name) => name.startsWith('record.')) ?? ''
    const record = JSON.parse(yard.registry.manifest('org/shop', tag) ?? '') as {
      readonly annotations: Readonly<Record<string, string>>
    }
    expect(record.annotations).toHaveProperty([DIGEST])
    const annotations = { ...record.annotations, 'dev.release-actions.signed': page }
    yard.registry.put('org/shop', tag, JSON.stringify({ ...record, annotations }))
  }

  test('GitHub says, not the record beside it', async () => {
    await using yard = await openYard()
    await yard.build()
    claimSigned(yard, 'https://evil.example/signed')
    const claimed = await yard.build()
    expect(claimed.done.outputs['attestation-url']).toBe('')
    expect(claimed.done.annotations.map(({ message }) => message).join()).toMatch(
      /but GitHub shows no attestation of it/,
    )
    yard.github.attest(claimed.digest, { mediaType: 'a bundle' })
    const known = await yard.build()
    // The page is GitHub's own, whatever the record says.
    expect(known.done.outputs['attestation-url']).toMatch(/\/octo\/shop\/attestations$/)
    expect(known.done.summary).not.toContain('evil.example')
    const read = await yard.build({ inputs: { history: '5' } })
    expect(read.done.summary).not.toContain('evil.example')
  })

  test('the record says where GitHub cannot be asked, and that is said', async () => {
    await using yard = await openYard()
    await yard.build()
    const page = 'https://github.test/octo/shop/attestations/1'
    claimSigned(yard, page)
    const built = await yard.build({ run: { permissions: { contents: 'read', checks: 'write' } } })
    expect(built.done.outputs['attestation-url']).toBe(page)
    expect(built.done.annotations.map(({ message }) => message).join()).toMatch(
      /GitHub could not be asked whether sha256:[0-9a-f]+ is signed .*is what its record says/,
    )
  })
})

/** A release that was verified, as an action of ours records it. */
async function released(yard: Yard, version: string, digest: string): Promise<void> {
  // Its time limits never pass.
  const clock: Clock = {
    now: Date.now,
    sleep: (_, signal) => new Promise((done) => signal?.addEventListener('abort', () => done())),
  }
  const http = createHttp({ clock })
  const { url: apiUrl, graphqlUrl, sha } = yard.github
  const github = createGitHub({
    http,
    clock,
    token: yard.github.token(),
    owner: 'octo',
    repo: 'shop',
    apiUrl,
    graphqlUrl,
  })
  const ledger = createLedger({
    github,
    clock,
    environment: 'production',
    service: 'shop',
    sha,
    jobUrl: () => Promise.resolve('https://github.test/job'),
    warn: () => undefined,
  })
  const { id } = await ledger.open(record({ version, digest }), undefined)
  await ledger.verified(id, 'verified')
  http.close()
}
