import { serverError } from '@release-actions/http'
import { Forbidden } from '@release-actions/values'
import type { Client } from './client.ts'
import type { AccessReview } from './objects.ts'
import { renderRule, type RoleRule } from './role.ts'
import { jsonOf, statusOf } from './status-errors.ts'

/**
 * Proves that every verb is allowed in the namespace, by a SelfSubjectAccessReview each, side by side.
 * @throws Forbidden that names all that are missing at once, with the lines to add to the Role
 */
export async function proveAccess(client: Client, rules: readonly Omit<RoleRule, 'when'>[]): Promise<void> {
  const asked = rules.flatMap((rule) => rule.verbs.map((verb) => ({ ...rule, verbs: [verb] })))
  const answers = await Promise.all(
    asked.map(async (each) => ({ each, allowed: await isAllowed(client, each) })),
  )
  const missing = answers.filter(({ allowed }) => !allowed).map(({ each }) => each)
  if (missing.length === 0) return
  const lines = rules.flatMap((rule) => {
    const verbs = missing
      .filter((each) => each.group === rule.group && each.resource === rule.resource)
      .flatMap((each) => each.verbs)
    return verbs.length === 0 ? [] : [renderRule({ ...rule, verbs })]
  })
  const named = missing.map(({ verbs, resource }) => `${verbs.join()} ${resource}`).join(', ')
  throw new Forbidden(`not allowed in namespace ${client.namespace}: ${named}`, {
    object: `namespace ${client.namespace}`,
    why: ['nothing has been changed: a release begins only when the way back is allowed too'],
    fix: ['add to the Role:', ...new Set(lines)],
  })
}

async function isAllowed(
  client: Client,
  { group, resource, verbs }: Omit<RoleRule, 'when'>,
): Promise<boolean> {
  const [name = '', subresource] = resource.split('/')
  const [verb = ''] = verbs
  const review: AccessReview = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: {
        namespace: client.namespace,
        verb,
        group,
        resource: name,
        ...(subresource !== undefined && { subresource }),
      },
    },
  }
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  const answer = await client.raw({ method: 'POST', path, body: review })
  const what = `create SelfSubjectAccessReview of ${verb} ${resource}`
  const failure = serverError(answer, what)
  if (failure !== undefined) throw failure
  if (answer.status < 200 || answer.status > 299) {
    const said = statusOf(answer.body)?.message ?? `the server answered ${answer.status}`
    throw new Forbidden(`the cluster does not say what is allowed: ${said}`)
  }
  const { status } = jsonOf<AccessReview>(answer, what)
  return status?.allowed === true
}
