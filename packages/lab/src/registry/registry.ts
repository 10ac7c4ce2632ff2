/**
 * An embedded image registry: the OCI distribution API over plain HTTP on loopback, with the ways in that real ones
 * have (anybody, a token, a password), and faults by order.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ImageContent } from '../kubernetes/index.ts'
import { Contents, digestOf, type Repository } from './contents.ts'
import { RegistryFaults, type RegistryFault } from './faults.ts'
import { imageIn } from './image.ts'

export interface RegistryOptions {
  /** Manifests by `name:tag`. */
  readonly manifests?: Readonly<Record<string, string>>
  /** How it lets in: anybody; by a token that anybody, or only the user, gets; by the user's password. */
  readonly auth?: 'none' | 'token' | 'token-for-user' | 'basic'
  readonly user?: { readonly name: string; readonly password: string }
  /** Instead of a password: what is exchanged for a token (Azure). */
  readonly refreshToken?: string
  /** Old registries do not send `Docker-Content-Digest`. */
  readonly tellsDigest?: boolean
  /** Answers every manifest with this. */
  readonly status?: number
  /** A tag that is there cannot be put again (ECR, Harbor, on request). */
  readonly immutableTags?: boolean
  /** `false`: tags cannot be deleted (GHCR); `by-digest`: only manifests, with all their tags (Docker's registry). */
  readonly deletesTags?: boolean | 'by-digest'
  /** Entries of a page of tags. */
  readonly pageSize?: number
}

export interface EmbeddedRegistry {
  /** `127.0.0.1:PORT`, as in an image's name. */
  readonly host: string
  /** Method and path of each request. */
  readonly requests: readonly string[]
  digest(manifest: string): string
  /** Tags and what they name. */
  tags(name: string): Readonly<Record<string, string>>
  /** Of a tag or a digest, as text. */
  manifest(name: string, reference: string): string | undefined
  blob(name: string, digest: string): Buffer | undefined
  /** As a pod runs it: for `images.pullFrom(registry)`. */
  image(name: string, reference: string): (ImageContent & { readonly digest: string }) | undefined
  /** Changes it by hand, as another client would. @returns the digest */
  put(name: string, reference: string, manifest: string): string
  putBlob(name: string, content: string | Uint8Array): string
  order(fault: RegistryFault): void
  /** Is called before a request is answered, and waited for. */
  before(hook: (method: string, path: string) => Promise<void> | void): void
  close(): Promise<void>
}

const TOKEN = 'let-me-in'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

export async function startRegistry(options: RegistryOptions = {}): Promise<EmbeddedRegistry> {
  const { auth = 'none', user, pageSize = 1000 } = options
  const requests: string[] = []
  const contents = new Contents()
  const faults = new RegistryFaults()
  const hooks: ((method: string, path: string) => Promise<void> | void)[] = []
  for (const [named, text] of Object.entries(options.manifests ?? {})) {
    const at = named.lastIndexOf(':')
    contents.of(named.slice(0, at)).put(named.slice(at + 1), { type: MANIFEST, text })
  }
  const password =
    user === undefined
      ? undefined
      : `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET'
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? ''}`)
    requests.push(`${method} ${url.pathname}${url.search}`)
    for (const hook of hooks) await hook(method, url.pathname)
    const fault = faults.next(method, url.pathname)
    if (fault !== undefined && 'dropAfter' in fault) {
      await bodyOf(request, fault.dropAfter)
      return void request.socket.destroy()
    }
    if (fault !== undefined) {
      if (fault.done === true) await handle(method, url, request, new Discarded())
      else await bodyOf(request)
      return reply(response, fault.status, fault.body ?? '{}', fault.headers)
    }
    await handle(method, url, request, {
      reply: (status, body, headers) => reply(response, status, body, headers, method === 'HEAD'),
    })
  }

  async function handle(method: string, url: URL, request: IncomingMessage, to: Reply): Promise<void> {
    const shown = request.headers.authorization
    if (url.pathname === '/token') {
      const form = new URLSearchParams((await bodyOf(request)).toString())
      const exchanged =
        options.refreshToken !== undefined && form.get('refresh_token') === options.refreshToken
      const known = auth === 'token' || (shown !== undefined && shown === password) || exchanged
      const named = method === 'POST' ? { access_token: TOKEN } : { token: TOKEN }
      return to.reply(known ? 200 : 401, known ? JSON.stringify(named) : '{}')
    }
    const letIn = auth === 'none' || shown === (auth === 'basic' ? password : `Bearer ${TOKEN}`)
    if (!letIn) {
      await bodyOf(request)
      const bearer = `Bearer realm="http://${host}/token",service="lab",scope="repository:x:pull"`
      return to.reply(401, '{}', { 'www-authenticate': auth === 'basic' ? 'Basic realm="lab"' : bearer })
    }
    const [, name = '', kind = '', rest = ''] =
      /^\/v2\/(.+?)\/(manifests|blobs|tags)\/(.*)$/.exec(url.pathname) ?? []
    switch (kind) {
      case 'manifests':
        return manifests(method, name, rest, request, to)
      case 'blobs':
        return blobs(method, name, rest, url, request, to)
      case 'tags':
        return tags(name, url, to)
      default:
        return to.reply(url.pathname === '/v2/' ? 200 : 404, '{}')
    }
  }

  async function manifests(
    method: string,
    name: string,
    reference: string,
    request: IncomingMessage,
    to: Reply,
  ): Promise<void> {
    if (options.status !== undefined) return to.reply(options.status, '{}')
    const repository = contents.known(name)
    if (method === 'PUT') {
      const text = (await bodyOf(request)).toString()
      const missing = contents.of(name).missing(text)
      if (missing.length > 0) return to.reply(400, error('MANIFEST_BLOB_UNKNOWN', missing.join(', ')))
      const old = repository?.tags.get(reference)
      if (options.immutableTags === true && old !== undefined && old !== digestOf(text))
        return to.reply(400, error('TAG_INVALID', `the tag ${reference} cannot be changed`))
      const type = request.headers['content-type'] ?? MANIFEST
      const digest = contents.of(name).put(reference, { type, text })
      return to.reply(201, '', { 'docker-content-digest': digest })
    }
    const found = repository?.find(reference)
    if (found === undefined) return to.reply(404, error('MANIFEST_UNKNOWN', reference))
    if (method === 'DELETE') return remove(repository, reference, to)
    to.reply(200, found.text, {
      'content-type': found.type,
      ...(options.tellsDigest === false ? {} : { 'docker-content-digest': found.digest }),
    })
  }

  function remove(repository: Repository | undefined, reference: string, to: Reply): void {
    if (options.deletesTags === false) return to.reply(405, error('UNSUPPORTED', 'not here'))
    const byDigest = reference.startsWith('sha256:')
    if (!byDigest && options.deletesTags === 'by-digest')
      return to.reply(400, error('DIGEST_INVALID', 'provided digest did not match uploaded content'))
    if (!byDigest) repository?.tags.delete(reference)
    else {
      repository?.manifests.delete(reference)
      for (const [tag, digest] of repository?.tags ?? [])
        if (digest === reference) repository?.tags.delete(tag)
    }
    to.reply(202, '')
  }

  async function blobs(
    method: string,
    name: string,
    rest: string,
    url: URL,
    request: IncomingMessage,
    to: Reply,
  ): Promise<void> {
    if (method === 'POST') {
      await bodyOf(request)
      return to.reply(202, '', { location: `/v2/${name}/blobs/uploads/${randomUUID()}?state=x` })
    }
    if (method === 'PUT') {
      const content = await bodyOf(request)
      const digest = url.searchParams.get('digest') ?? ''
      if (digestOf(content) !== digest) return to.reply(400, error('DIGEST_INVALID', digest))
      contents.of(name).blobs.set(digest, content)
      return to.reply(201, '', { 'docker-content-digest': digest })
    }
    const blob = contents.known(name)?.blobs.get(rest)
    if (blob === undefined) return to.reply(404, error('BLOB_UNKNOWN', rest))
    to.reply(200, blob, { 'content-type': 'application/octet-stream' })
  }

  function tags(name: string, url: URL, to: Reply): void {
    const repository = contents.known(name)
    if (repository === undefined) return to.reply(404, error('NAME_UNKNOWN', name))
    const last = url.searchParams.get('last')
    const all = [...repository.tags.keys()].sort().filter((tag) => last === null || tag > last)
    const page = all.slice(0, Math.min(pageSize, Number(url.searchParams.get('n') ?? pageSize)))
    const more = all.length > page.length
    to.reply(200, JSON.stringify({ name, tags: page }), {
      ...(more
        ? { link: `</v2/${name}/tags/list?n=${page.length}&last=${page.at(-1) ?? ''}>; rel="next"` }
        : {}),
    })
  }

  const server = createServer((request, response) => {
    // A client that is gone needs no answer.
    answer(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    requests,
    digest: digestOf,
    tags: (name) => Object.fromEntries(contents.known(name)?.tags ?? []),
    manifest: (name, reference) => contents.known(name)?.find(reference)?.text,
    blob: (name, digest) => contents.known(name)?.blobs.get(digest),
    image: (name, reference) => {
      const repository = contents.known(name)
      return repository === undefined ? undefined : imageIn(repository, reference)
    },
    put: (name, reference, text) => contents.of(name).put(reference, { type: MANIFEST, text }),
    putBlob: (name, content) => {
      const digest = digestOf(content)
      contents.of(name).blobs.set(digest, Buffer.from(content))
      return digest
    },
    order: (fault) => faults.order(fault),
    before: (hook) => void hooks.push(hook),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Reply {
  reply(status: number, body: string | Buffer, headers?: Readonly<Record<string, string>>): void
}

/** For an answer that gets lost. */
class Discarded implements Reply {
  reply(): void {
    return
  }
}

function reply(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
  head = false,
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  response.end(head ? undefined : body)
}

function error(code: string, message: string): string {
  return JSON.stringify({ errors: [{ code, message }] })
}

/** All of it, or as much as came before `most`. */
async function bodyOf(request: IncomingMessage, most = Infinity): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= most) break
  }
  return Buffer.concat(chunks)
}
