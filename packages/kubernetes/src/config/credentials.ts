import { readFileSync } from 'node:fs'
import type { Clock } from '@release-actions/ports'
import { InvalidInput, messageOf } from '@release-actions/values'
import { type KubeContext, type Mapping, isMapping, textOf } from './kubeconfig.ts'
import type { Env } from './sources.ts'

/** What one request needs to be known as its user. */
export interface Credential {
  /** `Authorization`, when it is not by certificate. */
  readonly authorization: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  /** Milliseconds since 1970; undefined: never, or not said. */
  readonly expiresAt: number | undefined
  /** What a log must never show. */
  readonly secrets: readonly string[]
}

/** Gives the credential to use now; asked again after its expiry or a 401. */
export type CredentialSource = (fresh: boolean) => Promise<Credential>

/**
 * The short way for what most kubeconfigs have (certificate, token, token file, basic); exec plugins and auth
 * providers come from modules of their own, loaded only then.
 */
export async function credentialsOf(context: KubeContext, env: Env, clock: Clock): Promise<CredentialSource> {
  const { user } = context
  if (isMapping(user['auth-provider'])) {
    const { fromAuthProvider } = await import('./auth-provider.ts')
    return fromAuthProvider(context)
  }
  if (isMapping(user['exec'])) {
    const { fromExecPlugin } = await import('./exec-plugin.ts')
    return fromExecPlugin(context, user['exec'], env, clock)
  }
  return () => Promise.resolve(plain(context))
}

/** Certificate and authorization that stand in the kubeconfig; a token file is read each time: it is rotated. */
export function plain({ user, origin }: Pick<KubeContext, 'user' | 'origin'>): Credential {
  const cert = pem(user, 'client-certificate', origin)
  const key = pem(user, 'client-key', origin)
  const tokenFile = textOf(user['tokenFile'])
  // As kubectl: a token wins over its file only where the file gives none.
  const token =
    (tokenFile === undefined ? undefined : contents(tokenFile, origin).trim()) ?? textOf(user['token'])
  const [name, password] = [textOf(user['username']), textOf(user['password'])]
  const basic = name === undefined ? undefined : Buffer.from(`${name}:${password ?? ''}`).toString('base64')
  const authorization =
    token !== undefined ? `Bearer ${token}` : basic !== undefined ? `Basic ${basic}` : undefined
  return {
    authorization,
    cert,
    key,
    expiresAt: token === undefined ? undefined : tokenExpiry(token),
    secrets: [token, basic, password, key, textOf(user['client-key-data'])].filter(
      (text) => text !== undefined,
    ),
  }
}

/** `X-data` (base64) or the file `X` of a cluster or user. */
export function pem(body: Mapping, name: string, origin: string): string | undefined {
  const data = textOf(body[`${name}-data`])
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8')
  const file = textOf(body[name])
  return file === undefined ? undefined : contents(file, origin)
}

function contents(file: string, origin: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new InvalidInput('kubeconfig', origin, `a kubeconfig whose files can be read (${file})`, {
      why: [messageOf(error)],
      cause: error,
    })
  }
}

/** `exp` of a JWT (RFC 7519, 4.1.4). @returns ms since 1970; undefined for tokens of other kinds */
export function tokenExpiry(token: string): number | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'))
    const exp = isMapping(claims) ? claims['exp'] : undefined
    return typeof exp === 'number' ? exp * 1000 : undefined
  } catch {
    // Three dots do not make a JWT: an opaque token does not say when it ends.
    return undefined
  }
}
