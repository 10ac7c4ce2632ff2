/**
 * `POST /graphql` for the questions that a deployment's history answers. The schema is the documented part of
 * GitHub's (https://docs.github.com/graphql/reference/objects#deployment; types, arguments and defaults compared with
 * @octokit/graphql-schema 15.26.1); a field outside of it is refused.
 */
import { buildSchema, graphql, GraphQLError, type GraphQLSchema } from 'graphql'
import { iso, type Answer, type Call } from './answer.ts'
import type { Access, Permissions } from './openapi/operations.ts'
import { payloadAs } from './routes/deployments.ts'
import { BOT, nodeId } from './routes/people.ts'
import type { Deployment, DeploymentStatus, JsonObject, Repository, World } from './world.ts'

const SCHEMA = `
  scalar DateTime
  scalar URI
  scalar GitObjectID
  interface Actor { login: String! }
  type Bot implements Actor { login: String! }
  enum DeploymentState {
    ABANDONED ACTIVE DESTROYED ERROR FAILURE INACTIVE IN_PROGRESS PENDING QUEUED SUCCESS WAITING
  }
  enum DeploymentStatusState { ERROR FAILURE INACTIVE IN_PROGRESS PENDING QUEUED SUCCESS WAITING }
  enum DeploymentOrderField { CREATED_AT }
  enum OrderDirection { ASC DESC }
  input DeploymentOrder { field: DeploymentOrderField! direction: OrderDirection! }
  type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  type DeploymentStatus {
    id: ID! state: DeploymentStatusState! description: String environment: String logUrl: URI environmentUrl: URI
    createdAt: DateTime! updatedAt: DateTime! creator: Actor!
  }
  type DeploymentStatusConnection { nodes: [DeploymentStatus] totalCount: Int! pageInfo: PageInfo! }
  type Deployment {
    id: ID! databaseId: Int task: String payload: String state: DeploymentState description: String
    environment: String latestEnvironment: String originalEnvironment: String commitOid: String!
    createdAt: DateTime! updatedAt: DateTime! creator: Actor! latestStatus: DeploymentStatus
    statuses(first: Int, last: Int, after: String, before: String): DeploymentStatusConnection
  }
  type DeploymentConnection { nodes: [Deployment] totalCount: Int! pageInfo: PageInfo! }
  type Repository {
    id: ID! databaseId: Int name: String! nameWithOwner: String!
    deployments(
      environments: [String!], first: Int, last: Int, after: String, before: String
      orderBy: DeploymentOrder = {field: CREATED_AT, direction: ASC}
    ): DeploymentConnection!
  }
  type RateLimit { limit: Int! cost: Int! remaining: Int! used: Int! resetAt: DateTime! }
  type Query { repository(owner: String!, name: String!, followRenames: Boolean = true): Repository rateLimit: RateLimit }
`

let built: GraphQLSchema | undefined

/** How long GitHub waits for a first status before it calls a deployment abandoned (their DeploymentState). */
const ABANDONED_AFTER = 30 * 60_000

interface Paging {
  readonly first?: number
  readonly last?: number
  /** null is what a variable without a value is, and as good as none. */
  readonly after?: string | null
  readonly before?: string | null
}

export interface GraphqlCall extends Pick<Call, 'world' | 'stale' | 'body'> {
  readonly permissions: Permissions
  readonly remaining: number
  readonly limit: number
  readonly resetAt: number
}

/** Errors come with status 200, as GitHub gives them. */
export async function answerGraphql(call: GraphqlCall): Promise<Answer> {
  const { body } = call
  const query = body['query']
  if (typeof query !== 'string') {
    return {
      status: 200,
      body: { errors: [{ message: 'A query attribute must be specified and must be a string.' }] },
    }
  }
  const variables = body['variables']
  built ??= buildSchema(SCHEMA)
  const result = await graphql({
    schema: built,
    source: query,
    rootValue: root(call),
    variableValues: typeof variables === 'object' && variables !== null ? (variables as JsonObject) : null,
    operationName: typeof body['operationName'] === 'string' ? body['operationName'] : null,
    typeResolver: () => 'Bot',
  })
  const errors = result.errors?.map((error) => ({ ...error.toJSON(), type: error.extensions['type'] }))
  return {
    status: 200,
    body: { ...(result.data === undefined ? {} : { data: result.data }), ...(errors ? { errors } : {}) },
  }
}

const refuse = (type: string, message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { type } })

function root(call: GraphqlCall): object {
  return {
    repository({ owner, name }: { readonly owner: string; readonly name: string }) {
      const found = call.world.repositories.get(`${owner}/${name}`.toLowerCase())
      if (found !== undefined) return repository(call, found)
      throw refuse('NOT_FOUND', `Could not resolve to a Repository with the name '${owner}/${name}'.`)
    },
    rateLimit: {
      limit: call.limit,
      cost: 1,
      remaining: call.remaining,
      used: call.limit - call.remaining,
      resetAt: iso(call.resetAt),
    },
  }
}

function repository(call: GraphqlCall, one: Repository): object {
  return {
    id: nodeId('Repository', one.id),
    databaseId: one.id,
    name: one.name,
    nameWithOwner: `${one.owner}/${one.name}`,
    deployments(
      paging: Paging & {
        readonly environments?: readonly string[]
        readonly orderBy?: { readonly direction: 'ASC' | 'DESC' }
      },
    ) {
      const access: Access | undefined = call.permissions.deployments
      if (access === undefined) throw refuse('FORBIDDEN', 'Resource not accessible by integration')
      const { environments } = paging
      const seen = one.deployments
        .slice(0, call.stale === 0 ? undefined : -call.stale)
        .filter(({ environment }) => environments === undefined || environments.includes(environment))
      const ordered = paging.orderBy?.direction === 'DESC' ? seen.toReversed() : seen
      return connection('deployments', ordered, paging, (deployment) =>
        deploymentNode(call.world, deployment),
      )
    },
  }
}

/** A page of a list, by GitHub's rules: `first` or `last` must be given, 100 at most. */
function connection<T extends { readonly id: number }>(
  name: string,
  all: readonly T[],
  { first, last, after, before }: Paging,
  node: (one: T) => object,
): object {
  const size = first ?? last
  if (size === undefined) {
    const message = `You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`
    throw refuse('MISSING_PAGINATION_BOUNDARIES', message)
  }
  if (size < 1 || size > 100) {
    const message = `Requesting ${size} records on the \`${name}\` connection exceeds the \`first\` limit of 100 records.`
    throw refuse('EXCESSIVE_PAGINATION', message)
  }
  const cursor = (one: T): string => Buffer.from(`cursor:${one.id}`).toString('base64')
  const index = (text: string): number => {
    const found = all.findIndex((one) => cursor(one) === text)
    if (found < 0)
      throw refuse('INVALID_CURSOR_ARGUMENTS', `\`${text}\` does not appear to be a valid cursor.`)
    return found
  }
  const from = after === undefined || after === null ? 0 : index(after) + 1
  const to = before === undefined || before === null ? all.length : index(before)
  const start = first === undefined ? Math.max(from, to - size) : from
  const end = first === undefined ? to : Math.min(to, from + size)
  const items = all.slice(start, end)
  const [head, tail] = [items[0], items.at(-1)]
  return {
    nodes: items.map(node),
    totalCount: all.length,
    pageInfo: {
      hasNextPage: end < all.length,
      hasPreviousPage: start > 0,
      startCursor: head === undefined ? null : cursor(head),
      endCursor: tail === undefined ? null : cursor(tail),
    },
  }
}

function deploymentNode(world: World, one: Deployment): object {
  const latest = one.statuses.at(-1)
  // GitHub's GraphQL payload is a text: the JSON of what REST gives.
  const payload = payloadAs(world.payloads, one.payload)
  const environment = latest?.environment ?? one.environment
  return {
    id: nodeId('Deployment', one.id),
    databaseId: one.id,
    task: one.task,
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    state: stateOf(world, one),
    description: one.description,
    environment,
    latestEnvironment: environment,
    originalEnvironment: one.environment,
    commitOid: one.sha,
    createdAt: iso(one.createdAt),
    updatedAt: iso(latest?.createdAt ?? one.createdAt),
    creator: { login: BOT },
    latestStatus: latest === undefined ? null : statusNode(latest),
    statuses: (paging: Paging) => connection('statuses', one.statuses.toReversed(), paging, statusNode),
  }
}

function stateOf(world: World, one: Deployment): string {
  const state = one.statuses.at(-1)?.state
  if (state === undefined) return world.now() - one.createdAt > ABANDONED_AFTER ? 'ABANDONED' : 'PENDING'
  if (state === 'success') return 'ACTIVE'
  return state === 'inactive' && one.transient ? 'DESTROYED' : state.toUpperCase()
}

function statusNode(status: DeploymentStatus): object {
  return {
    id: nodeId('DeploymentStatus', status.id),
    state: status.state.toUpperCase(),
    description: status.description,
    environment: status.environment,
    logUrl: status.logUrl === '' ? null : status.logUrl,
    environmentUrl: status.environmentUrl === '' ? null : status.environmentUrl,
    createdAt: iso(status.createdAt),
    updatedAt: iso(status.createdAt),
    creator: { login: BOT },
  }
}
