/** What docker is asked to do, by a stand-in that writes it down; the classic builder also builds for real (test/docker). */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { BuildOrder } from '@release-actions/ports'
import { InvalidInput, ReleaseError } from '@release-actions/values'
import { openBuilder, type BuilderOptions } from '../src/index.ts'
import { clock } from './world.ts'

const ID = `sha256:${'a'.repeat(64)}`
const REPOSITORY = 'ghcr.io/org/shop'
const ORDER: BuildOrder = {
  context: '/src/shop',
  dockerfile: '/src/shop/Dockerfile',
  args: ['A=b c', 'B=$(date)'],
  secrets: [],
  labels: ['team=shop'],
  target: undefined,
  platforms: [],
  cacheFrom: [],
  cacheTo: [],
  sbom: false,
  publish: true,
}
const SERVICE = {
  ACTIONS_RUNTIME_TOKEN: 'a-secret-of-the-runner',
  ACTIONS_RESULTS_URL: 'https://results.test/',
  ACTIONS_CACHE_SERVICE_V2: 'true',
}

interface Dock extends AsyncDisposable {
  /** What docker was asked, a line each. */
  calls(): readonly string[]
  build(order?: Partial<BuildOrder>, options?: Partial<Layers>): Promise<unknown>
  readonly said: readonly string[]
  readonly warned: readonly string[]
}

interface Layers {
  readonly runner: NodeJS.ProcessEnv
  readonly last: () => Promise<string | undefined>
  readonly off: boolean
}

/** @param script what docker does, in sh: `$*` is what it was asked */
function dock(script: string): Dock {
  const folder = mkdtempSync(join(tmpdir(), 'dock-'))
  const path = join(folder, 'docker')
  writeFileSync(
    path,
    `#!/bin/sh
echo "$*" >> ${folder}/calls
[ -z "$ACTIONS_RUNTIME_TOKEN" ] || echo "with $ACTIONS_RUNTIME_TOKEN" >> ${folder}/calls
for word; do
  [ "$last" != --iidfile ] || printf %s ${ID} > "$word"
  [ "$last" != --metadata-file ] || printf '{"containerimage.digest":"%s"}' ${ID} > "$word"
  last="$word"
done
${script}
`,
  )
  chmodSync(path, 0o755)
  const [said, warned]: [string[], string[]] = [[], []]
  const signal = new AbortController().signal
  return {
    said,
    warned,
    calls: () =>
      existsSync(join(folder, 'calls'))
        ? readFileSync(join(folder, 'calls'), 'utf8')
            .trim()
            .split('\n')
            .map((line) => line.replaceAll(folder, 'TEMP'))
        : [],
    build: async (order = {}, { runner = {}, last = () => Promise.resolve(undefined), off = false } = {}) => {
      const options: BuilderOptions = {
        env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` },
        cwd: folder,
        clock,
        say: (line) => said.push(line),
        temp: folder,
        nonce: 'n1',
        layers: off ? undefined : { runner, scope: 'org/shop', last, say: (line) => said.push(line) },
        warn: (text) => warned.push(text),
      }
      const builder = await openBuilder(options, signal)
      return builder.build({ ...ORDER, ...order }, REPOSITORY, signal)
    },
    [Symbol.asyncDispose]: () => {
      rmSync(folder, { recursive: true })
      return Promise.resolve()
    },
  }
}

const CLASSIC = '[ "$1" != buildx ] || exit 1'
const BUILDX = '[ "$2" != inspect ] || printf "Name: b\\nDriver:        docker-container\\n"'
const COMMON = '--file /src/shop/Dockerfile --build-arg A=b c --build-arg B=$(date) --label team=shop'

const builds = (one: Dock): readonly string[] => one.calls().filter((line) => /^(buildx )?build /.test(line))

describe('the classic builder', () => {
  test('is asked for all that it knows', async () => {
    await using docker = dock(CLASSIC)
    const built = await docker.build({ target: 'app', platforms: ['linux/arm64'], cacheFrom: ['shop:old'] })
    expect(built).toEqual({ kind: 'local', name: `${REPOSITORY}:n1`, configDigest: ID })
    expect(builds(docker)).toEqual([
      `build --tag ${REPOSITORY}:n1 --iidfile TEMP/release-actions-n1.iid ${COMMON} --cache-from shop:old --target app --platform linux/arm64 /src/shop`,
    ])
  })

  test.each<[what: string, order: Partial<BuildOrder>, input: string]>([
    ['several platforms', { platforms: ['linux/amd64', 'linux/arm64'] }, 'platforms'],
    ['secrets', { secrets: ['id=a,env=A'] }, 'secrets'],
    ['a cache to leave', { cacheTo: ['type=gha'] }, 'cache-to'],
    ['an SBOM of its own', { sbom: true }, 'sbom'],
  ])('is not asked for %s', async (_, order, input) => {
    await using docker = dock(CLASSIC)
    const refused = await docker.build(order).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(InvalidInput)
    expect((refused as InvalidInput).input).toBe(input)
    expect(builds(docker)).toEqual([])
  })

  test('builds upon the last image where the engine holds nothing', async () => {
    const image = `${REPOSITORY}@${ID}`
    const last = () => Promise.resolve(image)
    await using empty = dock(CLASSIC)
    await empty.build({}, { last })
    expect(empty.calls()).toContain(`pull --quiet ${image}`)
    expect(builds(empty)[0]).toContain(`--cache-from ${image}`)
    await using full = dock(`${CLASSIC}; [ "$2" != ls ] || echo 0123`)
    await full.build({}, { last })
    expect(full.calls().join('\n')).not.toMatch(/pull|cache-from/)
    await using gone = dock(`${CLASSIC}; [ "$1" != pull ] || exit 1`)
    await gone.build({}, { last })
    expect(builds(gone)[0]).not.toContain('cache-from')
    expect(gone.said.join('\n')).toContain(`built without the layers of ${image}`)
  })
})

describe('buildx', () => {
  test('brings one platform to this machine, with secrets by their place alone', async () => {
    await using docker = dock(BUILDX)
    const built = await docker.build({ secrets: ['id=npm,env=NPM_TOKEN'], cacheTo: ['type=inline'] })
    expect(built).toEqual({ kind: 'local', name: `${REPOSITORY}:n1`, configDigest: ID })
    expect(builds(docker)).toEqual([
      `buildx build --progress=plain --provenance=false --metadata-file TEMP/release-actions-n1.json --load --tag ${REPOSITORY}:n1 --iidfile TEMP/release-actions-n1.iid --secret id=npm,env=NPM_TOKEN --cache-to type=inline ${COMMON} /src/shop`,
    ])
  })

  test.each<[what: string, order: Partial<BuildOrder>, has: string]>([
    [
      'several platforms',
      { platforms: ['linux/amd64', 'linux/arm64'] },
      '--platform linux/amd64,linux/arm64',
    ],
    ['an SBOM', { sbom: true }, '--sbom=true'],
  ])('pushes %s without a tag, and says which digest it is', async (_, order, has) => {
    await using docker = dock(BUILDX)
    expect(await docker.build(order)).toEqual({ kind: 'pushed', digest: ID })
    const [asked] = builds(docker)
    expect(asked).toContain(has)
    expect(asked).toContain(
      `--output type=image,name=${REPOSITORY},push-by-digest=true,name-canonical=true,push=true`,
    )
    expect(asked).not.toMatch(/--load|--tag/)
  })

  test('pushes nothing where nothing may be published', async () => {
    await using docker = dock(BUILDX)
    const platforms = ['linux/amd64', 'linux/arm64']
    expect(await docker.build({ platforms, publish: false })).toEqual({ kind: 'nowhere' })
    expect(builds(docker)[0]).toContain('--output type=cacheonly')
    expect(builds(docker)[0]).not.toContain('push')
  })

  test('says what to do where its builder makes no SBOM', async () => {
    await using docker = dock(
      `${BUILDX}; [ "$2" != build ] || { echo "ERROR: Attestation is not supported for the docker driver." >&2; exit 1; }`,
    )
    const refused = await docker.build({ sbom: true }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ReleaseError)
    expect((refused as ReleaseError).fix.join()).toContain('docker/setup-buildx-action')
  })
})

describe('layers in GitHub’s cache service', () => {
  const flags = (one: Dock): readonly string[] =>
    builds(one).map((line) => [...line.matchAll(/--cache-\w+ \S+/g)].map(([flag]) => flag).join(' '))

  test('are taken and kept under the image’s name, and the token is on no command line', async () => {
    await using docker = dock(BUILDX)
    await docker.build({}, { runner: SERVICE })
    expect(flags(docker)).toEqual([
      '--cache-to type=gha,scope=org-shop,mode=max,ignore-error=true --cache-from type=gha,scope=org-shop',
    ])
    expect(docker.calls().filter((line) => line.includes('a-secret-of-the-runner'))).toEqual([
      'with a-secret-of-the-runner',
    ])
  })

  test.each<[what: string, order: Partial<BuildOrder>, options: Partial<Layers>, script: string]>([
    ['without the service', {}, { runner: {} }, BUILDX],
    ['where it was turned off', {}, { runner: SERVICE, off: true }, BUILDX],
    ['beside a cache of the user’s', { cacheFrom: ['type=registry,ref=x'] }, { runner: SERVICE }, BUILDX],
    ['by a builder that cannot', {}, { runner: SERVICE }, '[ "$2" != inspect ] || echo "Driver: docker"'],
  ])('are not kept %s', async (_, order, options, script) => {
    await using docker = dock(script)
    await docker.build(order, options)
    expect(flags(docker).join()).not.toContain('gha')
    expect(docker.calls().join()).not.toContain('a-secret-of-the-runner')
  })

  test('are kept by the engine’s own builder where it stores images as containerd does', async () => {
    const status = '[["driver-type","io.containerd.snapshotter.v1"]]'
    await using docker = dock(
      `[ "$2" != inspect ] || echo "Driver: docker"; [ "$1" != info ] || echo '${status}'`,
    )
    await docker.build({}, { runner: SERVICE })
    expect(flags(docker)[0]).toContain('type=gha')
  })

  test('that break the build are done without, and that is said', async () => {
    const fails =
      'case "$*" in *type=gha*) echo "ERROR: failed to configure gha cache importer" >&2; exit 1;; esac'
    await using docker = dock(`${BUILDX}; ${fails}`)
    expect(await docker.build({}, { runner: SERVICE })).toMatchObject({ kind: 'local' })
    expect(flags(docker)).toEqual([expect.stringContaining('gha'), ''])
    expect(docker.warned).toEqual([
      expect.stringMatching(/built without the layers of before: ERROR: failed/),
    ])
  })

  test('do not hide a build that fails by itself', async () => {
    const fails = '[ "$2" != build ] || { echo "main.go:1: syntax error" >&2; exit 1; }'
    await using docker = dock(`${BUILDX}; ${fails}`)
    await expect(docker.build({}, { runner: SERVICE })).rejects.toThrow(/the build failed with exit code 1/)
    expect(builds(docker)).toHaveLength(1)
  })
})

describe('what docker says when it fails', () => {
  test.each<[said: string, code: string, fix: RegExp]>([
    ['denied: requested access to the resource is denied', 'forbidden', /docker login/],
    ['unauthorized: authentication required', 'forbidden', /docker login/],
    ['no basic auth credentials', 'forbidden', /docker login/],
    ['toomanyrequests: You have reached your pull rate limit', 'rate-limited', /signed-in limits are higher/],
    ['write /var/lib/docker/x: no space left on device', 'not-ready', /docker system prune/],
    ['Cannot connect to the Docker daemon at unix:///var/run/docker.sock', 'unreachable', /DOCKER_HOST/],
    ['manifest for nobody/nothing:latest not found: manifest unknown', 'not-found', /FROM lines/],
    ['main.go:7: undefined: x', 'unhealthy', /in the log of this step/],
  ])('%s', async (said, code, fix) => {
    await using docker = dock(`${CLASSIC}; [ "$1" != build ] || { echo '${said}' >&2; exit 1; }`)
    const error = await docker.build().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ReleaseError)
    expect(error).toMatchObject({ code, why: [said] })
    expect((error as ReleaseError).fix.join()).toMatch(fix)
    expect(docker.said).toContain(said)
  })

  test('that it is not there is told with another way to build', async () => {
    const options: BuilderOptions = {
      env: { PATH: '/nowhere' },
      cwd: tmpdir(),
      clock,
      say: () => undefined,
      temp: tmpdir(),
      nonce: 'n1',
      layers: undefined,
      warn: () => undefined,
    }
    const { signal } = new AbortController()
    const builder = await openBuilder(options, signal)
    const error = await builder.build(ORDER, REPOSITORY, signal).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'not-found' })
    expect((error as ReleaseError).fix.join()).toMatch(/the input command/)
  })
})
