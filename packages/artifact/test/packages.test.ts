/** What distributions installed into an image, as its layers tell it. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { packagesOf, sbomOfAttestation, sbomOfPackages, type ImageContent } from '../src/index.ts'
import { digestOf } from '../src/digest.ts'
import { untar } from '../src/pack/untar.ts'
import { clock, openWorld, type World } from './world.ts'

type Files = Readonly<Record<string, string>>

/** A tar archive as the tool of this machine writes it. */
function tarOf(files: Files, ...format: readonly string[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'layer-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    return execFileSync('tar', ['-C', folder, ...format, '-cf', '-', '.'], { maxBuffer: 64 * 1024 * 1024 })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const dpkg = (name: string, version: string, status = 'install ok installed'): string =>
  `Package: ${name}\nStatus: ${status}\nArchitecture: amd64\nVersion: ${version}\nDescription: a\n b: c\n`
const DEBIAN = { 'etc/os-release': 'PRETTY_NAME="Debian"\nID=debian\nVERSION_ID="12"\n' }
const STATUS = 'var/lib/dpkg/status'
const BOUNDS = { clock, signal: new AbortController().signal, within: 60_000, most: 100_000_000 }

function contentOf(world: World, layers: readonly Buffer[]): ImageContent {
  const stored = layers.map((layer) => ({
    digest: world.server.putBlob('org/shop', layer),
    size: layer.length,
    madeBy: undefined,
  }))
  return {
    platform: 'linux/amd64',
    digest: `sha256:${'0'.repeat(64)}`,
    configDigest: undefined,
    layers: stored,
    size: stored.reduce((sum, { size }) => sum + size, 0),
    labels: {},
  }
}

async function read(...layers: readonly Buffer[]) {
  await using world = await openWorld()
  const { databases, notes } = await packagesOf(world.registry, contentOf(world, layers), BOUNDS)
  return { purls: databases.flatMap(({ components }) => components.map(({ purl }) => purl)), notes }
}

describe('an image', () => {
  test('of Debian names what dpkg installed, and not what it removed', async () => {
    const status = [
      dpkg('libc6', '2.36-9+deb12u8'),
      dpkg('gone', '1', 'deinstall ok config-files'),
      dpkg('perl', '1:5.3'),
    ]
    expect(await read(gzipSync(tarOf({ ...DEBIAN, [STATUS]: status.join('\n') })))).toEqual({
      purls: [
        'pkg:deb/debian/libc6@2.36-9%2Bdeb12u8?arch=amd64&distro=debian-12',
        'pkg:deb/debian/perl@1%3A5.3?arch=amd64&distro=debian-12',
      ],
      notes: [],
    })
  })

  test('without a package manager keeps a paragraph for each package', async () => {
    const files = {
      'var/lib/dpkg/status.d/base': 'Package: base-files\nVersion: 12.4\nArchitecture: amd64\n',
      'var/lib/dpkg/status.d/base.md5sums': 'Package: no\nVersion: 1\n',
      'usr/lib/os-release': 'ID=debian\nVERSION_ID=12\n',
    }
    expect((await read(gzipSync(tarOf(files)))).purls).toEqual([
      'pkg:deb/debian/base-files@12.4?arch=amd64&distro=debian-12',
    ])
  })

  test('of Alpine names what apk installed, with its licences', async () => {
    const files = {
      'etc/os-release': 'ID=alpine\nVERSION_ID=3.20.3\n',
      'lib/apk/db/installed':
        'C:Q1\nP:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\nF:lib\n\nP:zlib\nV:1.3-r2\nA:x86_64\n',
    }
    await using world = await openWorld()
    const { databases } = await packagesOf(world.registry, contentOf(world, [gzipSync(tarOf(files))]), BOUNDS)
    expect(databases).toEqual([
      {
        name: 'apk',
        components: [
          {
            name: 'musl',
            version: '1.2.5-r0',
            purl: 'pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.3',
            licence: 'MIT',
          },
          expect.objectContaining({ name: 'zlib', licence: undefined }),
        ],
      },
    ])
  })

  test('has what its highest layer says, and not what a layer deletes', async () => {
    const base = gzipSync(tarOf({ ...DEBIAN, [STATUS]: dpkg('old', '1') }))
    const more = zstdCompressSync(tarOf({ [STATUS]: dpkg('new', '2') }))
    expect((await read(base, more)).purls).toEqual(['pkg:deb/debian/new@2?arch=amd64&distro=debian-12'])
    const file = tarOf({ 'var/lib/dpkg/.wh.status': '' })
    expect((await read(base, file)).purls).toEqual([])
    const folder = gzipSync(tarOf({ 'var/lib/.wh.dpkg': '' }))
    expect((await read(base, folder)).purls).toEqual([])
    // What a layer deletes it may put anew.
    const anew = gzipSync(tarOf({ 'var/lib/dpkg/.wh..wh..opq': '', [STATUS]: dpkg('anew', '3') }))
    expect((await read(base, anew)).purls).toEqual(['pkg:deb/debian/anew@3?arch=amd64&distro=debian-12'])
  })

  test('with an rpm database says that it is not read', async () => {
    const { purls, notes } = await read(tarOf({ 'var/lib/rpm/rpmdb.sqlite': 'SQLite' }))
    expect(purls).toEqual([])
    expect(notes.join()).toMatch(/an rpm database \(var\/lib\/rpm\/rpmdb\.sqlite\), which syft can read/)
  })

  test('of nothing has no packages', async () => {
    expect(await read(tarOf({ 'app.txt': 'x' }))).toEqual({ purls: [], notes: [] })
  })
})

describe('is not read in part', () => {
  const layer = gzipSync(tarOf({ ...DEBIAN, [STATUS]: dpkg('libc6', '1') }))

  test.each<[what: string, layers: readonly Buffer[], bounds: Partial<typeof BOUNDS>, note: RegExp]>([
    [
      'a layer that is no archive',
      [layer, Buffer.from('x'.repeat(2_000))],
      {},
      /cannot be read: it is no tar archive/,
    ],
    ['a layer that ends in the middle', [layer.subarray(0, layer.length - 40)], {}, /cannot be read: ./],
    [
      'more bytes than may be read',
      [layer],
      { most: 10 },
      /its layers are 0 MB, and no more than 0 MB are read/,
    ],
    ['more time than it may take', [layer], { within: -1 }, /took longer than/],
  ])('%s', async (_, layers, bounds, note) => {
    await using world = await openWorld()
    const found = await packagesOf(world.registry, contentOf(world, layers), { ...BOUNDS, ...bounds })
    expect(found.databases).toEqual([])
    expect(found.notes.join()).toMatch(note)
  })

  test('a layer whose bytes are not what its digest says', async () => {
    await using world = await openWorld()
    const content = contentOf(world, [layer])
    world.server.order({ path: /blobs/, then: { status: 200, body: 'other' } })
    const found = await packagesOf(world.registry, content, BOUNDS)
    expect(found).toEqual({ databases: [], notes: [expect.stringContaining('gave content that is not')] })
  })
})

test.each([['ustar'], ['gnu'], ['pax']])(
  'archives of the format %s are read, long names too',
  async (format) => {
    const long = `${'folder/'.repeat(20)}${'n'.repeat(90)}`
    const archive = tarOf({ [long]: 'deep', 'a.txt': 'x'.repeat(1_000), empty: '' }, `--format=${format}`)
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < archive.length; at += 700) yield archive.subarray(at, at + 700)
    }
    const found = new Map<string, string | undefined>()
    for await (const { name, content } of untar(chunks(), (name) => name !== 'a.txt', 100))
      if (!name.endsWith('/') && name !== '') found.set(name, content?.toString())
    expect(Object.fromEntries(found)).toEqual({ [long]: 'deep', 'a.txt': undefined, empty: '' })
  },
)

test('lockfiles and databases become one document', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'context-'))
  writeFileSync(join(folder, 'go.sum'), 'example.com/b v1.0.0 h1:x=\n')
  const component = { name: 'musl', version: '1', purl: 'pkg:apk/alpine/musl@1', licence: 'MIT' }
  const subject = { name: 'shop', version: '1', digest: `sha256:${'a'.repeat(64)}` }
  const sbom = await sbomOfPackages(folder, [{ name: 'apk', components: [component] }], subject)
  rmSync(folder, { recursive: true })
  expect(sbom).toMatchObject({ components: 2, from: 'go.sum, apk' })
})

describe('buildx’s own SBOM', () => {
  const DOCUMENT = { spdxVersion: 'SPDX-2.3', packages: [{ name: 'a' }, { name: 'b' }] }

  function image(world: World, predicate: string): string {
    const put = (value: object): { readonly digest: string; readonly size: number } => {
      const text = JSON.stringify(value)
      world.server.put('org/shop', digestOf(text), text)
      return { digest: digestOf(text), size: text.length }
    }
    const blob = (value: object): string => world.server.putBlob('org/shop', JSON.stringify(value))
    const own = put({ schemaVersion: 2, layers: [] })
    const about = put({
      schemaVersion: 2,
      layers: [
        {
          digest: blob({ predicateType: 'https://slsa.dev/provenance/v1', predicate: {} }),
          annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v1' },
        },
        {
          digest: blob({ predicateType: predicate, predicate: DOCUMENT }),
          annotations: { 'in-toto.io/predicate-type': predicate },
        },
      ],
    })
    return JSON.stringify({
      schemaVersion: 2,
      manifests: [
        { ...own, platform: { os: 'linux', architecture: 'amd64' } },
        {
          ...about,
          platform: { os: 'unknown', architecture: 'unknown' },
          annotations: {
            'vnd.docker.reference.type': 'attestation-manifest',
            'vnd.docker.reference.digest': own.digest,
          },
        },
      ],
    })
  }

  test('is the statement of the attestation beside the image', async () => {
    await using world = await openWorld()
    world.server.put('org/shop', '1', image(world, 'https://spdx.dev/Document'))
    const manifest = await world.registry.manifest('1')
    const sbom = manifest === undefined ? undefined : await sbomOfAttestation(world.registry, manifest)
    expect(sbom).toMatchObject({ components: 2, from: 'buildx' })
    expect(JSON.parse(sbom?.text ?? '')).toEqual(DOCUMENT)
  })

  test('is not there where buildx stated something else, or nothing', async () => {
    await using world = await openWorld()
    world.server.put('org/shop', '1', image(world, 'https://example.com/other'))
    world.server.put('org/shop', '2', '{"schemaVersion":2,"layers":[]}')
    for (const tag of ['1', '2']) {
      const manifest = await world.registry.manifest(tag)
      expect(
        manifest === undefined ? 'no manifest' : await sbomOfAttestation(world.registry, manifest),
      ).toBeUndefined()
    }
  })
})
