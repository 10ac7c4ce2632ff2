import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** What `docker login` left for one registry. */
export type Credentials =
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  /** A program of the user's keeps them; it is not run. */
  | { readonly kind: 'helper'; readonly helper: string }

/**
 * The credentials for a registry in docker's `config.json` (`$DOCKER_CONFIG`, else `~/.docker`); undefined when there
 * are none. A file that is missing or broken is none: whether they were needed, the registry says.
 */
export async function readDockerConfig(
  host: string,
  env: NodeJS.ProcessEnv,
): Promise<Credentials | undefined> {
  const config = await readJson(join(env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'config.json'))
  const auths = field(config, 'auths')
  const key = keysOf(auths).find((entry) => hostOf(entry) === host)
  const basic = key === undefined ? undefined : basicOf(field(auths, key))
  if (basic !== undefined) return basic
  const helper = field(field(config, 'credHelpers'), host) ?? field(config, 'credsStore')
  return typeof helper === 'string' && helper !== '' ? { kind: 'helper', helper } : undefined
}

/** Keys are hosts, or addresses of old: `https://index.docker.io/v1/`. */
function hostOf(key: string): string {
  const host = key.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host
}

function basicOf(entry: unknown): Credentials | undefined {
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

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch(() => '')
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function field(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function keysOf(value: unknown): readonly string[] {
  return isObject(value) ? Object.keys(value) : []
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
