import { describe, expect, test } from '@jest/globals'
import type { Clock, WorkflowArtifacts } from '@release-actions/ports'
import {
  Cancelled,
  Conflict,
  Forbidden,
  NotFound,
  RateLimited,
  ReleaseError,
  Unreachable,
} from '@release-actions/values'
import { createHttp } from '@release-actions/http'
import { startCache, type EmbeddedCache } from '../../lab/src/cache/cache-service.ts'
import { startGitHub, type EmbeddedGitHub } from '../../lab/src/github/index.ts'
import { openResults, storeVersion } from '../src/index.ts'
import { blocksOf } from '../src/workflow/blocks.ts'
import { blobOf, clock as quick } from './world.ts'

const NAME = 'shop-1.4.0.tar.gz'

interface Scene extends AsyncDisposable {
  readonly github: EmbeddedGitHub
  readonly results: EmbeddedCache
  readonly masked: readonly string[]
  /** Leaves a text as this version, from a run of its own or a given one. */
  store(
    text: string,
    order?: { readonly run?: number; readonly signal?: AbortSignal; readonly clock?: Clock },
  ): ReturnType<typeof storeVersion>
  readonly warnings: readonly string[]
}

async function open(): Promise<Scene> {
  const github = await startGitHub()
  const results = await startCache(github)
  const http = createHttp({ clock: quick, random: () => 0 })
  const [masked, warnings]: [string[], string[]] = [[], []]
  const list: WorkflowArtifacts = {
    named: (name) =>
      Promise.resolve(
        github.artifacts
          .filter((one) => one.name === name)
          .map(({ digest, sha, createdAt, ...one }) => ({
            ...one,
            digest: digest ?? undefined,
            commit: sha,
            created: createdAt,
          })),
      ),
    newest: () => Promise.resolve([]),
  }
  return {
    github,
    results,
    masked,
    warnings,
    store: (
      text,
      { run = github.run().runId, signal = new AbortController().signal, clock = quick } = {},
    ) => {
      const uploads = (until: AbortSignal) =>
        openResults({
          http,
          env: results.envOf(run),
          signal: until,
          mask: (secrets) => masked.push(...secrets),
        })
      return storeVersion(
        { version: '1.4.0', name: NAME, file: blobOf(text), mediaType: 'application/gzip', runId: run },
        {
          list,
          uploads: uploads(signal),
          lastly: uploads(new AbortController().signal),
          clock,
          signal,
          warn: (warning) => warnings.push(warning),
        },
      )
    },
    [Symbol.asyncDispose]: async () => {
      http.close()
      await Promise.all([results.close(), github.close()])
    },
  }
}

const names = ({ github }: Scene): readonly string[] =>
  github.artifacts.map(({ name, digest }) => `${name} ${digest}`)

test('a file is left as it is, under its own digest, and its signed address is masked', async () => {
  await using scene = await open()
  const { kind, artifact } = await scene.store('content')
  expect(kind).toBe('stored')
  expect(artifact.digest).toBe(blobOf('content').digest)
  expect(scene.results.artifact(artifact.id)?.toString()).toBe('content')
  expect(scene.masked).toContain('signed-by-the-lab')
})

test('the same version again is there already, from whichever run; another is refused with both digests', async () => {
  await using scene = await open()
  const first = await scene.store('content')
  const from = scene.results.requests.length
  expect(await scene.store('content')).toEqual({ kind: 'already', artifact: first.artifact })
  const refused = await scene.store('other').catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(Conflict)
  expect(String(refused)).toContain(`exists as ${blobOf('content').digest}`)
  expect(String(refused)).toContain(`this build is ${blobOf('other').digest}`)
  expect(scene.results.requests.slice(from)).toEqual([])
})

describe('two runs at once', () => {
  test('the one with the higher number takes its own back', async () => {
    await using scene = await open()
    scene.results.before((_, path) => {
      // The other run is done just before ours is final.
      if (!path.endsWith('FinalizeArtifact') || scene.github.artifacts.length > 0) return
      scene.github.leave({ name: NAME, size: 5, digest: blobOf('theirs').digest, runId: 1 })
    })
    const lost = await scene.store('ours').catch((error: unknown) => error)
    expect(lost).toBeInstanceOf(Conflict)
    expect(String(lost)).toMatch(/another run left version 1\.4\.0 at the same time: run 1 as sha256:/)
    expect(names(scene)).toEqual([`${NAME} ${blobOf('theirs').digest}`])
  })

  test('the one with the lower number waits for the other to take theirs back', async () => {
    await using scene = await open()
    let rival: number | undefined
    const clock: Clock = {
      ...quick,
      sleep: (ms, signal) => {
        if (rival !== undefined) scene.github.forget(rival)
        return quick.sleep(ms, signal)
      },
    }
    // Theirs is final after ours, and before we look.
    const stop = scene.github.leave.bind(scene.github)
    scene.results.before((_, path) => {
      if (path.endsWith('FinalizeArtifact'))
        setImmediate(() => (rival = stop({ name: NAME, size: 5, digest: blobOf('theirs').digest, runId: 1 })))
    })
    const { kind } = await scene.store('ours', { clock })
    expect(kind).toBe('stored')
    expect(names(scene)).toEqual([`${NAME} ${blobOf('ours').digest}`])
  })

  test('and gives way when the other stays: that run had looked before ours was there', async () => {
    await using scene = await open()
    const leave = scene.github.leave.bind(scene.github)
    scene.results.before((_, path) => {
      if (path.endsWith('FinalizeArtifact'))
        setImmediate(() => leave({ name: NAME, size: 5, digest: blobOf('theirs').digest, runId: 1 }))
    })
    await expect(scene.store('ours')).rejects.toThrow(Conflict)
    expect(names(scene)).toEqual([`${NAME} ${blobOf('theirs').digest}`])
  })
})

test('two jobs of one run: the second is told, and the first keeps what it left', async () => {
  await using scene = await open()
  const run = scene.github.run().runId
  let first: Promise<unknown> | undefined
  scene.results.before(async (_, path) => {
    if (!path.endsWith('CreateArtifact') || first !== undefined) return
    first = scene.store('first', { run })
    await first
  })
  await expect(scene.store('second', { run })).rejects.toThrow(/this run has an artifact of that name/)
  expect(names(scene)).toEqual([`${NAME} ${blobOf('first').digest}`])
})

test('an upload that breaks is sent again; one that never gets through leaves nothing', async () => {
  await using scene = await open()
  scene.results.failOn(/comp=block&/, 2, 'drop')
  expect((await scene.store('content')).kind).toBe('stored')
  await using other = await open()
  other.results.failOn(/comp=blocklist/, 99, { status: 503 })
  await expect(other.store('content')).rejects.toThrow(Unreachable)
  expect(other.github.artifacts).toEqual([])
})

test('the last answer that gets lost is looked for', async () => {
  await using scene = await open()
  let lose = true
  scene.results.before(async (_, path) => {
    if (!path.endsWith('FinalizeArtifact') || !lose) return
    lose = false
    // It took effect, and then the service was away.
    const content = blobOf('content')
    scene.github.leave({ name: NAME, size: content.size, digest: content.digest, runId: 7001 })
    scene.results.failOn(/FinalizeArtifact/, 99, { status: 503 })
  })
  const { artifact } = await scene.store('content', { run: 7001 })
  expect(artifact.digest).toBe(blobOf('content').digest)
})

test('cancelled after it was uploaded, it is taken back', async () => {
  await using scene = await open()
  const stop = new AbortController()
  const { leave } = scene.github
  Object.assign(scene.github, {
    leave: (artifact: Parameters<typeof leave>[0]) => {
      stop.abort()
      return leave(artifact)
    },
  })
  await expect(scene.store('content', { signal: stop.signal })).rejects.toThrow(Cancelled)
  expect(scene.github.artifacts).toEqual([])
  expect(scene.warnings).toEqual([])
})

test.each<[status: number, error: new (...args: never[]) => ReleaseError]>([
  [403, Forbidden],
  [404, NotFound],
  [429, RateLimited],
  [500, Unreachable],
])('a service that answers %d is said so', async (status, error) => {
  await using scene = await open()
  scene.results.fail(status)
  await expect(scene.store('content')).rejects.toThrow(error)
})

test('a runner without the service is told what to do instead', () => {
  const http = createHttp({ clock: quick })
  const openThere = (env: NodeJS.ProcessEnv) => () =>
    openResults({ http, env, signal: new AbortController().signal, mask: () => undefined })
  expect(openThere({})).toThrow(/names no artifact service/)
  // A token that says nothing of run and job is none.
  expect(openThere({ ACTIONS_RESULTS_URL: 'https://x.test/', ACTIONS_RUNTIME_TOKEN: 'a.b.c' })).toThrow(
    ReleaseError,
  )
})

test('a file is cut into parts of equal size, and one that is empty is one part', async () => {
  const parts: string[] = []
  for await (const part of blocksOf(blobOf('abcdefgh'), 3)) parts.push(Buffer.from(part).toString())
  expect(parts).toEqual(['abc', 'def', 'gh'])
  let count = 0
  for await (const part of blocksOf(blobOf(''), 3)) count += 1 + part.length
  expect(count).toBe(1)
})
