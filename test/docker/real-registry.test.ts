/** With a real Docker engine and a real registry: what the fakes of the scenarios only pretend. */
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, jest, test } from '@jest/globals'
import { openSite, told } from './support/build.ts'

jest.setTimeout(180_000)

const FILES = { Dockerfile: 'FROM scratch\nCOPY app.txt /app.txt\n', 'app.txt': 'one' }

test('an image is built and pushed, and its digest is that of the registry’s own manifest', async () => {
  await using site = await openSite(FILES)
  const done = await site.build({ labels: 'team=shop', tags: 'latest' })
  expect(told(done)).toBe('built')
  const manifest = await site.ask(`manifests/${done.outputs['version'] ?? ''}`)
  const digest = `sha256:${createHash('sha256')
    .update(await manifest.text())
    .digest('hex')}`
  expect(done.outputs).toMatchObject({ digest, image: `${site.repository}@${digest}` })
  expect(await site.tags()).toEqual(expect.arrayContaining(['1.4.0', 'latest']))
  expect(done.summary).toMatch(/linux\/amd64, 1 layer, /)
  expect(done.log).toMatch(/Step 1\/\d/)
})

test('the same again is unchanged; something else under its version is refused with both digests, and not pushed', async () => {
  await using site = await openSite(FILES)
  const first = await site.build()
  expect(told(first)).toBe('built')
  expect(told(await site.build())).toBe('unchanged')
  // Built again all the same, from docker's own layers.
  expect(told(await site.build({ cache: 'false', labels: 'x=y' }))).toMatch(
    new RegExp(`exists as ${first.outputs['digest'] ?? ''}, and this build is sha256:[0-9a-f]{64}`),
  )
  site.write('app.txt', 'two')
  const before = await site.tags()
  const other = await site.build()
  expect(told(other)).toMatch(/exists as sha256:[0-9a-f]{64}, and this build is sha256:[0-9a-f]{64}/)
  expect(await site.tags()).toEqual(before)
})

test('two runs that name one version at once: one wins, and the other is told', async () => {
  await using site = await openSite(FILES)
  const both = await Promise.all([site.build({ labels: 'run=1' }), site.build({ labels: 'run=2' })])
  expect(both.map(({ exitCode }) => exitCode).sort()).toEqual([0, 1])
  const winner = both.find(({ exitCode }) => exitCode === 0)
  const held = (await site.ask('manifests/1.4.0')).headers.get('docker-content-digest')
  expect(held).toBe(winner?.outputs['digest'])
})

test('a build that is cancelled leaves no version', async () => {
  await using site = await openSite({
    ...FILES,
    Dockerfile: 'FROM scratch\nCOPY . /\n',
    'large.bin': 'x'.repeat(1000),
  })
  writeFileSync(join(site.workspace, 'large.bin'), Buffer.alloc(300 * 1024 * 1024, Math.random().toString()))
  const running = site.start()
  await running.logged(/Sending build context|Step 1/)
  running.cancel()
  const done = await running.done
  expect(done.outputs['decision']).toBe('cancelled')
  expect((await site.ask('manifests/1.4.0')).status).toBe(404)
})

test('files are packed, stored and come back as they were; the same files are the same digest', async () => {
  await using site = await openSite({ 'out/a.txt': 'alpha', 'out/b/c.txt': 'gamma' })
  const inputs = { type: 'file', path: 'out' }
  const first = await site.build(inputs)
  expect(told(first)).toBe('built')
  expect(told(await site.build(inputs))).toBe('unchanged')
  const again = await site.build({ ...inputs, version: '1.5.0' })
  expect(again.outputs['digest']).toBe(first.outputs['digest'])
  const manifest = (await (await site.ask('manifests/1.4.0')).json()) as { layers: { digest: string }[] }
  const archive = await site.ask(`blobs/${manifest.layers[0]?.digest ?? ''}`)
  writeFileSync(join(site.workspace, 'back.tar.gz'), Buffer.from(await archive.arrayBuffer()))
  const listed = execFileSync('tar', ['-tzvf', 'back.tar.gz'], { cwd: site.workspace, encoding: 'utf8' })
  expect(listed.split('\n').map((line) => line.split(/\s+/).at(-1))).toEqual(['out/a.txt', 'out/b/c.txt', ''])
  site.write('out/a.txt', 'other')
  expect(told(await site.build(inputs))).toContain(`exists as ${first.outputs['digest'] ?? ''}`)
})

test('the history of the repository is read back, newest first', async () => {
  await using site = await openSite(FILES)
  for (const version of ['1.0.0', '1.1.0']) {
    site.write('app.txt', version)
    expect(told(await site.build({ version }))).toBe('built')
  }
  const done = await site.build({ history: '10' })
  const { evidence } = JSON.parse(done.outputs['result'] ?? '{}') as {
    evidence: { history: readonly { version: string; commit: string; size: number; type: string }[] }
  }
  expect(evidence.history.map(({ version, type }) => [version, type])).toEqual([
    ['1.1.0', 'image'],
    ['1.0.0', 'image'],
  ])
  expect(evidence.history[0]).toMatchObject({ commit: site.github.sha, size: expect.any(Number) })
})

test('what a distribution installed into the image is read from the layers that docker pushed', async () => {
  const paragraph = (name: string, version: string): string =>
    `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`
  await using site = await openSite({
    Dockerfile: 'FROM scratch\nCOPY base/ /\nCOPY more/ /\n',
    'base/etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
    'base/var/lib/dpkg/status': paragraph('libc6', '2.36'),
    // The layer above has the whole file anew.
    'more/var/lib/dpkg/status': `${paragraph('libc6', '2.36')}\n${paragraph('curl', '7.88')}`,
  })
  const done = await site.build()
  expect(told(done)).toBe('built')
  expect(done.summary).toContain('2 packages, from dpkg')
  expect(done.log).toMatch(/dpkg: 2 packages/)
})

test('a Dockerfile that does not build says what docker said', async () => {
  await using site = await openSite({ Dockerfile: 'FROM scratch\nCOPY absent /\n' })
  expect(told(await site.build())).toMatch(/the build failed with exit code 1[^]*COPY failed/)
})
