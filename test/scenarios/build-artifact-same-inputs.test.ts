/** What was built from the same inputs is not built again. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { startCache, type EmbeddedCache } from '@release-actions/lab'
import { openYard, type Yard } from '../support/artifact.ts'

// Each starts processes, and a version settles for three seconds.
jest.setTimeout(120_000)

let cache: EmbeddedCache
beforeEach(async () => {
  cache = await startCache()
})
afterEach(() => cache.close())

const builds = (yard: Yard): number =>
  yard.calls().filter(([command, second]) => command === 'build' || second === 'build').length

describe('the same inputs', () => {
  test('under another version are not built again: that version gets the digest that is known', async () => {
    await using yard = await openYard()
    const first = await yard.build({ env: cache.env })
    expect(cache.keys).toEqual([expect.stringMatching(/^release-actions-artifact-[0-9a-f]{64}$/)])
    const second = await yard.build({ env: cache.env, inputs: { version: '1.5.0' } })
    expect(second.verdict).toBe('built (0)')
    expect(second.done.outputs).toMatchObject({ 'cache-hit': 'true', digest: first.digest })
    expect(builds(yard)).toBe(1)
    expect(yard.registry.tags('org/shop')).toMatchObject({ '1.4.0': first.digest, '1.5.0': first.digest })
  })

  test('under the same version are unchanged, also without a cache service: the image says what it is made of', async () => {
    await using yard = await openYard()
    const env = { FAKE_DOCKER_TIMES: '1' }
    const first = await yard.build({ env })
    const second = await yard.build({ env })
    expect(second.verdict).toBe('unchanged (0)')
    expect(second.done.outputs).toMatchObject({ 'cache-hit': 'true', digest: first.digest })
    expect(builds(yard)).toBe(1)
  })

  test('are built again when the registry has forgotten what they gave', async () => {
    await using yard = await openYard()
    await yard.build({ env: cache.env })
    yard.registry.order({ method: 'HEAD', path: /manifests\/sha256/, times: 1, then: { status: 404 } })
    const second = await yard.build({ env: cache.env, inputs: { version: '1.5.0' } })
    expect(second.done.outputs['cache-hit']).toBe('false')
    expect(builds(yard)).toBe(2)
  })

  test('do not override a version that is something else', async () => {
    await using yard = await openYard()
    const first = await yard.build({ env: cache.env })
    yard.write('app.txt', 'two')
    const second = await yard.build({ env: cache.env, inputs: { version: '1.5.0' } })
    yard.write('app.txt', 'one')
    const third = await yard.build({ env: cache.env, inputs: { version: '1.5.0' } })
    expect(third.verdict).toBe('failed (1)')
    expect(third.error).toContain(`exists as ${second.digest}, and this build is ${first.digest}`)
    expect(builds(yard)).toBe(2)
  })
})

test.each<[what: string, change: (yard: Yard) => Readonly<Record<string, string>>, built: number]>([
  ['a file', (yard) => (yard.write('app.txt', 'two'), {}), 2],
  ['a file that .dockerignore leaves out', (yard) => (yard.write('left-out/x', 'two'), {}), 1],
  ['the Dockerfile', (yard) => (yard.write('Dockerfile', 'FROM scratch\nCOPY app.txt /\n'), {}), 2],
  ['an argument', () => ({ 'build-args': 'A=2' }), 2],
  ['the target', () => ({ target: 'other' }), 2],
])('a change of %s', async (_, change, built) => {
  await using yard = await openYard({ files: { '.dockerignore': 'left-out\n', 'left-out/x': 'one' } })
  await yard.build({ env: cache.env })
  const inputs = change(yard)
  await yard.build({ env: cache.env, inputs: { version: '1.5.0', ...inputs } })
  expect(builds(yard)).toBe(built)
})

test('a base image that moves is another input; one that is not known makes nothing the same', async () => {
  await using yard = await openYard({ manifests: { 'base:1': '{"schemaVersion":2,"layers":[]}' } })
  yard.write('Dockerfile', `ARG V=1\nFROM ${yard.registry.host}/base:\${V} AS base\nFROM base\nCOPY . /\n`)
  await yard.build({ env: cache.env })
  await yard.build({ env: cache.env, inputs: { version: '1.5.0' } })
  expect(builds(yard)).toBe(1)
  yard.registry.put('base', '1', '{"schemaVersion":2,"layers":[],"moved":true}')
  await yard.build({ env: cache.env, inputs: { version: '1.6.0' } })
  expect(builds(yard)).toBe(2)
  const unknown = await yard.build({ env: cache.env, inputs: { version: '1.7.0', 'build-args': 'V=9' } })
  expect(unknown.done.log).toMatch(/built in any case: there is no image .*base:9/)
  expect(builds(yard)).toBe(3)
})

test('a cache service that is away is a warning, and a build', async () => {
  await using yard = await openYard()
  cache.fail(400)
  const built = await yard.build({ env: cache.env })
  expect(built.verdict).toBe('built (0)')
  expect(built.done.annotations.map(({ level }) => level)).toEqual(expect.not.arrayContaining(['error']))
  expect(built.done.log).toMatch(/cache/i)
})

test('what a command builds is taken for the same only when asked for', async () => {
  await using yard = await openYard()
  const command =
    'echo built; docker build --file Dockerfile --tag "$RELEASE_IMAGE" . && docker push "$RELEASE_IMAGE"'
  const once = (version: string, use: string) =>
    yard.build({ env: cache.env, inputs: { command, version, cache: use } })
  await once('1', 'auto')
  await once('2', 'auto')
  expect(builds(yard)).toBe(2)
  await once('3', 'true')
  const last = await once('4', 'true')
  expect(builds(yard)).toBe(3)
  expect(last.done.outputs['cache-hit']).toBe('true')
})
