import { ALL_KINDS, apiVersionOf, type Kind } from '../kinds.ts'
import type { JsonObject } from '../json.ts'

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const SCALED = new Set(['Deployment', 'ReplicaSet', 'StatefulSet'])

export const VERSION: JsonObject = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.4+lab',
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'embedded',
}

/** Kinds that are answered but not stored. */
const REVIEWS = [
  {
    name: 'selfsubjectaccessreviews',
    singularName: 'selfsubjectaccessreview',
    kind: 'SelfSubjectAccessReview',
  },
  { name: 'selfsubjectrulesreviews', singularName: 'selfsubjectrulesreview', kind: 'SelfSubjectRulesReview' },
].map((review): JsonObject => ({ ...review, namespaced: false, verbs: ['create'] }))

const groupVersions = [
  ...new Set([...ALL_KINDS.map((kind) => apiVersionOf(kind)), 'authorization.k8s.io/v1']),
]

/** The document at a discovery path (`/api`, `/apis`, `/apis/G`, `/apis/G/V`, `/openapi/v3…`), or undefined. */
export function discover(path: string): JsonObject | undefined {
  const trimmed = path.replace(/\/+$/, '')
  if (trimmed === '/version') return VERSION
  if (trimmed === '/api') {
    const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }]
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs }
  }
  if (trimmed === '/apis') {
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: groupVersions.filter((gv) => gv.includes('/')).map(group),
    }
  }
  if (trimmed === '/openapi/v3') return openApiIndex()
  if (trimmed.startsWith('/openapi/v3/'))
    return openApi(trimmed.slice('/openapi/v3/'.length).replace(/^apis?\//, ''))
  const groupVersion = trimmed.replace(/^\/apis?\//, '')
  if (groupVersions.includes(groupVersion) && trimmed.startsWith(groupVersion === 'v1' ? '/api/' : '/apis/'))
    return resources(groupVersion)
  const only = groupVersions.find((gv) => `/apis/${gv.split('/')[0] ?? ''}` === trimmed && gv.includes('/'))
  return only === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...group(only) }
}

function group(groupVersion: string): JsonObject {
  const [name = '', version = ''] = groupVersion.split('/')
  return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } }
}

function resources(groupVersion: string): JsonObject {
  const kinds = ALL_KINDS.filter((kind) => apiVersionOf(kind) === groupVersion)
  const stored = kinds.flatMap((kind): JsonObject[] => {
    const subresource = (name: string, more: JsonObject = {}): JsonObject => ({
      name: `${kind.plural}/${name}`,
      singularName: '',
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: ['get', 'patch', 'update'],
      ...more,
    })
    return [
      {
        name: kind.plural,
        singularName: kind.kind.toLowerCase(),
        namespaced: kind.namespaced,
        kind: kind.kind,
        verbs: VERBS,
        ...(kind.shortNames.length === 0 ? {} : { shortNames: [...kind.shortNames] }),
        ...(kind.categories.length === 0 ? {} : { categories: [...kind.categories] }),
      },
      ...(kind.hasStatus ? [subresource('status')] : []),
      ...(SCALED.has(kind.kind)
        ? [subresource('scale', { group: 'autoscaling', version: 'v1', kind: 'Scale' })]
        : []),
      ...(kind.kind === 'Pod'
        ? [subresource('log', { verbs: ['get'] }), proxy(kind), subresource('eviction', EVICTION)]
        : []),
      ...(kind.kind === 'Service' ? [proxy(kind)] : []),
      ...(kind.kind === 'ServiceAccount' ? [subresource('token', TOKEN)] : []),
    ]
  })
  const all = groupVersion === 'authorization.k8s.io/v1' ? REVIEWS : stored
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: all }
}

const EVICTION: JsonObject = { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] }
const TOKEN: JsonObject = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  verbs: ['create'],
}

function proxy(kind: Kind): JsonObject {
  const verbs = ['create', 'delete', 'get', 'patch', 'update']
  return {
    name: `${kind.plural}/proxy`,
    singularName: '',
    namespaced: true,
    kind: `${kind.kind}ProxyOptions`,
    verbs,
  }
}

function openApiIndex(): JsonObject {
  const url = (gv: string): string => (gv.includes('/') ? `apis/${gv}` : `api/${gv}`)
  const paths = groupVersions.map((gv): [string, JsonObject] => [
    url(gv),
    { serverRelativeURL: `/openapi/v3/${url(gv)}?hash=lab` },
  ])
  return { paths: Object.fromEntries(paths) }
}

/** Just enough for kubectl to see that the server validates fields and dry-runs by itself. */
function openApi(groupVersion: string): JsonObject | undefined {
  if (!groupVersions.includes(groupVersion)) return undefined
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name): JsonObject => ({
    name,
    in: 'query',
    schema: { type: 'string' },
  }))
  const paths = ALL_KINDS.filter((kind) => apiVersionOf(kind) === groupVersion).map(
    (kind): [string, JsonObject] => {
      const root = groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`
      const gvk = { group: kind.group, version: kind.version, kind: kind.kind }
      const patch = {
        parameters,
        responses: {},
        'x-kubernetes-action': 'patch',
        'x-kubernetes-group-version-kind': gvk,
      }
      return [`${root}/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.plural}/{name}`, { patch }]
    },
  )
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.4+lab' },
    paths: Object.fromEntries(paths),
    components: { schemas: {} },
  }
}
