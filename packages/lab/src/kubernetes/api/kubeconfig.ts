import { ADMIN, serviceAccountUser, type Users } from '../rbac/users.ts'
import type { CertificateAuthority } from '../tls/certificates.ts'

export interface ServiceAccountName {
  readonly serviceAccount: string
  readonly namespace: string
}

/** A kubeconfig, as JSON: the admin's (a client certificate over TLS, else a token), or a service account's (a token). */
export function writeKubeconfig(
  server: string,
  authority: CertificateAuthority | undefined,
  users: Users,
  user: ServiceAccountName | undefined,
): string {
  const base64 = (pem: string): string => Buffer.from(pem).toString('base64')
  const cluster = {
    server,
    ...(authority === undefined
      ? { 'insecure-skip-tls-verify': true } // @kubernetes/client-node speaks plain HTTP only when told so.
      : { 'certificate-authority-data': base64(authority.certificate) }),
  }
  const admin = authority?.client(ADMIN.name, 'system:masters')
  const credentials =
    user !== undefined
      ? { token: users.issue(serviceAccountUser(user.namespace, user.serviceAccount)) }
      : admin === undefined
        ? { token: users.adminToken }
        : { 'client-certificate-data': base64(admin.certificate), 'client-key-data': base64(admin.key) }
  const context = {
    cluster: 'lab',
    user: 'lab',
    ...(user === undefined ? {} : { namespace: user.namespace }),
  }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'lab', cluster }],
    users: [{ name: 'lab', user: credentials }],
    contexts: [{ name: 'lab', context }],
    'current-context': 'lab',
  })
}
