import { Forbidden, messageOf } from '@release-actions/values'
import { type CredentialSource, plain, tokenExpiry } from './credentials.ts'
import type { KubeContext } from './kubeconfig.ts'

/** Auth providers (OIDC and the older cloud ones) by client-node's KubeConfig: some 500 ms to load, so only then. */
export async function fromAuthProvider(context: KubeContext): Promise<CredentialSource> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js')
  const config = new KubeConfig()
  const { clusterName, userName, name } = context
  config.loadFromString(
    JSON.stringify({
      clusters: [{ name: clusterName, cluster: context.cluster }],
      users: [{ name: userName, user: context.user }],
      contexts: [{ name, context: { cluster: clusterName, user: userName } }],
      'current-context': name,
    }),
  )
  return async () => {
    const options: { headers?: unknown } = {}
    try {
      await config.applyToHTTPSOptions(options)
    } catch (error) {
      throw new Forbidden(`the kubeconfig's auth provider gave no credential: ${messageOf(error)}`, {
        object: `user ${userName} of ${context.origin}`,
        cause: error,
      })
    }
    const headers = new Map(Object.entries(options.headers ?? {}))
    const authorization = headers.get('Authorization')
    const given = typeof authorization === 'string' ? authorization : undefined
    const token = given?.replace(/^Bearer /, '')
    return {
      ...plain(context),
      authorization: given,
      expiresAt: token === undefined ? undefined : tokenExpiry(token),
      secrets: token === undefined ? [] : [token],
    }
  }
}
