/** An image is built, pushed under a tag of its own, and given its version last. */
import { describe, expect, jest, test } from '@jest/globals'
import { openYard } from '../support/artifact.ts'

// Each starts processes, and a version settles for three seconds.
jest.setTimeout(120_000)

describe('docker', () => {
  test('builds, pushes, and the registry says which digest it is', async () => {
    await using yard = await openYard()
    const built = await yard.build({
      inputs: { 'build-args': 'A=b, c\nB=$(date)', labels: 'team=shop', tags: 'latest, 1.4' },
    })
    expect(built.verdict).toBe('built (0)')
    const { digest } = built
    expect(yard.registry.tags('org/shop')).toMatchObject({ '1.4.0': digest, latest: digest, '1.4': digest })
    expect(Object.keys(yard.registry.tags('org/shop')).filter((tag) => tag.startsWith('build-'))).toEqual([])
    expect(built.done.outputs).toMatchObject({
      image: `${yard.repository}@${digest}`,
      version: '1.4.0',
      'cache-hit': 'false',
    })
    expect(Number(built.done.outputs['size'])).toBeGreaterThan(100)
    const build = yard.calls().find(([command]) => command === 'build')
    // Each argument as it is: no shell has seen it.
    expect(build).toEqual(
      expect.arrayContaining(['--build-arg', 'A=b, c', 'B=$(date)', '--label', 'team=shop']),
    )
    expect(yard.github.checkRuns.map(({ name, conclusion }) => [name, conclusion])).toEqual([
      ['artifact / shop', 'success'],
    ])
    expect(built.done.summary).toContain(digest)
    expect(built.done.summary).toMatch(/linux\/amd64, 1 layer, /)
    expect(built.done.log).toMatch(/Step 1\/1 : FROM scratch/)
  })

  test('buildx: one platform by way of this machine, several straight into the registry without a tag', async () => {
    await using yard = await openYard()
    const env = { FAKE_DOCKER_BUILDX: '1', NPM_TOKEN: 'a-secret-of-npm' }
    const one = await yard.build({ env, inputs: { secrets: 'id=npm,env=NPM_TOKEN', target: 'app' } })
    expect(one.verdict).toBe('built (0)')
    const several = await yard.build({
      env,
      inputs: { version: '1.5.0', platforms: 'linux/amd64, linux/arm64' },
    })
    expect(several.verdict).toBe('built (0)')
    const [first, second] = yard.calls().filter(([, command]) => command === 'build')
    expect(first).toEqual(
      expect.arrayContaining(['--load', '--secret', 'id=npm,env=NPM_TOKEN', '--target', 'app']),
    )
    expect(second).toEqual(
      expect.arrayContaining([
        '--platform',
        'linux/amd64,linux/arm64',
        `type=image,name=${yard.repository},push-by-digest=true,name-canonical=true,push=true`,
      ]),
    )
    expect(yard.calls().filter(([command]) => command === 'push')).toHaveLength(1)
  })

  test('does not see the inputs of the action', async () => {
    await using yard = await openYard({ files: { Dockerfile: 'FROM scratch\n' } })
    const built = await yard.build({
      inputs: {
        command:
          'env | sort; docker build --file Dockerfile --tag $RELEASE_IMAGE . && docker push $RELEASE_IMAGE',
      },
    })
    expect(built.verdict).toBe('built (0)')
    expect(built.done.log).toMatch(/RELEASE_VERSION=1\.4\.0/)
    expect(built.done.log).not.toMatch(/INPUT_|GITHUB_OUTPUT=/)
  })
})

describe('a version', () => {
  test('that exists and is the same is unchanged, and nothing is pushed', async () => {
    await using yard = await openYard()
    const first = await yard.build()
    const from = yard.registry.requests.length
    const second = await yard.build({ inputs: { cache: 'false' } })
    expect([first.verdict, second.verdict]).toEqual(['built (0)', 'unchanged (0)'])
    expect(second.digest).toBe(first.digest)
    expect(yard.registry.requests.slice(from).filter((request) => request.startsWith('PUT'))).toEqual([])
  })

  test('that exists as something else is refused before anything is pushed, with both digests', async () => {
    await using yard = await openYard()
    const first = await yard.build()
    yard.write('app.txt', 'two')
    const from = yard.registry.requests.length
    const second = await yard.build()
    expect(second.verdict).toBe('failed (1)')
    expect(second.done.outputs['reason-code']).toBe('conflict')
    expect(second.error).toMatch(
      new RegExp(`version 1\\.4\\.0 of .* exists as ${first.digest}, and this build is sha256:[0-9a-f]{64}`),
    )
    expect(second.error).toMatch(/give what is new a new version/)
    expect(yard.registry.requests.slice(from).filter((request) => /^(PUT|POST)/.test(request))).toEqual([])
    expect(yard.registry.tags('org/shop')['1.4.0']).toBe(first.digest)
  })

  test('that two runs build at once is one of theirs, and the other is told', async () => {
    await using yard = await openYard()
    const [one, other] = await Promise.all([
      yard.build({ inputs: { labels: 'run=1' } }),
      yard.build({ inputs: { labels: 'run=2' } }),
    ])
    const verdicts = [one.verdict, other.verdict].sort()
    expect(verdicts).toEqual(['built (0)', 'failed (1)'])
    const [winner, loser] = one.verdict === 'built (0)' ? [one, other] : [other, one]
    expect(yard.registry.tags('org/shop')['1.4.0']).toBe(winner.digest)
    expect(loser.done.outputs['reason-code']).toBe('conflict')
    expect(loser.error).toContain(winner.digest)
  })

  test('that somebody else names between the look and the put is seen, and not ours', async () => {
    await using yard = await openYard()
    let theirs = ''
    yard.registry.before((method, path) => {
      if (method === 'PUT' && path.endsWith('/manifests/1.4.0'))
        setTimeout(() => {
          theirs = yard.registry.put('org/shop', '1.4.0', '{"schemaVersion":2,"layers":[]}')
        }, 500)
    })
    const built = await yard.build()
    expect(built.verdict).toBe('failed (1)')
    expect(built.error).toContain('another run named version 1.4.0')
    expect(built.error).toContain(theirs)
  })

  test('that the registry lets nobody change is told as taken', async () => {
    await using yard = await openYard({ immutableTags: true })
    expect((await yard.build()).verdict).toBe('built (0)')
    yard.write('app.txt', 'two')
    expect((await yard.build()).error).toMatch(/exists as sha256/)
  })

  test('is the git tag, else the commit', async () => {
    await using yard = await openYard()
    const [commit] = [await yard.build({ inputs: { version: '' } })]
    expect(commit.done.outputs['version']).toBe(`0.0.0-${yard.github.sha.slice(0, 12)}`)
  })

  test('whose answer got lost is looked for, not built again', async () => {
    await using yard = await openYard()
    yard.registry.order({ method: 'PUT', path: /manifests\/1\.4\.0$/, then: { status: 502, done: true } })
    const built = await yard.build()
    expect(built.verdict).toBe('built (0)')
    expect(yard.registry.tags('org/shop')['1.4.0']).toBe(built.digest)
  })
})

describe('a command', () => {
  const push = 'docker build --file Dockerfile --tag "$RELEASE_IMAGE" . && docker push "$RELEASE_IMAGE"'

  test('builds by other means, and the registry says what came', async () => {
    await using yard = await openYard()
    const built = await yard.build({ inputs: { command: push } })
    expect(built.verdict).toBe('built (0)')
    expect(yard.registry.tags('org/shop')).toMatchObject({ '1.4.0': built.digest })
  })

  test('that pushes nothing is an error', async () => {
    await using yard = await openYard()
    const built = await yard.build({ inputs: { command: 'true' } })
    expect(built.verdict).toBe('failed (1)')
    expect(built.error).toMatch(/after the push[^]*push to \$RELEASE_IMAGE/)
  })

  test('that names the version itself is an error', async () => {
    await using yard = await openYard()
    const built = await yard.build({
      inputs: { command: push.replaceAll('$RELEASE_IMAGE', '$RELEASE_REPOSITORY:$RELEASE_VERSION') },
    })
    expect(built.error).toMatch(/changed while the command ran/)
  })

  test('that fails says its last words', async () => {
    await using yard = await openYard()
    const built = await yard.build({ inputs: { command: 'echo out of ideas >&2; exit 3' } })
    expect(built.error).toMatch(/exit code 3[^]*out of ideas/)
    expect(yard.registry.tags('org/shop')).toEqual({})
  })
})

test('without push nothing is asked of the registry', async () => {
  await using yard = await openYard()
  const built = await yard.build({ inputs: { push: 'false' } })
  expect(built.verdict).toBe('built (0)')
  expect(yard.registry.requests).toEqual([])
  expect(built.done.outputs['image']).toBeUndefined()
})

test('layers are kept in the cache service by buildx, without its token in the log or on a command line', async () => {
  await using yard = await openYard({ results: true })
  const built = await yard.build({ env: { FAKE_DOCKER_BUILDX: '1' } })
  expect(built.verdict).toBe('built (0)')
  const asked = yard.calls().find(([, command]) => command === 'build')
  expect(asked).toEqual(expect.arrayContaining(['--cache-from', 'type=gha,scope=org-shop', '--cache-to']))
  expect(JSON.stringify(yard.calls())).not.toContain('Actions.Results')
  await yard.build({
    env: { FAKE_DOCKER_BUILDX: '1' },
    inputs: { version: '1.5.0', 'layer-cache': 'false', labels: 'a=b' },
  })
  expect(
    yard
      .calls()
      .findLast(([, command]) => command === 'build')
      ?.join(' '),
  ).not.toContain('gha')
})

test('an image of several platforms that is only tried is not pushed', async () => {
  await using yard = await openYard()
  const inputs = { push: 'false', platforms: 'linux/amd64, linux/arm64' }
  expect((await yard.build({ inputs, env: { FAKE_DOCKER_BUILDX: '1' } })).verdict).toBe('built (0)')
  expect(yard.registry.requests).toEqual([])
})
