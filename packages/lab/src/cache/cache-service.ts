/** GitHub's cache service as @actions/cache speaks to it: entries by key and version, their bytes at signed addresses. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface EmbeddedCache {
  /** What the runner gives a step so that it finds the service. */
  readonly env: Readonly<Record<string, string>>
  /** Keys of the entries that are complete. */
  readonly keys: readonly string[]
  /** From now on every request is answered so. */
  fail(status: number): void
  close(): Promise<void>
}

interface Entry {
  readonly key: string
  readonly version: string
  content: Buffer
  complete: boolean
}

export async function startCache(): Promise<EmbeddedCache> {
  const entries: Entry[] = []
  let failing: number | undefined

  function call(method: string, body: Readonly<Record<string, unknown>>): object {
    const [key, version] = [String(body['key']), String(body['version'])]
    const found = entries.find((entry) => entry.key === key && entry.version === version)
    switch (method) {
      case 'CreateCacheEntry':
        if (found !== undefined) return { ok: false }
        entries.push({ key, version, content: Buffer.alloc(0), complete: false })
        return {
          ok: true,
          signed_upload_url: `${origin()}/blobs/${entries.length - 1}?sig=signed-by-the-lab`,
        }
      case 'FinalizeCacheEntryUpload':
        if (found === undefined) return { ok: false }
        found.complete = true
        return { ok: true, entry_id: '1' }
      case 'GetCacheEntryDownloadURL':
        if (found?.complete !== true) return { ok: false }
        return {
          ok: true,
          signed_download_url: `${origin()}/blobs/${entries.indexOf(found)}?sig=signed-by-the-lab`,
          matched_key: key,
        }
      default:
        return { ok: false }
    }
  }

  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const body = await bodyOf(request)
      const url = new URL(request.url ?? '/', origin())
      if (failing !== undefined) return void response.writeHead(failing).end('{}')
      const method = /^\/twirp\/.*\/(\w+)$/.exec(url.pathname)?.[1]
      if (method !== undefined) {
        const said = call(method, JSON.parse(body.toString()) as Readonly<Record<string, unknown>>)
        return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said))
      }
      const entry = entries[Number(/^\/blobs\/(\d+)$/.exec(url.pathname)?.[1] ?? NaN)]
      if (entry === undefined) return void response.writeHead(404).end()
      if (request.method === 'PUT') {
        entry.content = body
        return void response.writeHead(201, { 'x-ms-request-id': '1', etag: '"1"' }).end()
      }
      response.writeHead(200, { 'content-length': entry.content.length })
      response.end(request.method === 'HEAD' ? undefined : entry.content)
    }
    // A client that is gone needs no answer.
    answer().catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    env: {
      ACTIONS_CACHE_SERVICE_V2: 'true',
      ACTIONS_RESULTS_URL: `${origin()}/`,
      ACTIONS_RUNTIME_TOKEN: 'a-token-of-the-runner',
      // @actions/cache takes any other for a GHES, which has the service of old.
      GITHUB_SERVER_URL: 'https://github.com',
    },
    get keys() {
      return entries.filter(({ complete }) => complete).map(({ key }) => key)
    },
    fail: (status) => {
      failing = status
    },
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
