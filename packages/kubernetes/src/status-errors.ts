import type { HttpAnswer } from '@release-actions/http'
import { serverError } from '@release-actions/http'
import {
  Conflict,
  Forbidden,
  NotFound,
  ReleaseError,
  Unauthenticated,
  Unreachable,
} from '@release-actions/values'
import type { ResourceType } from './objects.ts'

/** What was asked of the API server; names the object in errors. */
export interface Asked {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete'
  readonly type: ResourceType
  readonly kind: string
  readonly subresource?: string
  readonly namespace: string
  readonly name?: string | undefined
}

/** The `Status` that the API server answers instead of an object. */
export interface Status {
  readonly message?: string
  readonly reason?: string
  readonly code?: number
  readonly details?: { readonly causes?: readonly { readonly field?: string; readonly message?: string }[] }
}

/** The error for an answer that is not 2xx: the object, what the server said, and what to do. */
export function statusError(asked: Asked, answer: HttpAnswer): ReleaseError {
  const status = statusOf(answer.body) ?? {}
  const object = `${asked.kind} ${asked.namespace}/${asked.name ?? ''}`.replace(/\/$/, '')
  const said = status.message ?? `the server answered ${answer.status}`
  switch (answer.status) {
    case 401:
      return new Unauthenticated(`the cluster does not accept the credentials (401): ${said}`, {
        object,
        fix: ['check that the kubeconfig is for this cluster and that its token has not expired'],
      })
    case 403:
      return isRbac(status)
        ? new Forbidden(
            `not allowed to ${asked.verb} ${resourceName(asked)} in namespace ${asked.namespace}`,
            {
              object,
              why: [said],
              fix: ['add to the Role:', roleLine(asked)],
            },
          )
        : new Forbidden(`the server refuses to ${asked.verb} ${object}`, { object, why: [said] })
    case 404:
      return new NotFound(`${object} does not exist`, { object, why: [said] })
    case 409:
    case 410:
      return new Conflict(`${object} has changed since it was read`, { object, why: [said] })
    case 400:
    case 422:
      return isFailedTest(asked, status)
        ? new Conflict(`${object} is not what it was when it was read`, { object, why: [said] })
        : invalid(object, status, said)
    default:
      return (
        serverError(answer, `${asked.verb} ${object}`) ??
        new Unreachable(`${asked.verb} ${object}: the server answered ${answer.status}`, {
          object,
          why: [said],
        })
      )
  }
}

/** Admission webhooks and quotas answer 403 too; those are nothing that a Role could mend. */
function isRbac(status: Status): boolean {
  return / cannot \w+ (resource|path) /.test(status.message ?? '')
}

/** A JSON patch whose `test` failed, or whose path is gone: the server says no more than this. */
function isFailedTest(asked: Asked, status: Status): boolean {
  if (asked.verb !== 'patch') return false
  return (
    /error in our request|testing .* failed|test failed|path .* does not exist|Unable to access invalid index|missing value|doc is missing/i.test(
      status.message ?? '',
    ) && (status.details?.causes ?? []).length === 0
  )
}

function invalid(object: string, status: Status, said: string): ReleaseError {
  const causes = status.details?.causes ?? []
  const why = causes.map((cause) => [cause.field, cause.message].filter(Boolean).join(': '))
  return new ReleaseError('invalid-input', `the cluster does not accept ${object}: ${why[0] ?? said}`, {
    object,
    why: why.length > 0 ? why : [said],
  })
}

/**
 * The object in an answer that is a success.
 * @param what was done, to which object
 * @throws Unreachable when it is no JSON: a page of a proxy's, or half an answer
 */
export function jsonOf<T>({ body }: Pick<HttpAnswer, 'body'>, what: string, object = what): T {
  try {
    return JSON.parse(body) as T
  } catch (cause) {
    throw new Unreachable(`the cluster's answer to ${what} is not JSON`, {
      object,
      why: [body === '' ? 'it is empty' : body.slice(0, 200)],
      cause,
    })
  }
}

export function statusOf(body: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isStatus(value) ? value : undefined
  } catch {
    // A proxy in front of the API server answers with a page of its own.
    return undefined
  }
}

function isStatus(value: unknown): value is Status {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status'
}

/** `deployments.apps`, `pods/log`: as RBAC names it. */
export function resourceName({ type, subresource }: Pick<Asked, 'type' | 'subresource'>): string {
  const group = type.group === '' ? '' : `.${type.group}`
  return `${type.plural}${subresource === undefined ? '' : `/${subresource}`}${group}`
}

/** The rule of a Role that allows it, as YAML. */
export function roleLine({ type, subresource, verb }: Pick<Asked, 'type' | 'subresource' | 'verb'>): string {
  const resource = `${type.plural}${subresource === undefined ? '' : `/${subresource}`}`
  return `- {apiGroups: ["${type.group}"], resources: [${resource}], verbs: [${verb}]}`
}
