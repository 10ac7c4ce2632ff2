import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { field, keysOf, parseJson } from './json.ts'

/** What `docker login` left for one registry. */
export type Credentials =
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  /** An OAuth2 refresh token, to be exchanged: Azure's `az acr login`. */
  | { readonly kind: 'identity'; readonly token: string }
  /** A program of the user's keeps them: see credential-helper.ts. */
  | { readonly kind: 'helper'; readonly helper: string; readonly server: string }

/**
 * The credentials for a registry in docker's `config.json` (`$DOCKER_CONFIG`, else `~/.docker`); undefined when there
 * are none. A file that is missing or broken is none: whether they were needed, the registry says.
 */
export async function readDockerConfig(
  host: string,
  env: NodeJS.ProcessEnv,
): Promise<Credentials | undefined> {
  const path = join(env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'config.json')
  const config = parseJson(await readFile(path, 'utf8').catch(() => ''))
  const auths = field(config, 'auths')
  const key = keysOf(auths).find((entry) => hostOf(entry) === host)
  const found = key === undefined ? undefined : credentialsOf(field(auths, key))
  if (found !== undefined) return found
  const server = host === 'docker.io' ? 'https://index.docker.io/v1/' : host
  const helper = field(field(config, 'credHelpers'), host) ?? field(config, 'credsStore')
  return typeof helper === 'string' && helper !== '' ? { kind: 'helper', helper, server } : undefined
}

/** Keys are hosts, or addresses of old: `https://index.docker.io/v1/`. */
function hostOf(key: string): string {
  const host = key.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host
}

function credentialsOf(entry: unknown): Credentials | undefined {
  const token = field(entry, 'identitytoken')
  if (typeof token === 'string' && token !== '') return { kind: 'identity', token }
  const auth = field(entry, 'auth')
  const pair = typeof auth === 'string' ? Buffer.from(auth, 'base64').toString('utf8') : ''
  const colon = pair.indexOf(':')
  if (colon > 0)
    return { kind: 'basic', user: pair.slice(0, colon), password: pair.slice(colon + 1).replace(/\0+$/, '') }
  const [user, password] = [field(entry, 'username'), field(entry, 'password')]
  return typeof user === 'string' && typeof password === 'string'
    ? { kind: 'basic', user, password }
    : undefined
}
