/** What is known of an artifact: where it grew, what it is made of, what came before it; and files as artifacts. */
import { gunzipSync } from 'node:zlib'
import { expect, jest, test } from '@jest/globals'
import { openYard } from '../support/artifact.ts'

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
  expect(built.done.summary).toContain('1 packages, from package-lock.json')
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
