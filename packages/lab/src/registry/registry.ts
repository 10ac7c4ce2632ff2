/** An embedded image registry: as much of the OCI distribution API as it takes to resolve a tag. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RegistryOptions {
  /** Manifests by `name:tag`. */
  readonly manifests: Readonly<Record<string, string>>
  /** How it lets in: anybody; by a token that anybody, or only the user, gets; by the user's password. */
  readonly auth?: 'none' | 'token' | 'token-for-user' | 'basic'
  readonly user?: { readonly name: string; readonly password: string }
  /** Old registries do not send `Docker-Content-Digest`. */
  readonly tellsDigest?: boolean
  /** Answers every manifest with this. */
  readonly status?: number
}

export interface EmbeddedRegistry {
  /** `127.0.0.1:PORT`, as in an image's name. */
  readonly host: string
  /** Method and path of each request. */
  readonly requests: readonly string[]
  digest(manifest: string): string
  close(): Promise<void>
}

const TOKEN = 'let-me-in'

export async function startRegistry(options: RegistryOptions): Promise<EmbeddedRegistry> {
  const { auth = 'none', user } = options
  const requests: string[] = []
  const password =
    user === undefined
      ? undefined
      : `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? ''}`)
    requests.push(`${request.method ?? ''} ${url.pathname}${url.search}`)
    const shown = request.headers.authorization
    if (url.pathname === '/token') {
      const known = auth === 'token' || shown === password
      return reply(response, known ? 200 : 401, known ? JSON.stringify({ token: TOKEN }) : '{}')
    }
    const letIn = auth === 'none' || shown === (auth === 'basic' ? password : `Bearer ${TOKEN}`)
    if (!letIn) {
      const bearer = `Bearer realm="http://${host}/token",service="lab",scope="repository:x:pull"`
      return reply(response, 401, '{}', {
        'www-authenticate': auth === 'basic' ? 'Basic realm="lab"' : bearer,
      })
    }
    if (options.status !== undefined) return reply(response, options.status, '{}')
    const [, name = '', tag = ''] = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(url.pathname) ?? []
    const manifest = options.manifests[`${name}:${tag}`]
    if (manifest === undefined) return reply(response, 404, '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
    reply(response, 200, request.method === 'HEAD' ? '' : manifest, {
      ...(options.tellsDigest === false ? {} : { 'docker-content-digest': digestOf(manifest) }),
    })
  }

  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    requests,
    digest: digestOf,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function reply(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
}

function digestOf(manifest: string): string {
  return `sha256:${createHash('sha256').update(manifest).digest('hex')}`
}
