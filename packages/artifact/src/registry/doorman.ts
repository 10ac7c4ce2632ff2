import type { Http, HttpAnswer, HttpRequest, HttpStream } from '@release-actions/http'
import type { Clock } from '@release-actions/ports'
import { isLoopback, type RegistryAddress } from '../address.ts'
import { parseChallenge, type Challenge } from '../challenge.ts'
import { askHelper } from '../credential-helper.ts'
import { readDockerConfig, type Credentials } from '../docker-config.ts'
import { parseJson, textField } from '../json.ts'

export interface DoormanOptions {
  readonly http: Http
  readonly address: RegistryAddress
  readonly clock: Clock
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  /** What to show where the docker configuration has nothing for the registry: GitHub's own takes the step's token. */
  readonly fallback?: Credentials
  /** Is told every secret before it is used. */
  readonly mask: (secrets: readonly string[]) => void
}

/** What the registry is asked to allow. */
export type Actions = 'pull' | 'pull,push' | 'pull,delete'

type Known = Extract<Credentials, { kind: 'basic' | 'identity' }>

/**
 * Gets us in: as anybody, and, once the registry asks, as whoever `docker login` or a credential helper made us
 * (https://distribution.github.io/distribution/spec/auth/token/). What a registry gave is shown again until it asks anew.
 */
export class Doorman {
  readonly #options: DoormanOptions
  /** By scope: a token to pull does not push. */
  readonly #shown = new Map<string, string>()
  #credentials: Promise<Known | undefined> | undefined
  /** What to add to "refused". */
  #note: string

  constructor(options: DoormanOptions) {
    this.#options = options
    this.#note = `; docker login ${options.address.host} before this step`
  }

  /** Why we were not let in, as the end of a sentence. */
  get note(): string {
    return this.#note
  }

  /** Sends it, and once more with what the registry asks for. */
  send(request: HttpRequest, actions: Actions): Promise<HttpAnswer> {
    return this.#letIn(request, actions, (asked) => this.#options.http.request(asked))
  }

  /** The same, for a body that comes as it arrives. */
  async stream(request: HttpRequest, actions: Actions): Promise<HttpStream> {
    const opened: HttpStream[] = []
    const last = await this.#letIn(request, actions, async (asked) => {
      const stream = await this.#options.http.stream(asked)
      opened.push(stream)
      return stream
    })
    for (const stream of opened) if (stream !== last) stream.close()
    return last
  }

  async #letIn<T extends Pick<HttpAnswer, 'status' | 'headers'>>(
    request: HttpRequest,
    actions: Actions,
    send: (request: HttpRequest) => Promise<T>,
  ): Promise<T> {
    const { signal } = this.#options
    const attempt = (): Promise<T> => {
      // Who may push may pull, also where there is nothing yet and others are not even told so.
      const authorization =
        this.#shown.get(actions) ?? (actions === 'pull' ? this.#shown.get('pull,push') : undefined)
      const headers = { ...request.headers, ...(authorization === undefined ? {} : { authorization }) }
      return send({ ...request, headers, signal })
    }
    const first = await attempt()
    const challenge = parseChallenge(first.headers['www-authenticate'] ?? '')
    if (first.status !== 401 || challenge === undefined) return first
    const authorization = await this.#answerTo(challenge, actions)
    if (authorization === undefined || authorization === this.#shown.get(actions)) return first
    this.#shown.set(actions, authorization)
    return attempt()
  }

  /** The `Authorization` that a challenge wants; undefined when we have nothing to show. */
  async #answerTo(challenge: Challenge, actions: Actions): Promise<string | undefined> {
    const credentials = await (this.#credentials ??= this.#find())
    const basic =
      credentials?.kind === 'basic'
        ? `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`
        : undefined
    if (challenge.kind === 'basic') return basic
    const realm = URL.parse(challenge.realm)
    // A password must not leave this machine unencrypted because a registry says so.
    if (realm === null || (realm.protocol !== 'https:' && !isLoopback(realm.host))) return undefined
    const scope =
      actions === 'pull' && challenge.scope !== undefined
        ? challenge.scope
        : `repository:${this.#options.address.name}:${actions}`
    const token =
      credentials?.kind === 'identity'
        ? await this.#exchange(realm, challenge.service, scope, credentials.token)
        : await this.#token(realm, challenge.service, scope, basic)
    return token === undefined ? undefined : `Bearer ${token}`
  }

  async #token(
    realm: URL,
    service: string | undefined,
    scope: string,
    basic: string | undefined,
  ): Promise<string | undefined> {
    const url = new URL(realm)
    if (service !== undefined) url.searchParams.set('service', service)
    url.searchParams.set('scope', scope)
    const headers: Record<string, string> = basic === undefined ? {} : { authorization: basic }
    return this.#tokenIn({ method: 'GET', url, headers })
  }

  /** https://distribution.github.io/distribution/spec/auth/oauth/ */
  #exchange(
    realm: URL,
    service: string | undefined,
    scope: string,
    refresh: string,
  ): Promise<string | undefined> {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'release-actions',
      refresh_token: refresh,
      scope,
      ...(service === undefined ? {} : { service }),
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return this.#tokenIn({ method: 'POST', url: realm, headers, body: form.toString(), retry: 'always' })
  }

  async #tokenIn(request: HttpRequest): Promise<string | undefined> {
    const { http, signal, mask } = this.#options
    const answer = await http.request({ ...request, signal, timeout: 10_000, policy: { attempts: 3 } })
    if (answer.status !== 200) return undefined
    const said = parseJson(answer.body)
    const token = textField(said, 'token') ?? textField(said, 'access_token')
    if (token !== undefined) mask([token])
    return token
  }

  async #find(): Promise<Known | undefined> {
    const { address, env, clock, signal, fallback, mask } = this.#options
    const configured = await readDockerConfig(address.host, env)
    const helped = configured?.kind === 'helper' ? await askHelper(configured, env, clock, signal) : undefined
    if (configured?.kind === 'helper' && helped?.kind === 'none')
      this.#note = `; its credentials are kept by docker-credential-${configured.helper}: ${helped.why}`
    const own = configured?.kind === 'helper' ? undefined : configured
    const found = helped?.kind === 'given' ? helped.credentials : own
    const known = found ?? (fallback?.kind === 'helper' ? undefined : fallback)
    if (known === undefined) return undefined
    mask([known.kind === 'basic' ? known.password : known.token])
    this.#note =
      found === undefined
        ? " to the step's own token"
        : helped?.kind === 'given'
          ? ' to the user that the credential helper gave'
          : ' to the user that docker login left'
    return known
  }
}
