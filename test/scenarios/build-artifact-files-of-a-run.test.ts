/** Files that are kept with the run: a workflow artifact, named by the digest that GitHub reports. */
import { gunzipSync } from 'node:zlib'
import { createHash } from 'node:crypto'
import { expect, jest, test } from '@jest/globals'
import { openYard, type Yard } from '../support/artifact.ts'

// Each starts processes.
jest.setTimeout(120_000)

const INPUTS = { type: 'file', store: 'workflow', service: 'site', image: '', path: 'public' }
const FILES = { 'public/index.html': '<h1>hello</h1>' }

const uploads = (yard: Yard): readonly string[] =>
  yard.results.requests.filter((request) => !request.includes('List'))

test('what is left comes back as it was, under the digest that GitHub reports', async () => {
  await using yard = await openYard({ files: FILES, results: true, docker: false })
  const built = await yard.build({ inputs: INPUTS })
  expect(built.verdict).toBe('built (0)')
  const [artifact] = yard.github.artifacts
  expect(artifact).toMatchObject({ name: 'site-1.4.0.tar.gz', digest: built.digest })
  const back = yard.results.artifact(artifact?.id ?? 0) ?? Buffer.alloc(0)
  expect(`sha256:${createHash('sha256').update(back).digest('hex')}`).toBe(built.digest)
  expect(gunzipSync(back).toString()).toMatch(/public\/index\.html[^]*<h1>hello<\/h1>/)
  expect(built.done.outputs).toMatchObject({
    version: '1.4.0',
    'artifact-id': String(artifact?.id),
    'artifact-url': expect.stringMatching(/\/octo\/shop\/actions\/runs\/\d+\/artifacts\/\d+$/),
    size: String(back.length),
  })
  expect(built.done.log).not.toContain('signed-by-the-lab')
  expect(yard.github.checkRuns.map(({ name }) => name)).toEqual(['artifact / site'])
  expect(built.done.summary).toContain('site-1.4.0.tar.gz')
  expect(yard.registry.requests).toEqual([])
})

test('the same files are the same version, in another run too; other files are refused before anything is uploaded', async () => {
  await using yard = await openYard({ files: FILES, results: true })
  const first = await yard.build({ inputs: INPUTS })
  const from = uploads(yard).length
  const second = await yard.build({ inputs: INPUTS })
  expect(second.verdict).toBe('unchanged (0)')
  expect(second.digest).toBe(first.digest)
  yard.write('public/index.html', 'other')
  const other = await yard.build({ inputs: INPUTS })
  expect(other.done.outputs['reason-code']).toBe('conflict')
  expect(other.error).toMatch(new RegExp(`exists as ${first.digest}.*and this build is sha256:[0-9a-f]{64}`))
  expect(uploads(yard).slice(from)).toEqual([])
  const next = await yard.build({ inputs: { ...INPUTS, version: '1.5.0' } })
  expect(next.done.summary).toMatch(/against 1\.4\.0, the artifact before/)
  const read = await yard.build({ inputs: { ...INPUTS, history: '5' } })
  const { evidence } = JSON.parse(read.done.outputs['result'] ?? '{}') as {
    readonly evidence: { readonly history: readonly { readonly version: string; readonly digest: string }[] }
  }
  expect(evidence.history.map(({ version, digest }) => [version, digest])).toEqual([
    ['1.5.0', next.digest],
    ['1.4.0', first.digest],
  ])
})

test('what a fork left under the name is nobody’s version', async () => {
  await using yard = await openYard({ files: FILES, results: true })
  const digest = `sha256:${'f'.repeat(64)}`
  yard.github.leave({ name: 'site-1.4.0.tar.gz', size: 1, digest, runId: 1, fork: true })
  yard.github.leave({ name: 'site-1.4.0.tar.gz', size: 1, digest, runId: 2, expired: true })
  expect((await yard.build({ inputs: INPUTS })).verdict).toBe('built (0)')
})

test('what a command makes from the same inputs is not made again, when that is asked for', async () => {
  await using yard = await openYard({ files: FILES, results: true })
  const inputs = {
    ...INPUTS,
    path: 'out',
    cache: 'true',
    command: 'mkdir -p out && cp public/index.html out && echo made',
  }
  const first = await yard.build({ inputs })
  const second = await yard.build({ inputs })
  expect(second.done.outputs).toMatchObject({
    'cache-hit': 'true',
    digest: first.digest,
    decision: 'unchanged',
  })
  expect(second.done.log).not.toMatch(/^ *made$/m)
})

test('cancelled while it is uploaded, it leaves nothing', async () => {
  await using yard = await openYard({ files: FILES, results: true })
  const running = yard.start({ inputs: INPUTS })
  const held = new Promise<void>((resolve) => {
    yard.results.before(async (_, path) => {
      if (!path.endsWith('FinalizeArtifact')) return
      resolve()
      await new Promise((done) => setTimeout(done, 1_000))
    })
  })
  await held
  running.cancel()
  const built = yard.ended(await running.done)
  expect(built.verdict).toBe('cancelled (1)')
  expect(built.error).toMatch(/the build was cancelled; nothing was published/)
  expect(yard.github.artifacts).toEqual([])
})

test('verify: another digest under the version is a conflict, one that nobody attested is forbidden', async () => {
  await using yard = await openYard({ files: FILES, results: true })
  const built = await yard.build({ inputs: INPUTS })
  const ask = async (verify: string, version = '1.4.0') =>
    (await yard.build({ inputs: { ...INPUTS, verify, version } })).done.outputs['reason-code']
  expect(await ask(built.digest)).toBe('forbidden')
  expect(await ask(`sha256:${'0'.repeat(64)}`)).toBe('conflict')
  expect(await ask(built.digest, '9.9.9')).toBe('not-found')
})

test.each<[what: string, inputs: Readonly<Record<string, string>>, error: RegExp]>([
  ['an image', { type: 'image' }, /store: "workflow".*registry: an image is kept in one/],
  ['tags', { tags: 'latest' }, /tags: \["latest"\].*store: registry/],
  ['a name that no artifact may have', { service: 'a/b' }, /service: "a\/b".*the artifact is named after it/],
  ['no token', { token: '' }, /token: nothing/],
])('%s: is refused', async (_, inputs, error) => {
  await using yard = await openYard({ files: FILES, results: true })
  const built = await yard.build({ inputs: { ...INPUTS, ...inputs } })
  expect(built.done.outputs['reason-code']).toBe('invalid-input')
  expect(built.error).toMatch(error)
})

test('a token that may not list artifacts, and a runner without the service, are told before the build', async () => {
  await using yard = await openYard({ files: FILES, results: true })
  const inputs = { ...INPUTS, command: 'echo built' }
  const blind = await yard.build({ inputs, run: { permissions: { contents: 'read' } } })
  expect(blind.done.outputs['reason-code']).toBe('forbidden')
  expect(blind.error).toMatch(/actions: read/)
  const without = await yard.build({ inputs, env: { ACTIONS_RESULTS_URL: '' } })
  expect(without.done.outputs['reason-code']).toBe('not-found')
  expect(without.error).toMatch(/names no artifact service[^]*store: registry/)
  expect(`${blind.done.log}${without.done.log}`).not.toMatch(/^ *built$/m)
})
