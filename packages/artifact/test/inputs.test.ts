import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { sbomOfPackages } from '../src/index.ts'
import { hashContext } from '../src/same/context.ts'
import { readDockerfile } from '../src/same/dockerfile.ts'
import { LOCKFILES } from '../src/sbom/lockfiles.ts'

describe('a Dockerfile is read for what it takes from elsewhere', () => {
  test.each<[what: string, text: string, args: readonly string[], images: readonly string[]]>([
    ['nothing', 'FROM scratch\nCOPY . /\n', [], []],
    ['a base', 'FROM --platform=linux/amd64 node:24\n', [], ['node:24']],
    [
      'stages',
      'FROM node:24 AS Build\nFROM build\nCOPY --from=build /a /\nCOPY --from=0 /b /\n',
      [],
      ['node:24'],
    ],
    ['other images', 'FROM scratch\nCOPY --from=busybox:1 /bin /\n', [], ['busybox:1']],
    ['a mount', 'FROM scratch\nRUN --mount=type=bind,from=tools:2,target=/x true\n', [], ['tools:2']],
    ['a default', 'ARG V=24\nFROM node:${V}\n', [], ['node:24']],
    ['an argument', 'ARG V=24\nFROM node:$V\n', ['V=25'], ['node:25']],
    ['a fallback', 'ARG V\nFROM node:${V:-22}\n', [], ['node:22']],
    ['a frontend', '# syntax=docker/dockerfile:1.9\nFROM scratch\n', [], ['docker/dockerfile:1.9']],
    ['a line that goes on', 'FROM \\\n  node:24 \\\n  AS x\n', [], ['node:24']],
    ['a comment', '# FROM evil\nFROM node:24\n', [], ['node:24']],
  ])('%s', (_, text, args, images) => {
    expect(readDockerfile(text, args)).toEqual({ images, changing: undefined })
  })

  test('what it fetches may change, unless a checksum holds it', () => {
    const url = 'https://example.com/a.tar.gz'
    expect(readDockerfile(`FROM scratch\nADD ${url} /\n`, []).changing).toContain(url)
    expect(readDockerfile(`FROM scratch\nADD --checksum=sha256:0 ${url} /\n`, []).changing).toBeUndefined()
  })
})

async function inFolder<T>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'inputs-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('.dockerignore', () => {
  const FILES = {
    'src/a.ts': 'a',
    'docs/b.md': 'b',
    'docs/keep.md': 'k',
    'node_modules/x/index.js': 'x',
    'top.log': 'l',
  }
  const hash = (rules: string, change: Readonly<Record<string, string>>) =>
    inFolder({ ...FILES, '.dockerignore': rules, ...change }, (folder) => hashContext(folder, undefined))

  test.each<[rules: string, changed: string, differs: boolean]>([
    ['', 'docs/b.md', true],
    ['docs', 'docs/b.md', false],
    ['docs', 'src/a.ts', true],
    ['docs\n!docs/keep.md', 'docs/keep.md', true],
    ['docs\n!docs/keep.md', 'docs/b.md', false],
    ['**/*.md', 'docs/b.md', false],
    ['node_modules', 'node_modules/x/index.js', false],
    ['*.log', 'top.log', false],
    ['# docs', 'docs/b.md', true],
  ])('%j: a change of %s', async (rules, changed, differs) => {
    const [one, other] = [await hash(rules, {}), await hash(rules, { [changed]: 'changed' })]
    expect(one !== other).toBe(differs)
  })
})

describe('lockfiles', () => {
  const purls = (file: string, text: string): readonly string[] =>
    (LOCKFILES.get(file)?.(text) ?? []).map(({ purl }) => purl)

  test('of npm: what is installed, without what is for development', () => {
    const packages = {
      '': { name: 'shop', version: '1.0.0' },
      'node_modules/@scope/a': { version: '1.2.3', license: 'MIT' },
      'node_modules/b': { version: '2.0.0+x', dev: true },
      'node_modules/c/node_modules/d': { version: '3.0.0' },
      'packages/own': { version: '0.0.0' },
    }
    expect(purls('package-lock.json', JSON.stringify({ lockfileVersion: 3, packages }))).toEqual([
      'pkg:npm/%40scope/a@1.2.3',
      'pkg:npm/d@3.0.0',
    ])
  })

  test.each([
    [
      'go.sum',
      'golang.org/x/net v0.30.0 h1:a=\ngolang.org/x/net v0.30.0/go.mod h1:b=\n',
      ['pkg:golang/golang.org/x/net@v0.30.0'],
    ],
    [
      'requirements.txt',
      'Flask==3.0.1 --hash=sha256:a\nrequests>=2\n# x==1\nuvicorn[standard]==0.30\n',
      ['pkg:pypi/flask@3.0.1', 'pkg:pypi/uvicorn@0.30'],
    ],
    [
      'Cargo.lock',
      '[[package]]\nname = "serde"\nversion = "1.0.1"\nsource = "registry"\n\n[[package]]\nname = "own"\nversion = "0.1.0"\n',
      ['pkg:cargo/serde@1.0.1'],
    ],
    [
      'Gemfile.lock',
      'GEM\n  remote: https://rubygems.org/\n  specs:\n    rack (3.1.7)\n      other (>= 1)\n\nPLATFORMS\n  ruby\n',
      ['pkg:gem/rack@3.1.7'],
    ],
    ['package-lock.json', 'no json', []],
  ])('%s', (file, text, expected) => expect(purls(file, text)).toEqual(expected))

  test('become one CycloneDX document that names where it is from and that it is not all', async () => {
    const files = {
      'package-lock.json': JSON.stringify({
        packages: { 'node_modules/a': { version: '1.0.0', license: 'MIT' } },
      }),
      'api/go.sum': 'example.com/b v1.0.0 h1:x=\n',
      'node_modules/z/package-lock.json': '{"packages":{"node_modules/z":{"version":"9.0.0"}}}',
    }
    const subject = { name: 'shop', version: '1.4.0', digest: `sha256:${'a'.repeat(64)}` }
    const sbom = await inFolder(files, (folder) => sbomOfPackages(folder, [], subject))
    expect(sbom).toMatchObject({ components: 2, from: 'api/go.sum, package-lock.json' })
    expect(JSON.parse(sbom?.text ?? '')).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      metadata: { component: { name: 'shop', hashes: [{ alg: 'SHA-256', content: 'a'.repeat(64) }] } },
      components: [{ purl: 'pkg:golang/example.com/b@v1.0.0' }, { purl: 'pkg:npm/a@1.0.0' }],
      compositions: [{ aggregate: 'incomplete' }],
    })
    expect(await inFolder({ 'a.txt': '' }, (folder) => sbomOfPackages(folder, [], subject))).toBeUndefined()
  })
})
