import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { pointedAtBundle } from '../../scripts/build/action-folder.ts'
import { withNames } from '../../scripts/build/class-names.ts'
import { isPermissive } from '../../scripts/build/licences.ts'
import { chunkName } from '../../scripts/build/names.ts'
import { prebundle } from '../../scripts/build/prebundle.ts'
import { inRepo } from '../../scripts/lib/repo.ts'

/** Uses, of each kind that the build treats in its own way, one. */
const PROGRAM = `
import * as core from '@actions/core'
import { createHash } from 'node:crypto'
import https, { Agent } from 'node:https'
import { InvalidInput } from '@release-actions/values'

const said: Record<string, unknown> = {}
said['loaded at the start'] = process.moduleLoadList.includes('NativeModule https')
said['hash'] = createHash('sha256').update('x').digest('hex').slice(0, 8)
said['agent'] = new Agent() instanceof https.Agent
said['error'] = new InvalidInput('plan', 'x', 'y').name
said['input'] = core.getInput('plan')
const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js')
const config = new KubeConfig()
config.loadFromString(process.env['CONFIG'] ?? '')
said['user'] = config.getCurrentUser()?.token
const { parse } = await import('yaml')
said['yaml'] = parse('a: [1, 2]')
console.log(JSON.stringify(said))
`

describe('a pre-bundle', () => {
  // Inside the repository, so that its packages are found.
  let folder = ''
  let away = ''
  let said: Record<string, unknown> = {}
  let files: ReadonlyMap<string, string> = new Map()
  let sources: readonly string[] = []

  beforeAll(async () => {
    mkdirSync(inRepo('build'), { recursive: true })
    folder = mkdtempSync(inRepo('build', 'contract-'))
    away = mkdtempSync(join(tmpdir(), 'bundle-'))
    const entry = join(folder, 'main.ts')
    writeFileSync(entry, PROGRAM)
    ;({ files, sources } = await prebundle(relative(inRepo(), entry)))
    for (const [name, text] of files) writeFileSync(join(away, name), text)
    const config =
      'current-context: c\ncontexts: [{name: c, context: {user: u, cluster: c}}]\nclusters: [{name: c, cluster: {server: https://127.0.0.1:1}}]\nusers: [{name: u, user: {token: t}}]\n'
    const env = { CONFIG: config, INPUT_PLAN: '5, 100' }
    const run = spawnSync(process.execPath, [join(away, 'index.mjs')], { env, encoding: 'utf8' })
    expect(run.stderr.slice(-500)).toBe('')
    said = JSON.parse(run.stdout) as Record<string, unknown>
  }, 60_000)
  afterAll(() => {
    for (const path of [folder, away]) rmSync(path, { recursive: true, force: true })
  })

  test('loads a costly module of Node when it is first used, and it works then', () => {
    expect(said).toMatchObject({ 'loaded at the start': false, hash: '2d711642', agent: true })
  })

  test('keeps the names of our errors', () => {
    expect(said['error']).toBe('InvalidInput')
  })

  test('reads inputs, YAML and a kubeconfig away from the repository', () => {
    expect(said).toMatchObject({ input: '5, 100', yaml: { a: [1, 2] }, user: 't' })
  })

  test('leaves out what is not used of a package', () => {
    expect(sources.filter((source) => source.includes('@actions/http-client'))).toEqual([])
    expect(files.get('index.mjs')?.length).toBeLessThan(20_000)
  })

  test('names its chunks after what is in them', () => {
    expect([...files.keys()]).toEqual(
      expect.arrayContaining(['index.mjs', 'yaml.mjs', 'client-node-config.mjs']),
    )
  })

  test('does not contain where it was built', () => {
    for (const [name, text] of files) expect([name, text.includes(inRepo())]).toEqual([name, false])
  })
})

test.each([
  ['node_modules/@kubernetes/client-node/dist/config.js', 'client-node-config'],
  ['node_modules/yaml/browser/index.js', 'yaml'],
  ['node_modules/@actions/http-client/node_modules/undici/index.js', 'http-client-undici'],
  ['packages/judge/src/grammar/gates.ts', 'judge-grammar-gates'],
  ['actions/canary-step/src/run.ts', 'canary-step-run'],
])('the chunk that starts at %s is called %s', (source, name) => {
  expect(chunkName(source)).toBe(name)
})

test.each([
  ['MIT', true],
  ['(MIT OR GPL-3.0-only)', true],
  ['MIT AND ISC', true],
  ['MIT AND GPL-3.0-only', false],
  ['GPL-3.0-only', false],
  ['', false],
  ['SEE LICENSE IN LICENSE', false],
])('the licence "%s" may travel with a bundle: %s', (licence, allowed) => {
  expect(isPermissive(licence)).toBe(allowed)
})

test('the action.yml of a bundle names the file beside it', () => {
  const source =
    'name: x\nruns:\n  using: node24\n  main: dist/main.js\n  post: dist/post.js\n  post-if: always()\n'
  const wanted = 'name: x\nruns:\n  using: node24\n  main: index.js\n  post: post.js\n  post-if: always()\n'
  expect(pointedAtBundle(source, 'x')).toBe(wanted)
  expect(() => pointedAtBundle(source.replace('node24', 'node20'), 'x')).toThrow('node24')
})

test('a class is told its name on the line where it stands', () => {
  expect(withNames('\nexport class Gone extends Error {\n')).toMatch(
    /^\nexport class Gone extends Error \{ static \{.*'Gone'.*\}\n$/,
  )
})
