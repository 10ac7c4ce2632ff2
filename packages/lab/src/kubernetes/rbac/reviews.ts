import { objectAt, stringAt, type JsonObject } from '../json.ts'
import type { Authorizer } from './authorize.ts'
import type { User } from './users.ts'

/** Answers a SelfSubjectAccessReview from the rules that requests are held by. */
export function reviewAccess(authorizer: Authorizer, user: User, review: JsonObject): JsonObject {
  const spec = objectAt(review, 'spec')
  const wanted = objectAt(spec, 'resourceAttributes')
  const text = (key: string): string | undefined => {
    const value = stringAt(wanted, key)
    return value === '' ? undefined : value
  }
  const answer = authorizer.decide(user, {
    verb: text('verb') ?? '',
    group: text('group') ?? '',
    resource: text('resource') ?? '',
    subresource: text('subresource'),
    namespace: text('namespace'),
    name: text('name'),
  })
  const reason = answer.allowed && answer.reason !== '' ? { reason: answer.reason } : {}
  return {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec,
    status: { allowed: answer.allowed, ...reason },
  }
}

/** Answers a SelfSubjectRulesReview: every rule that holds for the user in a namespace. */
export function reviewRules(authorizer: Authorizer, user: User, review: JsonObject): JsonObject {
  const spec = objectAt(review, 'spec')
  const resourceRules = authorizer
    .rules(user, stringAt(spec, 'namespace') ?? 'default')
    .map((rule): JsonObject => ({
      verbs: [...rule.verbs],
      apiGroups: [...rule.apiGroups],
      resources: [...rule.resources],
      ...(rule.resourceNames.length === 0 ? {} : { resourceNames: [...rule.resourceNames] }),
    }))
  return {
    kind: 'SelfSubjectRulesReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: {},
    status: { resourceRules, nonResourceRules: [], incomplete: false },
  }
}
