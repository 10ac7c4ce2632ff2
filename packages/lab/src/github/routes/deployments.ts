/** Deployments and their statuses: https://docs.github.com/rest/deployments */
import {
  byId,
  iso,
  list,
  newestFirst,
  object,
  page,
  Refusal,
  repoUrl,
  text,
  truth,
  unprocessable,
  type Answer,
  type Call,
  type Routes,
} from '../answer.ts'
import type { OperationId } from '../openapi/operations.ts'
import {
  resolveRef,
  type Commit,
  type Deployment,
  type DeploymentState,
  type DeploymentStatus,
  type PayloadForm,
} from '../world.ts'
import { app, bot, nodeId } from './people.ts'

export const deployments: Routes<Extract<OperationId, `repos/${string}deployment${string}`>> = {
  'repos/create-deployment': create,
  'repos/list-deployments': (call) => {
    const wanted = (name: 'sha' | 'ref' | 'task' | 'environment') => (one: Deployment) => {
      const value = call.query.get(name)
      return value === null || value === 'none' || one[name] === value
    }
    const found = newestFirst(call, call.repository.deployments)
      .filter(wanted('sha'))
      .filter(wanted('ref'))
      .filter(wanted('task'))
      .filter(wanted('environment'))
    const { items, headers } = page(call, found)
    return { status: 200, body: items.map((one) => deploymentBody(call, one)), headers }
  },
  'repos/get-deployment': (call) => ({ status: 200, body: deploymentBody(call, named(call)) }),
  'repos/delete-deployment': (call) => {
    const { deployments: all } = call.repository
    const one = named(call)
    const alone = all.filter(({ environment }) => environment === one.environment).length === 1
    if (!alone && one.statuses.at(-1)?.state === 'success') {
      const message =
        'We cannot delete an active deployment unless it is the only deployment in a given environment.'
      throw new Refusal(422, message)
    }
    all.splice(all.indexOf(one), 1)
    return { status: 204 }
  },
  'repos/create-deployment-status': createStatus,
  'repos/list-deployment-statuses': (call) => {
    const one = named(call)
    const { items, headers } = page(call, newestFirst(call, one.statuses))
    return { status: 200, body: items.map((status) => statusBody(call, one, status)), headers }
  },
  'repos/get-deployment-status': (call) => {
    const one = named(call)
    return { status: 200, body: statusBody(call, one, byId(one.statuses, call.params['status_id'])) }
  },
}

const named = (call: Call): Deployment => byId(call.repository.deployments, call.params['deployment_id'])

function create(call: Call): Answer {
  const { repository, world, body } = call
  const ref = text(body, 'ref') ?? ''
  const commit = resolveRef(repository, ref)
  if (commit === undefined) throw new Refusal(422, `No ref found for: ${ref}`)
  if (truth(body, 'auto_merge') ?? true) {
    const merge = repository.behind.get(ref)
    if (merge === 'merges') {
      return {
        status: 202,
        body: { message: `Auto-merged ${repository.defaultBranch} into ${ref} on deployment.` },
      }
    }
    if (merge === 'conflicts') {
      throw new Refusal(409, `Conflict merging ${repository.defaultBranch} into ${ref}.`)
    }
  }
  requireContexts(call, ref, commit, list(body, 'required_contexts'))
  const environment = text(body, 'environment') ?? 'production'
  if (environment === '' || environment.length > 255) {
    throw unprocessable({ resource: 'Deployment', field: 'environment', code: 'invalid' })
  }
  const one: Deployment = {
    id: world.id('deployment'),
    sha: commit.sha,
    ref,
    task: text(body, 'task') ?? 'deploy',
    environment,
    description: text(body, 'description') ?? '',
    payload: object(body, 'payload') ?? text(body, 'payload') ?? '',
    transient: truth(body, 'transient_environment') ?? false,
    production: truth(body, 'production_environment') ?? environment === 'production',
    createdAt: world.now(),
    statuses: [],
  }
  if (!repository.environments.some(({ name }) => name === environment)) {
    repository.environments.push({ id: world.id('environment'), name: environment, createdAt: world.now() })
  }
  repository.deployments.push(one)
  return { status: 201, body: deploymentBody(call, one) }
}

/**
 * Commit statuses and checks that must have succeeded. Left out, all that the commit has; an empty list, none. The
 * job that asks is itself a check that has not ended, which is why a workflow must send an empty list.
 */
function requireContexts(
  call: Call,
  ref: string,
  commit: Commit,
  required: readonly unknown[] | undefined,
): void {
  const { repository } = call
  const states = new Map<string, string>(repository.statuses.get(commit.sha))
  for (const check of repository.checkRuns) {
    const passed =
      check.conclusion === 'success' || check.conclusion === 'neutral' || check.conclusion === 'skipped'
    if (check.headSha === commit.sha)
      states.set(check.name, passed ? 'success' : (check.conclusion ?? 'pending'))
  }
  for (const { jobs } of repository.runs.filter(({ sha }) => sha === commit.sha)) {
    for (const job of jobs) states.set(job.name, job.conclusion ?? 'pending')
  }
  const contexts = (required ?? [...states.keys()]).map((context) => ({
    context: String(context),
    state: states.get(String(context)) ?? 'missing',
  }))
  if (contexts.every(({ state }) => state === 'success')) return
  const errors = [{ contexts, resource: 'Deployment', field: 'required_contexts', code: 'invalid' }]
  throw new Refusal(409, `Conflict: Commit status checks failed for ${ref}.`, { errors })
}

function createStatus(call: Call): Answer {
  const { world, repository, body } = call
  const one = named(call)
  const description = text(body, 'description') ?? ''
  if (description.length > 140) {
    const message = 'description is too long (maximum is 140 characters)'
    throw unprocessable({ resource: 'DeploymentStatus', field: 'description', code: 'custom', message })
  }
  for (const field of ['log_url', 'target_url', 'environment_url']) {
    const url = text(body, field) ?? ''
    if (url === '' || /^https?:\/\//.test(url)) continue
    const message = `${field} must use http(s) scheme`
    throw unprocessable({ resource: 'DeploymentStatus', field, code: 'custom', message })
  }
  const add = (to: Deployment, status: Omit<DeploymentStatus, 'id' | 'createdAt'>): DeploymentStatus => {
    const added = { ...status, id: world.id('status'), createdAt: world.now() }
    to.statuses.push(added)
    return added
  }
  const environment = text(body, 'environment') ?? one.environment
  const state = (text(body, 'state') ?? 'pending') as DeploymentState
  const status = add(one, {
    state,
    description,
    environment,
    logUrl: text(body, 'log_url') ?? text(body, 'target_url') ?? '',
    environmentUrl: text(body, 'environment_url') ?? '',
  })
  if (state === 'success' && (truth(body, 'auto_inactive') ?? true)) {
    for (const prior of repository.deployments) {
      const replaced =
        prior.id < one.id && prior.environment === environment && !prior.transient && !prior.production
      const last = prior.statuses.at(-1)
      if (replaced && last?.state === 'success') add(prior, { ...last, state: 'inactive', description: '' })
    }
  }
  return { status: 201, body: statusBody(call, one, status) }
}

/** GitHub has given payloads back as the object, as its JSON text, and as the JSON of that text. */
export function payloadAs(form: PayloadForm, payload: Deployment['payload']): Deployment['payload'] {
  if (typeof payload === 'string' || form === 'object') return payload
  const once = JSON.stringify(payload)
  return form === 'text' ? once : JSON.stringify(once)
}

function deploymentBody(call: Call, one: Deployment): object {
  const url = repoUrl(call, `/deployments/${one.id}`)
  return {
    url,
    id: one.id,
    node_id: nodeId('Deployment', one.id),
    task: one.task,
    original_environment: one.environment,
    environment: one.statuses.at(-1)?.environment ?? one.environment,
    description: one.description,
    created_at: iso(one.createdAt),
    updated_at: iso(one.statuses.at(-1)?.createdAt ?? one.createdAt),
    statuses_url: `${url}/statuses`,
    repository_url: repoUrl(call),
    creator: bot(call),
    sha: one.sha,
    ref: one.ref,
    payload: payloadAs(call.world.payloads, one.payload),
    transient_environment: one.transient,
    production_environment: one.production,
    performed_via_github_app: app(call),
  }
}

function statusBody(call: Call, one: Deployment, status: DeploymentStatus): object {
  const url = repoUrl(call, `/deployments/${one.id}`)
  return {
    url: `${url}/statuses/${status.id}`,
    id: status.id,
    node_id: nodeId('DeploymentStatus', status.id),
    state: status.state,
    creator: bot(call),
    description: status.description,
    environment: status.environment,
    target_url: status.logUrl,
    created_at: iso(status.createdAt),
    updated_at: iso(status.createdAt),
    deployment_url: url,
    repository_url: repoUrl(call),
    environment_url: status.environmentUrl,
    log_url: status.logUrl,
    performed_via_github_app: app(call),
  }
}
