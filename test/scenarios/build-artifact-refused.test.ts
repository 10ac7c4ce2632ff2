/** Whatever is wrong is said clearly, and nothing is published. */
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, jest, test } from '@jest/globals'
import type { EmbeddedRegistry } from '@release-actions/lab'
import { openYard, type YardOptions } from '../support/artifact.ts'

// Each starts processes.
jest.setTimeout(120_000)

test.each<[what: string, inputs: Readonly<Record<string, string>>, error: RegExp]>([
  [
    'no Dockerfile',
    { dockerfile: 'absent/Dockerfile' },
    /dockerfile: "absent\/Dockerfile".*a file that is there/,
  ],
  [
    'a Dockerfile that leads outside',
    { dockerfile: 'way-out/passwd' },
    /dockerfile: "way-out\/passwd".*inside the workspace/,
  ],
  [
    'a Dockerfile outside the workspace',
    { dockerfile: '/etc/passwd' },
    /dockerfile: "\/etc\/passwd".*inside the workspace/,
  ],
  ['files outside the workspace', { type: 'file', path: '../x' }, /path: "\.\.\/x".*inside the workspace/],
  [
    'an SBOM of buildx for files',
    { type: 'file', path: 'a', sbom: 'buildx' },
    /sbom: "buildx".*with a docker build/,
  ],
  ['an unknown store', { store: 'shelf' }, /store: "shelf".*registry/],
  ['no context', { context: 'absent' }, /context: "absent".*a folder that is there/],
  ['a context outside the workspace', { context: '..' }, /context: "\.\.".*inside the workspace/],
  ['a context that leads outside', { context: 'way-out' }, /context: "way-out".*inside the workspace/],
  [
    'an unknown platform',
    { platforms: 'linux/amd46' },
    /platforms: "linux\/amd46".*did you mean linux\/amd64/,
  ],
  [
    'several platforms without buildx',
    { platforms: 'linux/amd64, linux/arm64' },
    /platforms: .*docker buildx/,
  ],
  ['secrets without buildx', { secrets: 'id=a,env=B' }, /secrets: .*docker buildx/],
  ['a secret itself', { secrets: 'hunter2' }, /secrets: "line 1".*id=NAME,env=VARIABLE/],
  ['an illegal tag', { version: '1.4.0+build' }, /version: "1\.4\.0\+build".*write - instead/],
  ['an illegal repository', { image: 'ghcr.io/Org/Shop' }, /image: "ghcr\.io\/Org\/Shop"/],
  ['a repository with a tag', { image: 'ghcr.io/org/shop:1' }, /the repository alone, ghcr\.io\/org\/shop/],
  ['no repository', { image: '' }, /image: nothing.*required/],
  ['an argument without a name', { 'build-args': 'x' }, /build-args: "x".*NAME=value/],
  ['files without a path', { type: 'file' }, /path: nothing.*the files to pack/],
  [
    'a Dockerfile for files',
    { type: 'file', path: 'a', dockerfile: 'b' },
    /dockerfile: "b".*type: image only/,
  ],
  ['a command and a target', { command: 'true', target: 'b' }, /target: "b".*without command/],
  ['half a digest', { verify: 'sha256:abc' }, /verify: "sha256:abc".*64 hexadecimal/],
])('%s', async (_, inputs, error) => {
  await using yard = await openYard()
  symlinkSync('/etc', join(yard.workspace, 'way-out'))
  const built = await yard.build({ inputs })
  expect(built.verdict).toBe('failed (1)')
  expect(built.done.outputs['reason-code']).toBe('invalid-input')
  expect(built.error).toMatch(error)
  expect(built.error).not.toContain('hunter2')
  expect(yard.calls().filter(([command]) => command === 'push' || command === 'build')).toEqual([])
  expect(yard.registry.tags('org/shop')).toEqual({})
})

// Side by side, since most of them wait: for the pauses between tries.
const user = { name: 'octo', password: 'secret' }

test.concurrent.each<[what: string, options: YardOptions, code: string, error: RegExp]>([
  ['an unauthorised registry', { auth: 'basic', user }, 'forbidden', /refused to push[^]*docker login 127/],
  ['no docker', { docker: false }, 'not-found', /docker could not be started[^]*the input command/],
  [
    'a build that fails',
    { files: { Dockerfile: '# FAIL compile error in main.go\nFROM scratch\n' } },
    'unhealthy',
    /the build failed with exit code 1[^]*compile error in main\.go/,
  ],
  [
    'a full disk',
    { files: { Dockerfile: '# FAIL write /x: no space left on device\nFROM scratch\n' } },
    'not-ready',
    /the disk is full[^]*make room/,
  ],
  [
    'an engine that does not run',
    { files: { Dockerfile: '# FAIL Cannot connect to the Docker daemon at unix:///x\nFROM scratch\n' } },
    'unreachable',
    /the Docker engine does not answer/,
  ],
  [
    'a pull limit',
    {
      files: { Dockerfile: '# FAIL toomanyrequests: You have reached your pull rate limit\nFROM scratch\n' },
    },
    'rate-limited',
    /too many requests[^]*docker login to the registry of the base image/,
  ],
])('%s', async (_, options, code, error) => {
  await using yard = await openYard(options)
  const built = await yard.build()
  expect(built.verdict).toBe('failed (1)')
  expect(built.done.outputs['reason-code']).toBe(code)
  expect(built.error).toMatch(error)
  expect(yard.registry.tags('org/shop')).toEqual({})
})

test.concurrent('a registry that cannot be reached is found out before the build', async () => {
  await using yard = await openYard()
  const built = await yard.build({ inputs: { image: '127.0.0.1:1/org/shop', timeout: '5s' } })
  expect(built.verdict).toBe('failed (1)')
  expect(['unreachable', 'timeout']).toContain(built.done.outputs['reason-code'])
  expect(yard.calls().filter(([command]) => command === 'build')).toEqual([])
})

test.concurrent.each([
  [429, 'rate-limited', /too many requests/],
  [503, 'unreachable', /answered 503[^]*nothing was published/],
])('a registry that answers %d for long', async (status, code, error) => {
  await using yard = await openYard()
  // A pause that nobody waits out: the answer itself is the end.
  const headers = { 'retry-after': '3600' }
  yard.registry.order({ path: /manifests/, times: 999, then: { status, headers } })
  const built = await yard.build()
  expect(built.done.outputs['reason-code']).toBe(code)
  expect(built.error).toMatch(error)
})

test.concurrent('a registry that is away for a moment is waited for', async () => {
  await using yard = await openYard()
  yard.registry.order({ path: /manifests/, times: 2, then: { status: 503 } })
  yard.registry.order({
    method: 'PUT',
    path: /manifests\/1\.4\.0/,
    then: { status: 429, headers: { 'retry-after': '1' } },
  })
  expect((await yard.build()).verdict).toBe('built (0)')
})

test.concurrent.each<
  [what: string, fault: Parameters<EmbeddedRegistry['order']>[0], code: string, error: RegExp]
>([
  [
    'too many requests, with a pause that nobody waits out',
    { method: 'POST', path: /uploads/, times: 99, then: { status: 429, headers: { 'retry-after': '3600' } } },
    'rate-limited',
    /too many requests/,
  ],
  [
    'an upload that is refused',
    { method: 'POST', path: /uploads/, times: 99, then: { status: 403 } },
    'forbidden',
    /refused to push/,
  ],
  [
    'a registry without room',
    { method: 'POST', path: /uploads/, times: 99, then: { status: 507 } },
    'unreachable',
    /it has no room[^]*make room in the registry/,
  ],
  [
    'a manifest that is not taken',
    { method: 'PUT', path: /manifests/, times: 99, then: { status: 500 } },
    'unreachable',
    /answered 500[^]*nothing was published/,
  ],
  [
    'a connection that always breaks in the middle',
    { method: 'PUT', path: /uploads/, times: 99, then: { dropAfter: 10 } },
    'unreachable',
    /127\.0\.0\.1/,
  ],
])('files: %s is said clearly, and nothing is published', async (_, fault, code, error) => {
  await using yard = await openYard({ files: { 'public/a.txt': 'hello' } })
  yard.registry.order(fault)
  const built = await yard.build({ inputs: { type: 'file', path: 'public' } })
  expect(built.verdict).toBe('failed (1)')
  expect(built.done.outputs['reason-code']).toBe(code)
  expect(built.error).toMatch(error)
  expect(yard.registry.tags('org/shop')).toEqual({})
})
