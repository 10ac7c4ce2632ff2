/**
 * GitHub's results service as the toolkit speaks to it: the cache (entries by key and version), and, where it is given a
 * GitHub to file them with, the artifacts of runs; their bytes at signed addresses.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { EmbeddedGitHub } from '../github/index.ts'
import { ArtifactService, runnerToken, type TwirpAnswer } from './artifact-service.ts'
import { Blobs } from './blobs.ts'

export interface EmbeddedCache {
  /** What the runner gives a step so that it finds the service. */
  readonly env: Readonly<Record<string, string>>
  /** The same, for a step of this run: its token names the run that artifacts are filed under. */
  envOf(runId: number): Readonly<Record<string, string>>
  /** Keys of the entries that are complete. */
  readonly keys: readonly string[]
  /** Method and path of each request, without the query. */
  readonly requests: readonly string[]
  /** What was uploaded as an artifact, by the id under which GitHub lists it. */
  artifact(id: number): Buffer | undefined
  /** From now on every request is answered so; undefined: as it should be. */
  fail(status: number | undefined): void
  /** Requests whose path matches are answered so, so many times. */
  failOn(path: RegExp, times: number, then: { readonly status: number } | 'drop'): void
  /** Is called before a request is answered, and waited for. */
  before(hook: (method: string, path: string) => Promise<void> | void): void
  close(): Promise<void>
}

interface Entry {
  readonly key: string
  readonly version: string
  readonly blob: number
  complete: boolean
}

export async function startCache(github?: EmbeddedGitHub): Promise<EmbeddedCache> {
  const entries: Entry[] = []
  const blobs = new Blobs()
  const artifacts = github === undefined ? undefined : new ArtifactService(github, blobs)
  const requests: string[] = []
  const hooks: ((method: string, path: string) => Promise<void> | void)[] = []
  const faults: {
    readonly path: RegExp
    times: number
    readonly then: { readonly status: number } | 'drop'
  }[] = []
  let failing: number | undefined

  function cache(method: string, body: Readonly<Record<string, unknown>>): object {
    const [key, version] = [String(body['key']), String(body['version'])]
    const found = entries.find((entry) => entry.key === key && entry.version === version)
    switch (method) {
      case 'CreateCacheEntry': {
        if (found !== undefined) return { ok: false }
        const blob = blobs.add()
        entries.push({ key, version, blob, complete: false })
        return { ok: true, signed_upload_url: blobs.address(origin(), blob) }
      }
      case 'FinalizeCacheEntryUpload':
        if (found === undefined) return { ok: false }
        found.complete = true
        return { ok: true, entry_id: '1' }
      case 'GetCacheEntryDownloadURL':
        if (found?.complete !== true) return { ok: false }
        return { ok: true, signed_download_url: blobs.address(origin(), found.blob), matched_key: key }
      default:
        return { ok: false }
    }
  }

  function twirp(path: string, body: Buffer, authorization: string): TwirpAnswer | undefined {
    const [, service = '', method = ''] = /^\/twirp\/([^/]+)\/(\w+)$/.exec(path) ?? []
    if (method === '') return undefined
    const asked = JSON.parse(body.toString()) as Readonly<Record<string, unknown>>
    if (!service.endsWith('.ArtifactService')) return { status: 200, body: cache(method, asked) }
    const token = authorization.replace(/^Bearer /i, '')
    const answer = artifacts?.call(method, asked, token, origin())
    return answer ?? { status: 404, body: { code: 'bad_route', msg: 'no artifacts here' } }
  }

  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const body = await bodyOf(request)
      const url = new URL(request.url ?? '/', origin())
      requests.push(`${request.method ?? ''} ${url.pathname}`)
      for (const hook of hooks) await hook(request.method ?? '', url.pathname)
      const fault = faults.find(({ path, times }) => times > 0 && path.test(`${url.pathname}${url.search}`))
      if (fault !== undefined) {
        fault.times--
        if (fault.then === 'drop') return void response.destroy()
        return void response.writeHead(fault.then.status).end('{}')
      }
      if (failing !== undefined) return void response.writeHead(failing).end('{}')
      const said = twirp(url.pathname, body, request.headers.authorization ?? '')
      if (said !== undefined) {
        response.writeHead(said.status, { 'content-type': 'application/json' }).end(JSON.stringify(said.body))
      } else if (!blobs.answer(request, url, body, response)) response.writeHead(404).end()
    }
    // A client that is gone needs no answer.
    answer().catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const env = {
    ACTIONS_CACHE_SERVICE_V2: 'true',
    ACTIONS_RESULTS_URL: `${origin()}/`,
    ACTIONS_RUNTIME_TOKEN: 'a-token-of-the-runner',
    // @actions/cache takes any other for a GHES, which has the service of old.
    GITHUB_SERVER_URL: 'https://github.com',
  }
  return {
    env,
    envOf: (runId) => ({ ...env, ACTIONS_RUNTIME_TOKEN: runnerToken(runId) }),
    get keys() {
      return entries.filter(({ complete }) => complete).map(({ key }) => key)
    },
    requests,
    artifact: (id) => artifacts?.content(id),
    fail: (status) => {
      failing = status
    },
    failOn: (path, times, then) => void faults.push({ path, times, then }),
    before: (hook) => void hooks.push(hook),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
