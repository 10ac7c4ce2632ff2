import { createHash } from 'node:crypto'
import type { Http, HttpAnswer } from '@release-actions/http'
import {
  Cancelled,
  formatImage,
  messageOf,
  NotFound,
  ReleaseError,
  type ImageRef,
  type Milliseconds,
} from '@release-actions/values'
import { isLoopback, registryOf, type RegistryAddress } from './address.ts'
import { parseChallenge, type Challenge } from './challenge.ts'
import { readDockerConfig, type Credentials } from './docker-config.ts'

export interface ResolveOptions {
  readonly http: Http
  /** For `DOCKER_CONFIG`. */
  readonly env: NodeJS.ProcessEnv
  readonly signal?: AbortSignal
  /** For each request. Default 10 s. */
  readonly timeout?: Milliseconds
}

export type Resolved =
  | { readonly digest: string }
  /** The registry did not tell; the sentence says why. The pods will: the release can go on without. */
  | { readonly unresolved: string }

/** Indexes first: the digest of a multi-platform image is its index's, as in a pod's status. */
const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')
const DIGEST = /^sha256:[0-9a-f]{64}$/

/**
 * The digest that a tag names now, by the OCI distribution API
 * (https://github.com/opencontainers/distribution-spec/blob/main/spec.md, "Checking if content exists in the registry").
 * @throws NotFound when the registry says that there is no such image; Cancelled
 */
export async function resolveDigest(image: ImageRef, options: ResolveOptions): Promise<Resolved> {
  if (image.digest !== undefined) return { digest: image.digest }
  const address = registryOf(image.repository)
  const what = formatImage(image)
  const url = `${address.url}/v2/${address.name}/manifests/${image.tag ?? 'latest'}`
  const unresolved = (why: string): Resolved => ({ unresolved: `the digest of ${what} is not known: ${why}` })
  try {
    const { answer, headers, note } = await knock(url, address, options)
    switch (answer.status) {
      case 200:
        return (
          (await digestOf(answer, url, headers, options)) ?? unresolved(`${address.host} did not tell one`)
        )
      case 404:
        throw new NotFound(`there is no image ${what} in ${address.host}`, {
          object: `image ${what}`,
          fix: ['push it first, or correct the input image'],
        })
      case 401:
      case 403:
        return unresolved(`${address.host} refused to tell (${answer.status})${note}`)
      default:
        return unresolved(`${address.host} answered ${answer.status}`)
    }
  } catch (error) {
    if (error instanceof NotFound || error instanceof Cancelled || !(error instanceof ReleaseError))
      throw error
    return unresolved(messageOf(error))
  }
}

interface Knocked {
  readonly answer: HttpAnswer
  /** Those that were let in. */
  readonly headers: Readonly<Record<string, string>>
  /** What to add to "refused". */
  readonly note: string
}

/** HEAD as anybody, and as whoever `docker login` made us where anybody is not let in. */
async function knock(url: string, address: RegistryAddress, options: ResolveOptions): Promise<Knocked> {
  const anonymous = { accept: ACCEPT }
  const first = await send('HEAD', url, anonymous, options)
  const challenge = parseChallenge(first.headers['www-authenticate'] ?? '')
  if (first.status !== 401 || challenge === undefined) return { answer: first, headers: anonymous, note: '' }
  const credentials = await readDockerConfig(address.host, options.env)
  const authorization = await answerTo(challenge, credentials, address, options)
  if (authorization === undefined)
    return { answer: first, headers: anonymous, note: noteOf(credentials, address) }
  const headers = { ...anonymous, authorization }
  return { answer: await send('HEAD', url, headers, options), headers, note: noteOf(credentials, address) }
}

function noteOf(credentials: Credentials | undefined, { host }: RegistryAddress): string {
  if (credentials === undefined) return `; docker login ${host} before this step, or give the image by digest`
  if (credentials.kind === 'basic') return ' to the user that docker login left'
  return `; its credentials are kept by docker-credential-${credentials.helper}, which is not run: give the image by digest`
}

/** The `Authorization` that a challenge wants; undefined when we have nothing to show. */
async function answerTo(
  challenge: Challenge,
  credentials: Credentials | undefined,
  address: RegistryAddress,
  options: ResolveOptions,
): Promise<string | undefined> {
  const basic =
    credentials?.kind === 'basic'
      ? `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`
      : undefined
  if (challenge.kind === 'basic') return basic
  const realm = URL.parse(challenge.realm)
  // A password must not leave this machine unencrypted because a registry says so.
  if (realm === null || (realm.protocol !== 'https:' && !isLoopback(realm.host))) return undefined
  if (challenge.service !== undefined) realm.searchParams.set('service', challenge.service)
  realm.searchParams.set('scope', challenge.scope ?? `repository:${address.name}:pull`)
  const answer = await send('GET', realm.href, basic === undefined ? {} : { authorization: basic }, options)
  const token = answer.status === 200 ? tokenIn(answer.body) : undefined
  return token === undefined ? undefined : `Bearer ${token}`
}

function tokenIn(body: string): string | undefined {
  const found = /"(?:token|access_token)"\s*:\s*"([^"\\]+)"/.exec(body)
  return found?.[1]
}

/** Of the header; a registry without it is asked for the manifest itself, whose SHA-256 it is. */
async function digestOf(
  head: HttpAnswer,
  url: string,
  headers: Readonly<Record<string, string>>,
  options: ResolveOptions,
): Promise<Resolved | undefined> {
  const told = head.headers['docker-content-digest']
  if (told !== undefined && DIGEST.test(told)) return { digest: told }
  const { status, body } = await send('GET', url, headers, options)
  return status === 200 ? { digest: `sha256:${createHash('sha256').update(body).digest('hex')}` } : undefined
}

function send(
  method: 'GET' | 'HEAD',
  url: string,
  headers: Readonly<Record<string, string>>,
  { http, signal, timeout = 10_000 }: ResolveOptions,
): Promise<HttpAnswer> {
  const limits = { timeout, maxBytes: 4 * 1024 * 1024, policy: { attempts: 3, deadline: 15_000 } }
  return http.request({ method, url, headers, ...limits, ...(signal === undefined ? {} : { signal }) })
}
