import { existsSync, readFileSync } from 'node:fs'
import type { TlsIdentity } from '@release-actions/http'
import type { Clock } from '@release-actions/ports'
import { InvalidInput } from '@release-actions/values'
import { type Credential, type CredentialSource, credentialsOf, pem, plain } from './credentials.ts'
import { type KubeContext, isMapping, readContext, textOf } from './kubeconfig.ts'
import { type Env, findKubeconfig, SERVICE_ACCOUNT } from './sources.ts'

/** How to reach one cluster as one user. */
export interface Connection {
  /** Without a slash at its end. */
  readonly server: string
  /** The kubeconfig's name for the cluster. */
  readonly cluster: string
  readonly namespace: string | undefined
  /** For the HTTP client: `none` where the kubeconfig does not say. */
  readonly proxy: string | undefined
  /** The way in for one request. `fresh` after a 401: what was kept may have ended. */
  access(fresh?: boolean): Promise<Access>
  /** When the credential that is used now ends, ms since 1970; undefined: never, or not said. */
  expiresAt(): Promise<number | undefined>
  /** What a log must never show. */
  secrets(): Promise<readonly string[]>
}

export interface Access {
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly tls: TlsIdentity
}

export interface ConnectionOptions {
  /** The input: path(s) or contents. */
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
  readonly env: Env
  readonly clock: Clock
}

/** @throws InvalidInput, NotFound, Forbidden (an exec plugin that fails) */
export async function connect(options: ConnectionOptions): Promise<Connection> {
  const { env, clock } = options
  const source = findKubeconfig(options.kubeconfig, env)
  const context = source.kind === 'files' ? await readContext(source.files, options.context) : inCluster(env)
  const { cluster } = context
  const server = textOf(cluster['server'])
  const url = server === undefined ? null : URL.parse(server)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new InvalidInput(
      'kubeconfig',
      server,
      `a kubeconfig whose cluster ${context.clusterName} has a server's URL`,
    )
  }
  const ca = pem(cluster, 'certificate-authority', context.origin)
  const servername = textOf(cluster['tls-server-name'])
  const trust: TlsIdentity = {
    ...(ca !== undefined && { ca }),
    ...(servername !== undefined && { servername }),
    ...(cluster['insecure-skip-tls-verify'] === true && { insecure: true }),
  }
  const credentials: CredentialSource =
    source.kind === 'files' ? await credentialsOf(context, env, clock) : () => Promise.resolve(plain(context))
  const impersonation = impersonationOf(context)
  return {
    server: url.href.replace(/\/+$/, ''),
    cluster: context.clusterName,
    namespace: context.namespace,
    proxy: textOf(cluster['proxy-url']),
    async access(fresh = false) {
      const { authorization, cert, key } = await credentials(fresh)
      return {
        headers: { ...impersonation, ...(authorization !== undefined && { authorization }) },
        tls: { ...trust, ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) },
      }
    },
    expiresAt: async () => (await credentials(false)).expiresAt,
    secrets: async (): Promise<Credential['secrets']> => [
      ...(await credentials(false)).secrets,
      ...secretsAround(context),
    ],
  }
}

/** What a kubeconfig hides besides its credentials: a proxy's password, and what a plugin is given by such names. */
function secretsAround({ cluster, user }: KubeContext): readonly string[] {
  const proxy = URL.parse(textOf(cluster['proxy-url']) ?? '')
  const exec = user['exec']
  const env = isMapping(exec) && Array.isArray(exec['env']) ? exec['env'].filter(isMapping) : []
  const hidden = env.filter(({ name }) => /token|secret|password|key/i.test(textOf(name) ?? ''))
  const texts = [proxy?.password, ...hidden.map(({ value }) => textOf(value))]
  return texts.filter((text) => text !== undefined).filter((text) => text !== '')
}

function inCluster(env: Env): KubeContext {
  const [host = '', port = '443'] = [env['KUBERNETES_SERVICE_HOST'], env['KUBERNETES_SERVICE_PORT']]
  return {
    name: 'in-cluster',
    namespace: mountedNamespace(),
    clusterName: 'in-cluster',
    userName: 'in-cluster',
    cluster: {
      server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      'certificate-authority': `${SERVICE_ACCOUNT}/ca.crt`,
    },
    user: { tokenFile: `${SERVICE_ACCOUNT}/token` },
    origin: 'the mounted ServiceAccount',
  }
}

function mountedNamespace(): string | undefined {
  const file = `${SERVICE_ACCOUNT}/namespace`
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
}

/** `as`, `as-uid`, `as-groups`, `as-user-extra`: as kubectl sends them. */
function impersonationOf({ user }: KubeContext): Access['headers'] {
  const headers: Record<string, string | readonly string[]> = {}
  const [name, uid, groups] = [textOf(user['as']), textOf(user['as-uid']), user['as-groups']]
  if (name !== undefined) headers['impersonate-user'] = name
  if (uid !== undefined) headers['impersonate-uid'] = uid
  if (Array.isArray(groups)) headers['impersonate-group'] = groups.map(String)
  const extra = isMapping(user['as-user-extra']) ? user['as-user-extra'] : {}
  for (const [key, values] of Object.entries(extra)) {
    if (Array.isArray(values)) headers[`impersonate-extra-${encodeURIComponent(key)}`] = values.map(String)
  }
  return headers
}
