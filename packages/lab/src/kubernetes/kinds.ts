/** A kind of object that the embedded API server stores, as discovery describes it. */
export interface Kind {
  /** Empty for the core group. */
  group: string
  version: string
  kind: string
  plural: string
  namespaced: boolean
  /** Status is a subresource: a write to the object leaves it alone. */
  hasStatus: boolean
  /** `metadata.generation` counts the changes of what users ask for. */
  hasGeneration: boolean
  /** Served as custom resources: server-side apply and unknown fields follow the CRD's schema. */
  custom: boolean
  shortNames: readonly string[]
  /** `all`, as `kubectl get all`. */
  categories: readonly string[]
}

type Trait = 'cluster' | 'status' | 'generation' | 'custom' | 'all'

function kind(
  apiVersion: string,
  name: string,
  plural: string,
  traits: readonly Trait[],
  shortNames: readonly string[] = [],
): Kind {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  return {
    group: group ?? '',
    version: version ?? '',
    kind: name,
    plural,
    namespaced: !traits.includes('cluster'),
    hasStatus: traits.includes('status'),
    hasGeneration: traits.includes('generation'),
    custom: traits.includes('custom'),
    shortNames,
    categories: traits.includes('all') ? ['all'] : [],
  }
}

const GATEWAY = 'gateway.networking.k8s.io/v1'
const RBAC = 'rbac.authorization.k8s.io/v1'

/** Every stored kind, by its name. */
export const KINDS = {
  Namespace: kind('v1', 'Namespace', 'namespaces', ['cluster', 'status'], ['ns']),
  Node: kind('v1', 'Node', 'nodes', ['cluster', 'status'], ['no']),
  Pod: kind('v1', 'Pod', 'pods', ['status', 'generation', 'all'], ['po']),
  Service: kind('v1', 'Service', 'services', ['status', 'all'], ['svc']),
  ConfigMap: kind('v1', 'ConfigMap', 'configmaps', [], ['cm']),
  Secret: kind('v1', 'Secret', 'secrets', []),
  Event: kind('v1', 'Event', 'events', [], ['ev']),
  ServiceAccount: kind('v1', 'ServiceAccount', 'serviceaccounts', [], ['sa']),
  ResourceQuota: kind('v1', 'ResourceQuota', 'resourcequotas', ['status'], ['quota']),
  Deployment: kind('apps/v1', 'Deployment', 'deployments', ['status', 'generation', 'all'], ['deploy']),
  ReplicaSet: kind('apps/v1', 'ReplicaSet', 'replicasets', ['status', 'generation', 'all'], ['rs']),
  StatefulSet: kind('apps/v1', 'StatefulSet', 'statefulsets', ['status', 'generation', 'all'], ['sts']),
  DaemonSet: kind('apps/v1', 'DaemonSet', 'daemonsets', ['status', 'generation', 'all'], ['ds']),
  Job: kind('batch/v1', 'Job', 'jobs', ['status', 'generation', 'all']),
  EndpointSlice: kind('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices', ['generation']),
  HorizontalPodAutoscaler: kind(
    'autoscaling/v2',
    'HorizontalPodAutoscaler',
    'horizontalpodautoscalers',
    ['status', 'all'],
    ['hpa'],
  ),
  PodDisruptionBudget: kind(
    'policy/v1',
    'PodDisruptionBudget',
    'poddisruptionbudgets',
    ['status', 'generation'],
    ['pdb'],
  ),
  NetworkPolicy: kind('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', ['generation'], ['netpol']),
  Ingress: kind('networking.k8s.io/v1', 'Ingress', 'ingresses', ['status', 'generation'], ['ing']),
  GatewayClass: kind(
    GATEWAY,
    'GatewayClass',
    'gatewayclasses',
    ['cluster', 'status', 'generation', 'custom'],
    ['gc'],
  ),
  Gateway: kind(GATEWAY, 'Gateway', 'gateways', ['status', 'generation', 'custom'], ['gtw']),
  HTTPRoute: kind(GATEWAY, 'HTTPRoute', 'httproutes', ['status', 'generation', 'custom']),
  Lease: kind('coordination.k8s.io/v1', 'Lease', 'leases', []),
  Role: kind(RBAC, 'Role', 'roles', []),
  RoleBinding: kind(RBAC, 'RoleBinding', 'rolebindings', []),
  ClusterRole: kind(RBAC, 'ClusterRole', 'clusterroles', ['cluster']),
  ClusterRoleBinding: kind(RBAC, 'ClusterRoleBinding', 'clusterrolebindings', ['cluster']),
  ScaledObject: kind(
    'keda.sh/v1alpha1',
    'ScaledObject',
    'scaledobjects',
    ['status', 'generation', 'custom'],
    ['so'],
  ),
} as const satisfies Record<string, Kind>

export type KindName = keyof typeof KINDS

export const ALL_KINDS: readonly Kind[] = Object.values(KINDS)

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf({ group, version }: Pick<Kind, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`
}

/** `deployments.apps`, `pods`: how the API server names a resource in its messages. */
export function resourceOf({ group, plural }: Pick<Kind, 'group' | 'plural'>): string {
  return group === '' ? plural : `${plural}.${group}`
}
