import { type Kind, RESOURCES, type ResourceType } from './objects.ts'

/** One rule of the namespaced Role that a release needs, and when it needs it. */
export interface RoleRule {
  readonly group: string
  /** `pods`, `pods/log`. */
  readonly resource: string
  readonly verbs: readonly string[]
  readonly when:
    'always' | 'httproute' | 'autoscaler' | 'bluegreen' | 'budgets' | 'hooks' | 'manifests' | 'gates'
}

/** The whole Role of KUBERNETES.md, as data: preflight checks it, the docs and the cluster tests render it. */
export const ROLE: readonly RoleRule[] = [
  rule('Deployment', ['get', 'list', 'watch', 'create', 'patch', 'delete'], 'always'),
  rule('ReplicaSet', ['get', 'list'], 'always'),
  rule('Service', ['get', 'list'], 'always'),
  rule('Service', ['create', 'patch', 'delete'], 'httproute'),
  rule('Service', ['create', 'patch'], 'bluegreen'),
  rule('Pod', ['get', 'list', 'watch'], 'always'),
  rule('Event', ['get', 'list', 'watch'], 'always'),
  { group: '', resource: 'pods/log', verbs: ['get'], when: 'always' },
  { group: '', resource: 'pods/proxy', verbs: ['get'], when: 'gates' },
  { group: '', resource: 'services/proxy', verbs: ['get'], when: 'gates' },
  rule('EndpointSlice', ['list', 'watch'], 'always'),
  rule('HorizontalPodAutoscaler', ['list'], 'always'),
  rule('HorizontalPodAutoscaler', ['patch'], 'autoscaler'),
  rule('PodDisruptionBudget', ['list'], 'always'),
  rule('PodDisruptionBudget', ['patch'], 'budgets'),
  rule('NetworkPolicy', ['list'], 'always'),
  rule('HTTPRoute', ['get', 'list', 'watch', 'patch'], 'httproute'),
  rule('Lease', ['get', 'create', 'update', 'watch'], 'always'),
  rule('Job', ['get', 'list', 'create', 'delete'], 'hooks'),
  rule('ConfigMap', ['get', 'create'], 'manifests'),
  rule('Secret', ['create'], 'manifests'),
]

function rule(kind: Kind, verbs: readonly string[], when: RoleRule['when']): RoleRule {
  const { group, plural } = RESOURCES[kind]
  return { group, resource: plural, verbs, when }
}

/** The rules for some uses, one for each resource: what a Role lists. */
export function roleRules(uses: readonly RoleRule['when'][]): readonly Omit<RoleRule, 'when'>[] {
  const merged = new Map<string, Omit<RoleRule, 'when'>>()
  for (const { group, resource, verbs, when } of ROLE) {
    if (!uses.includes(when)) continue
    const key = `${group}/${resource}`
    merged.set(key, { group, resource, verbs: [...new Set([...(merged.get(key)?.verbs ?? []), ...verbs])] })
  }
  return [...merged.values()]
}

const EVERYTHING = [
  'always',
  'httproute',
  'autoscaler',
  'bluegreen',
  'budgets',
  'hooks',
  'manifests',
  'gates',
] as const

/** All of it, as the `rules` of a Role object. */
export const ROLE_RULES: readonly {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}[] = roleRules(EVERYTHING).map(({ group, resource, verbs }) => ({
  apiGroups: [group],
  resources: [resource],
  verbs,
}))

/** A rule as a line of a Role's YAML. */
export function renderRule({ group, resource, verbs }: Omit<RoleRule, 'when'>): string {
  return `- {apiGroups: ["${group}"], resources: [${resource}], verbs: [${verbs.join(', ')}]}`
}

/** The Role as YAML. */
export function renderRole(name: string, uses: readonly RoleRule['when'][]): string {
  const rules = roleRules(uses).map((each) => `  ${renderRule(each)}`)
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: Role',
    `metadata: {name: ${name}}`,
    'rules:',
    ...rules,
    '',
  ].join('\n')
}

/** A kind of the user's own manifests, which the Role may have to allow too. */
export function ruleFor(type: ResourceType, verbs: readonly string[]): Omit<RoleRule, 'when'> {
  return { group: type.group, resource: type.plural, verbs }
}
