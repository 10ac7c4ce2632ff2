import { randomUUID } from 'node:crypto'

export interface User {
  /** `admin`, or `system:serviceaccount:NAMESPACE:NAME`. */
  readonly name: string
  readonly groups: readonly string[]
  /** Set for service accounts. */
  readonly serviceAccount: { readonly namespace: string; readonly name: string } | undefined
}

export const ADMIN: User = {
  name: 'admin',
  groups: ['system:masters', 'system:authenticated'],
  serviceAccount: undefined,
}
export const ANONYMOUS: User = {
  name: 'system:anonymous',
  groups: ['system:unauthenticated'],
  serviceAccount: undefined,
}

export function serviceAccountUser(namespace: string, name: string): User {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    serviceAccount: { namespace, name },
  }
}

/** Who holds which bearer token. */
export class Users {
  readonly #tokens = new Map<string, User>()
  readonly adminToken: string = this.issue(ADMIN)

  issue(user: User): string {
    const token = `lab.${randomUUID()}`
    this.#tokens.set(token, user)
    return token
  }

  /** The token is not valid from now on: the next request with it is answered 401. */
  revoke(token: string): void {
    this.#tokens.delete(token)
  }

  /** Undefined for a token that nobody holds; no token at all is anonymous. */
  identify(authorization: string | undefined): User | undefined {
    if (authorization === undefined) return ANONYMOUS
    const token = /^Bearer\s+(.+)$/i.exec(authorization)?.[1]?.trim()
    return token === undefined ? undefined : this.#tokens.get(token)
  }
}
