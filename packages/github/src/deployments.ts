import type { RecordState } from '@release-actions/release'
import { Conflict } from '@release-actions/values'
import type { GitHub } from './client.ts'
import { cutDescription } from './description.ts'
import { garbled } from './errors.ts'

const WRITE = 'deployments: write'
const READ = 'deployments: read'

/** A Deployment as GitHub lists it; its payload as GitHub happens to encode it. */
export interface Deployment {
  readonly id: number
  readonly sha: string
  readonly task: string
  readonly payload: unknown
  /** ms since 1970 */
  readonly createdAt: number
}

export interface DeploymentStatus {
  readonly state: RecordState
  readonly description: string
}

export interface NewDeployment {
  readonly sha: string
  readonly task: string
  readonly environment: string
  readonly production: boolean
  readonly description: string
  readonly payload: Readonly<Record<string, unknown>>
}

export interface NewStatus {
  readonly state: RecordState
  readonly description: string
  readonly logUrl: string
  readonly environmentUrl: string | undefined
}

/** @throws Conflict when GitHub merged instead of creating (202); as `GitHub.call` */
export async function createDeployment(github: GitHub, wanted: NewDeployment): Promise<number> {
  const route = 'POST /repos/{owner}/{repo}/deployments'
  const response = await github.call(
    route,
    {
      ref: wanted.sha,
      task: wanted.task,
      environment: wanted.environment,
      description: cutDescription(wanted.description),
      payload: { ...wanted.payload },
      auto_merge: false,
      required_contexts: [],
      transient_environment: false,
      production_environment: wanted.production,
    },
    WRITE,
  )
  const { data } = response
  if (response.status === 201 && 'id' in data) return idOf(route, data.id)
  if (Number(response.status) === 202) {
    throw new Conflict('GitHub merged a branch instead of creating the Deployment (202)', {
      object: `environment ${wanted.environment}`,
    })
  }
  throw garbled(route, 'it has no id')
}

/** Newest first. */
export async function listDeployments(
  github: GitHub,
  filter: { readonly task?: string; readonly environment: string; readonly limit: number },
): Promise<readonly Deployment[]> {
  const route = 'GET /repos/{owner}/{repo}/deployments'
  const { task, environment, limit } = filter
  const { data } = await github.call(
    route,
    { ...(task === undefined ? {} : { task }), environment, per_page: Math.min(limit, 100) },
    READ,
  )
  if (!Array.isArray(data)) throw garbled(route, 'it is not a list')
  return data.map((entry) => deploymentOf(route, entry)).sort((a, b) => b.id - a.id)
}

export async function getDeployment(github: GitHub, id: number): Promise<Deployment> {
  const route = 'GET /repos/{owner}/{repo}/deployments/{deployment_id}'
  const { data } = await github.call(route, { deployment_id: id }, READ)
  return deploymentOf(route, data)
}

/** Newest first. */
export async function listStatuses(github: GitHub, id: number): Promise<readonly DeploymentStatus[]> {
  const route = 'GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses'
  const { data } = await github.call(route, { deployment_id: id, per_page: 100 }, READ)
  if (!Array.isArray(data)) throw garbled(route, 'it is not a list')
  return [...data]
    .sort((a, b) => Number(b.id) - Number(a.id))
    .map((entry) => ({ state: stateOf(entry.state), description: entry.description }))
}

/**
 * Never deactivates anything by itself: `auto_inactive` would hit other services of the environment. Does not send
 * again what may have been lost.
 */
export async function addStatus(github: GitHub, id: number, status: NewStatus): Promise<void> {
  await github.call(
    'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses',
    {
      deployment_id: id,
      state: status.state,
      description: cutDescription(status.description),
      log_url: status.logUrl,
      auto_inactive: false,
      ...(status.environmentUrl === undefined ? {} : { environment_url: status.environmentUrl }),
    },
    WRITE,
  )
}

/** GitHub's word for a state, in either API's spelling. */
export function stateOf(text: string): RecordState {
  const lower = text.toLowerCase()
  switch (lower) {
    case 'queued':
    case 'in_progress':
    case 'success':
    case 'failure':
    case 'error':
    case 'inactive':
      return lower
    default:
      return 'pending'
  }
}

function deploymentOf(
  route: string,
  entry: {
    readonly id: number | bigint
    readonly sha: string
    readonly task: string
    readonly payload: unknown
    readonly created_at: string
  },
): Deployment {
  const { sha, task, payload } = entry
  return { id: idOf(route, entry.id), sha, task, payload, createdAt: Date.parse(entry.created_at) }
}

/** octokit reads ids above 2^53 as bigint; there are none that large in a lifetime. */
export function idOf(route: string, id: unknown): number {
  const value = typeof id === 'bigint' ? Number(id) : id
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw garbled(route, 'it has no id')
  return value
}
