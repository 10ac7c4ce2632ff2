import { StatusError } from '../api/status-error.ts'
import { listAt, objectAt, stringAt, type Json, type JsonObject } from '../json.ts'
import { KINDS } from '../kinds.ts'
import type { KubeObject, Store } from '../store.ts'
import type { User } from './users.ts'

/** What somebody wants to do. */
export interface Attributes {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource: string | undefined
  readonly namespace: string | undefined
  readonly name: string | undefined
}
export interface Rule {
  readonly verbs: readonly string[]
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames: readonly string[]
}
export type Answer = { readonly allowed: false } | { readonly allowed: true; readonly reason: string }

/** Role-based access control, from the Roles and bindings that the store holds. `system:masters` may all. */
export class Authorizer {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  decide(user: User, wanted: Attributes): Answer {
    if (user.groups.includes('system:masters')) return { allowed: true, reason: '' }
    // What every authenticated user may: ask what they may.
    const isReview = wanted.group === 'authorization.k8s.io' && wanted.resource.startsWith('selfsubject')
    if (isReview && wanted.verb === 'create' && user.groups.includes('system:authenticated'))
      return { allowed: true, reason: '' }
    for (const { rules, why } of this.#grants(user, wanted.namespace)) {
      if (rules.some((rule) => covers(rule, wanted)))
        return { allowed: true, reason: `RBAC: allowed by ${why}` }
    }
    return { allowed: false }
  }

  /** The rules that hold for a user in a namespace. */
  rules(user: User, namespace: string): Rule[] {
    if (user.groups.includes('system:masters'))
      return [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [] }]
    return this.#grants(user, namespace).flatMap(({ rules }) => rules)
  }

  #grants(user: User, namespace: string | undefined): { rules: Rule[]; why: string }[] {
    const cluster = this.#store.list(KINDS.ClusterRoleBinding)
    const local = namespace === undefined ? [] : this.#store.list(KINDS.RoleBinding, namespace)
    return [...cluster, ...local].flatMap((binding) => {
      const subject = listAt(binding, 'subjects').find((one) =>
        isSubject(user, one, binding.metadata.namespace),
      )
      if (subject === undefined) return []
      const { kind, name } = objectAt(binding, 'roleRef')
      const role =
        kind === 'Role'
          ? this.#store.get(KINDS.Role, binding.metadata.namespace, String(name))
          : this.#store.get(KINDS.ClusterRole, undefined, String(name))
      const where = binding.metadata.namespace === undefined ? '' : `/${binding.metadata.namespace}`
      const why = `${binding.kind} "${binding.metadata.name}${where}" of ${String(kind)} "${String(name)}" to ${subjectName(subject)}`
      return [{ rules: rulesOf(role), why }]
    })
  }
}

function isSubject(user: User, subject: Json, bindingNamespace: string | undefined): boolean {
  const [kind, name] = [stringAt(subject, 'kind'), stringAt(subject, 'name') ?? '']
  switch (kind) {
    case 'User':
      return user.name === name
    case 'Group':
      return user.groups.includes(name)
    case 'ServiceAccount': {
      const namespace = stringAt(subject, 'namespace') ?? bindingNamespace
      return user.serviceAccount?.name === name && user.serviceAccount.namespace === namespace
    }
    default:
      return false
  }
}

function subjectName(subject: Json): string {
  const namespace = stringAt(subject, 'namespace')
  return `${stringAt(subject, 'kind') ?? ''} "${stringAt(subject, 'name') ?? ''}${namespace === undefined ? '' : `/${namespace}`}"`
}

function rulesOf(role: KubeObject | undefined): Rule[] {
  const strings = (rule: Json, key: string): string[] =>
    listAt(rule, key).filter((one) => typeof one === 'string')
  return listAt(role, 'rules').map((rule) => ({
    verbs: strings(rule, 'verbs'),
    apiGroups: strings(rule, 'apiGroups'),
    resources: strings(rule, 'resources'),
    resourceNames: strings(rule, 'resourceNames'),
  }))
}

function covers(rule: Rule, wanted: Attributes): boolean {
  const has = (list: readonly string[], one: string): boolean => list.includes('*') || list.includes(one)
  const resource =
    wanted.subresource === undefined ? wanted.resource : `${wanted.resource}/${wanted.subresource}`
  const anySub = wanted.subresource !== undefined && rule.resources.includes(`*/${wanted.subresource}`)
  return (
    has(rule.verbs, wanted.verb) &&
    has(rule.apiGroups, wanted.group) &&
    (has(rule.resources, resource) || anySub) &&
    (rule.resourceNames.length === 0 ||
      (wanted.name !== undefined && rule.resourceNames.includes(wanted.name)))
  )
}

/** 403, as the API server words it. */
export function forbidden(user: User, wanted: Attributes): StatusError {
  const { verb, group, resource, subresource, namespace, name } = wanted
  const title = group === '' ? resource : `${resource}.${group}`
  const what = subresource === undefined ? resource : `${resource}/${subresource}`
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`
  const named = name === undefined ? title : `${title} "${name}"`
  const message = `${named} is forbidden: User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}" ${where}`
  const details: JsonObject = {
    ...(name === undefined ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind: resource,
  }
  return new StatusError(403, 'Forbidden', message, details)
}
