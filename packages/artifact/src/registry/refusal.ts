import { retryAfter, type HttpAnswer } from '@release-actions/http'
import {
  Conflict,
  Forbidden,
  NotFound,
  RateLimited,
  ReleaseError,
  Unreachable,
} from '@release-actions/values'
import { listField, parseJson, textField } from '../json.ts'

/** What the answer is about, for a person. */
export interface Asked {
  /** `push to ghcr.io/org/shop` */
  readonly doing: string
  readonly repository: string
  readonly host: string
  /** From the doorman: why we were not let in. */
  readonly note: string
  readonly push: boolean
}

/**
 * The error for an answer that is not what was asked for: what the registry said, and what to do about it.
 * The codes are those of https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
 */
export function refusal(answer: HttpAnswer, asked: Asked): ReleaseError {
  const { doing, repository, host, note, push } = asked
  const { status } = answer
  const said = errorsIn(answer.body)
  const why = said.map(({ code, message }) => (message === '' ? code : `${code}: ${message}`))
  const object = `repository ${repository}`
  const codes = new Set(said.map(({ code }) => code))
  if (status === 401 || status === 403) {
    return new Forbidden(`${host} refused to ${doing} (${status})${note}`, {
      object,
      why,
      fix: [signIn(host, push)],
    })
  }
  if (status === 429 || codes.has('TOOMANYREQUESTS')) {
    return new RateLimited(
      `${host} answered ${status} to a ${doing}: too many requests`,
      retryAfter(answer.headers, 0),
      { object, why, fix: ['run the job again later; docker login raises the limit at many registries'] },
    )
  }
  if (codes.has('NAME_INVALID'))
    return new ReleaseError('invalid-input', `${host} takes no repository of the name ${repository}`, {
      object,
      why,
      fix: ['correct the input image: lower case, and as many parts as this registry allows'],
    })
  if (status === 404 && push) {
    return new NotFound(`${host} has no repository ${repository} to push to (404)`, {
      object,
      why,
      fix: [
        'create the repository there first (ECR and others do not create it by themselves), or correct the input image',
      ],
    })
  }
  if (codes.has('TAG_INVALID') || status === 409 || status === 412) {
    return new Conflict(`${host} refused to ${doing} (${status}): the tag exists and may not change there`, {
      object,
      why,
    })
  }
  if (status === 507 || /no space left|quota|disk/i.test(why.join(' '))) {
    return new Unreachable(`${host} could not ${doing}: it has no room (${status})`, {
      object,
      why,
      fix: ['make room in the registry, or raise its quota, and run the job again'],
    })
  }
  if (status === 413) {
    return new ReleaseError('forbidden', `${host} refused to ${doing}: it is too large (413)`, {
      object,
      why,
      fix: ['make it smaller, or raise the limit of the registry or of the proxy before it'],
    })
  }
  return new Unreachable(`${host} did not ${doing}: it answered ${status}`, {
    object,
    why: why.length > 0 ? why : firstLine(answer.body),
    fix: ['nothing was published; run the job again once the registry is well'],
  })
}

function signIn(host: string, push: boolean): string {
  if (host === 'ghcr.io')
    return push
      ? 'grant the job packages: write, and give the repository access to the package (Package settings → Manage Actions access)'
      : 'grant the job packages: read, or docker login ghcr.io before this step'
  if (/\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/.test(host))
    return 'sign in before this step with aws-actions/amazon-ecr-login, as a role that may push'
  if (/(^|\.)(pkg\.dev|gcr\.io)$/.test(host))
    return 'sign in before this step with google-github-actions/auth and gcloud auth configure-docker'
  if (/\.azurecr\.io$/.test(host))
    return 'sign in before this step with az acr login, as somebody with AcrPush'
  return `docker login ${host} before this step, as a user that may ${push ? 'push to' : 'pull from'} it`
}

function errorsIn(body: string): readonly { readonly code: string; readonly message: string }[] {
  return listField(parseJson(body), 'errors').map((error) => ({
    code: textField(error, 'code') ?? 'UNKNOWN',
    message: textField(error, 'message') ?? '',
  }))
}

function firstLine(body: string): readonly string[] {
  const line = body.trim().split('\n')[0]?.slice(0, 300) ?? ''
  return line === '' ? [] : [line]
}
