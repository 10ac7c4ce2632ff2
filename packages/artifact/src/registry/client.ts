import { createHash } from 'node:crypto'
import type { Http, HttpAnswer, HttpRequest, RetryPolicy } from '@release-actions/http'
import type { BlobContent, Clock, Descriptor, Registry, StoredManifest } from '@release-actions/ports'
import { Conflict, NotFound, RateLimited, Unreachable, TimedOut } from '@release-actions/values'
import { registryOf, type RegistryAddress } from '../address.ts'
import { DIGEST, digestOf } from '../digest.ts'
import type { Credentials } from '../docker-config.ts'
import { listField, parseJson, textField } from '../json.ts'
import { placeholder } from '../publish/empty-blob.ts'
import { Doorman, type Actions } from './doorman.ts'
import { ACCEPT, OCI_MANIFEST } from './media-types.ts'
import { refusal } from './refusal.ts'

export interface RegistryOptions {
  readonly http: Http
  readonly clock: Clock
  /** For the docker configuration and credential helpers. */
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  /** Where the docker configuration has nothing for this registry. */
  readonly fallback?: Credentials
  readonly mask?: (secrets: readonly string[]) => void
  /** How often and how long it is tried; default: as long as a registry takes to restart. */
  readonly patience?: Partial<RetryPolicy>
}

const TIMEOUT_MS = 20_000
/** A layer may be large and the line slow. */
const UPLOAD_TIMEOUT_MS = 30 * 60_000
/** A registry that is restarted is away for some seconds. */
const PATIENCE = { attempts: 5, deadline: 60_000 }
/** Whole uploads, each begun anew: what a broken one left is the registry's to forget. */
const UPLOADS = 4
/** Who asks for a longer pause is not waited for. */
const LONGEST_PAUSE_MS = 30_000
/** A tag that is not there needs no deleting. */
const GONE = new Set([200, 202, 404])
const MOST_MANIFEST_BYTES = 4 * 1024 * 1024
const MOST_BLOB_BYTES = 8 * 1024 * 1024
/** Beyond this a list of tags is not read: `tags` says what it has. */
const MOST_PAGES = 50

/**
 * A repository by the OCI distribution API
 * (https://github.com/opencontainers/distribution-spec/blob/main/spec.md).
 * @param repository with its host: `ghcr.io/org/shop`
 */
export function openRegistry(repository: string, options: RegistryOptions): Registry {
  return new RegistryClient(repository, options)
}

class RegistryClient implements Registry {
  readonly repository: string
  readonly #address: RegistryAddress
  readonly #options: RegistryOptions
  readonly #doorman: Doorman
  readonly #patience: Partial<RetryPolicy>

  constructor(repository: string, options: RegistryOptions) {
    this.repository = repository
    this.#address = registryOf(repository)
    this.#options = options
    this.#patience = options.patience ?? PATIENCE
    const { mask = () => undefined, ...others } = options
    this.#doorman = new Doorman({ ...others, mask, address: this.#address })
  }

  async head(reference: string): Promise<Descriptor | undefined> {
    const answer = await this.#ask('HEAD', `manifests/${reference}`, 'pull')
    if (answer.status === 404) return undefined
    if (answer.status !== 200) throw this.#refused(answer, 'pull')
    const digest = answer.headers['docker-content-digest'] ?? ''
    const size = Number(answer.headers['content-length'] ?? NaN)
    // Old registries do not tell: then the manifest itself does.
    if (!DIGEST.test(digest) || !Number.isInteger(size) || size === 0) return this.manifest(reference)
    return { mediaType: mediaTypeOf(answer), digest, size }
  }

  async manifest(reference: string): Promise<StoredManifest | undefined> {
    const answer = await this.#ask('GET', `manifests/${reference}`, 'pull')
    if (answer.status === 404) return undefined
    if (answer.status !== 200) throw this.#refused(answer, 'pull')
    const text = answer.body
    const digest = digestOf(text)
    for (const said of [reference, answer.headers['docker-content-digest'] ?? '']) {
      if (DIGEST.test(said) && said !== digest) throw this.#tampered(said, digest)
    }
    return { mediaType: mediaTypeOf(answer), digest, size: Buffer.byteLength(text), text }
  }

  async put(
    reference: string,
    mediaType: string,
    text: string,
    options?: { readonly once: number },
  ): Promise<string> {
    const request: HttpRequest = {
      method: 'PUT',
      url: this.#url(`manifests/${reference}`),
      headers: { 'content-type': mediaType },
      body: text,
      timeout: options?.once ?? TIMEOUT_MS,
      policy: options === undefined ? this.#patience : { attempts: 1 },
    }
    const answer = await this.#doorman.send(request, 'pull,push')
    if (answer.status !== 201 && answer.status !== 200) throw this.#refused(answer, 'push')
    return digestOf(text)
  }

  async blob(digest: string): Promise<string> {
    const answer = await this.#ask('GET', `blobs/${digest}`, 'pull')
    const got = answer.status >= 300 && answer.status < 400 ? await this.#elsewhere(answer, digest) : answer
    if (got.status === 404) {
      throw new NotFound(`${this.repository} has no blob ${digest}`, { object: this.repository })
    }
    if (got.status !== 200) throw this.#refused(got, 'pull')
    const found = digestOf(got.body)
    if (found !== digest) throw this.#tampered(digest, found)
    return got.body
  }

  async stream(digest: string): Promise<AsyncIterable<Uint8Array>> {
    const url = this.#url(`blobs/${digest}`)
    const asked = { method: 'GET', url, timeout: TIMEOUT_MS }
    let got = await this.#doorman.stream(asked, 'pull')
    const location =
      got.status >= 300 && got.status < 400 ? URL.parse(got.headers['location'] ?? '', url) : null
    if (location !== null) {
      got.close()
      const { http, signal } = this.#options
      // Signed by itself: it needs no credentials of ours.
      got = await http.stream({ ...asked, url: location, signal })
    }
    if (got.status !== 200) {
      const { status, headers } = got
      got.close()
      throw this.#refused({ status, headers, body: '', latency: 0 }, 'pull')
    }
    return this.#whole(got.chunks, digest)
  }

  /** What comes, and at its end whether it was what was asked for. */
  async *#whole(chunks: AsyncIterable<Uint8Array>, digest: string): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256')
    for await (const chunk of chunks) {
      hash.update(chunk)
      yield chunk
    }
    const found = `sha256:${hash.digest('hex')}`
    if (found !== digest) throw this.#tampered(digest, found)
  }

  async upload(blob: BlobContent): Promise<'uploaded' | 'present'> {
    for (let attempt = 1; ; attempt++) {
      const there = await this.#ask('HEAD', `blobs/${blob.digest}`, 'pull,push')
      if (there.status === 200) return 'present'
      if (there.status !== 404) throw this.#refused(there, 'push')
      try {
        await this.#uploadOnce(blob)
        return 'uploaded'
      } catch (error) {
        const broken =
          error instanceof Unreachable || error instanceof RateLimited || error instanceof TimedOut
        if (!broken || attempt === UPLOADS) throw error
        const asked = error instanceof RateLimited ? error.retryAfter : undefined
        if (asked !== undefined && asked > LONGEST_PAUSE_MS) throw error
        await this.#options.clock.sleep(asked ?? 500 * 2 ** attempt, this.#options.signal)
      }
    }
  }

  async #uploadOnce(blob: BlobContent): Promise<void> {
    const begun = await this.#doorman.send(
      {
        method: 'POST',
        url: this.#url('blobs/uploads/'),
        timeout: TIMEOUT_MS,
        policy: this.#patience,
        // A session that nobody goes on with is forgotten.
        retry: 'always',
      },
      'pull,push',
    )
    if (begun.status !== 202) throw this.#refused(begun, 'push')
    const session = new URL(begun.headers['location'] ?? '', `${this.#address.url}/`)
    session.searchParams.set('digest', blob.digest)
    const put = {
      method: 'PUT',
      url: session,
      headers: { 'content-type': 'application/octet-stream' },
      body: { size: blob.size, open: () => blob.open() },
      timeout: UPLOAD_TIMEOUT_MS,
      retry: 'never',
    } as const
    const own = new URL(this.#address.url)
    // A registry behind a proxy that ends TLS may not know of it: what goes to it stays encrypted.
    if (session.hostname === own.hostname && own.protocol === 'https:') session.protocol = 'https:'
    // A location elsewhere is signed by itself, and must not see our credentials.
    const ours = session.origin === own.origin
    const { http, signal } = this.#options
    const ended = ours ? await this.#doorman.send(put, 'pull,push') : await http.request({ ...put, signal })
    if (ended.status !== 201 && ended.status !== 204) throw this.#refused(ended, 'push')
  }

  async tags(): Promise<readonly string[]> {
    const all: string[] = []
    let path: string | undefined = 'tags/list?n=1000'
    for (let page = 0; path !== undefined && page < MOST_PAGES; page++) {
      const answer: HttpAnswer = await this.#ask('GET', path, 'pull')
      if (answer.status === 404) return all
      if (answer.status !== 200) throw this.#refused(answer, 'pull')
      const tags = listField(parseJson(answer.body), 'tags')
      all.push(...tags.filter((tag): tag is string => typeof tag === 'string'))
      const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(answer.headers['link'] ?? '')?.[1]
      const query: string | undefined =
        next === undefined ? undefined : URL.parse(next, this.#address.url)?.search
      path = query === undefined || query === '' ? undefined : `tags/list${query}`
    }
    return all
  }

  async untag(tag: string): Promise<boolean> {
    const answer = await this.#ask('DELETE', `manifests/${tag}`, 'pull,delete')
    if (GONE.has(answer.status)) return true
    // Docker's own registry deletes by digest alone, and with a manifest all tags that name it: so the tag is made to
    // name something that nothing else does.
    const byDigestOnly = listField(parseJson(answer.body), 'errors').some(
      (error) => textField(error, 'code') === 'DIGEST_INVALID',
    )
    if (!byDigestOnly) return false
    const { mediaType, text } = placeholder(`${tag} is to be deleted`)
    const digest = await this.put(tag, mediaType, text)
    return GONE.has((await this.#ask('DELETE', `manifests/${digest}`, 'pull,delete')).status)
  }

  #ask(method: 'GET' | 'HEAD' | 'DELETE', path: string, actions: Actions): Promise<HttpAnswer> {
    const headers = path.startsWith('manifests/') ? { accept: ACCEPT } : {}
    const maxBytes = path.startsWith('blobs/') ? MOST_BLOB_BYTES : MOST_MANIFEST_BYTES
    return this.#doorman.send(
      { method, url: this.#url(path), headers, maxBytes, timeout: TIMEOUT_MS, policy: this.#patience },
      actions,
    )
  }

  /** Blobs are often kept by a storage service, whose signed address needs no credentials of ours. */
  async #elsewhere(answer: HttpAnswer, digest: string): Promise<HttpAnswer> {
    const url = URL.parse(answer.headers['location'] ?? '', this.#url(`blobs/${digest}`))
    if (url === null) return answer
    const { http, signal } = this.#options
    return http.request({ method: 'GET', url, maxBytes: MOST_BLOB_BYTES, signal, timeout: TIMEOUT_MS })
  }

  #url(path: string): string {
    return `${this.#address.url}/v2/${this.#address.name}/${path}`
  }

  #refused(answer: HttpAnswer, doing: 'pull' | 'push') {
    const { host } = this.#address
    const push = doing === 'push'
    const what = push ? `push to ${this.repository}` : `pull from ${this.repository}`
    return refusal(answer, { doing: what, repository: this.repository, host, note: this.#doorman.note, push })
  }

  #tampered(wanted: string, found: string): Conflict {
    return new Conflict(`${this.repository} gave content that is not ${wanted}: it is ${found}`, {
      object: `${this.repository}@${wanted}`,
      fix: ['do not use it: the registry, or something before it, changed what it holds'],
    })
  }
}

function mediaTypeOf(answer: HttpAnswer): string {
  return answer.headers['content-type']?.split(';')[0]?.trim() ?? OCI_MANIFEST
}
