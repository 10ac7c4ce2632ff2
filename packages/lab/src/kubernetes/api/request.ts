import type { User } from '../rbac/users.ts'
import { ALL_KINDS, type Kind } from '../kinds.ts'

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'

/** What a request is about: `/apis/apps/v1/namespaces/shop/deployments/web/scale`. */
export interface Target {
  readonly group: string
  readonly version: string
  /** Plural: `deployments`. */
  readonly resource: string
  /** Undefined for resources that are not stored (reviews) or not known. */
  readonly kind: Kind | undefined
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
  /** What follows the subresource: the path behind `proxy/`. */
  readonly rest: string
}

/** One request as the server understood it. */
export interface ApiRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly verb: Verb
  /** Undefined for paths that are no resource: `/version`, `/apis`. */
  readonly target: Target | undefined
  readonly user: User
  readonly userAgent: string
  readonly contentType: string
  readonly accept: string
  readonly body: Buffer
}

/** The parts of a resource's path; undefined for everything else. */
export function parseTarget(path: string): Target | undefined {
  const [, root, ...parts] = path.split('/').map((part) => decodeURIComponent(part))
  const core = root === 'api'
  if (!core && root !== 'apis') return undefined
  const [group, version, ...rest] = core ? ['', ...parts] : parts
  if (group === undefined || version === undefined || rest[0] === undefined || rest[0] === '')
    return undefined
  const own = rest[0] === 'namespaces' && (rest.length <= 2 || rest[2] === 'status' || rest[2] === 'finalize')
  const namespaced = rest[0] === 'namespaces' && !own
  const [resource, name, subresource, ...more] = namespaced ? rest.slice(2) : rest
  if (resource === undefined) return undefined
  const kind = ALL_KINDS.find(
    (one) => one.group === group && one.version === version && one.plural === resource,
  )
  const namespace = namespaced ? rest[1] : own ? rest[1] : undefined
  return {
    group,
    version,
    resource,
    kind,
    namespace,
    name: name === '' ? undefined : name,
    subresource,
    rest: more.join('/'),
  }
}

export function verbOf(method: string, target: Target | undefined, query: URLSearchParams): Verb {
  const named = target?.name !== undefined
  switch (method) {
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return named || target === undefined ? 'delete' : 'deletecollection'
    default:
      if (named || target === undefined) return 'get'
      return isTrue(query.get('watch')) ? 'watch' : 'list'
  }
}

export function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1'
}

/** Whether a request changes what is stored: not a dry run, not a review, not something passed on to a pod. */
export function isWrite(request: Pick<ApiRequest, 'verb' | 'target' | 'query'>): boolean {
  const { verb, target, query } = request
  if (verb === 'get' || verb === 'list' || verb === 'watch' || query.has('dryRun')) return false
  return target?.kind !== undefined && target.subresource !== 'proxy' && target.subresource !== 'token'
}
