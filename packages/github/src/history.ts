import {
  decodeRecord,
  serviceOf,
  taskOf,
  type RecordState,
  type ReleaseRecord,
} from '@release-actions/release'
import type { LedgerEntry } from '@release-actions/ports'
import { Conflict, ReleaseError } from '@release-actions/values'
import type { GitHub } from './client.ts'
import { listDeployments, listStatuses, stateOf, type Deployment } from './deployments.ts'
import { garbled } from './errors.ts'

export interface Releases {
  readonly github: GitHub
  readonly environment: string
  readonly service: string
  /** Is told of what could not be read. */
  readonly warn: (text: string) => void
}

/** GraphQL gives payloads and states newest first in one call, but filters only by environment. */
const PAGE = 50
const MOST_PAGES = 6
/** All services together: a quiet one may stand far behind a busy one. */
const MOST_PAGES_OF_ALL = 20
/** The largest page that REST gives. */
const MOST_LISTED = 100
const QUERY = `query($owner: String!, $repo: String!, $environments: [String!], $first: Int!, $after: String) {
  repository(owner: $owner, name: $repo) {
    deployments(environments: $environments, first: $first, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) {
      nodes { databaseId task payload createdAt commitOid statuses(first: 50) { nodes { state createdAt } } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`

/**
 * The releases of one service to one environment, newest first: by GraphQL, and by REST, which filters by `task` but
 * takes a call for the statuses of each, where that fails (old GHES, a fault) or where others fill the pages: of what
 * is older then.
 */
export async function readHistory(releases: Releases, limit: number): Promise<readonly LedgerEntry[]> {
  const { service } = releases
  const wanted: Wanted = {
    of: (name) => (name === service ? releases : undefined),
    enough: (found) => found >= limit,
    refuse: (_, error) => {
      throw error
    },
  }
  return eitherWay(
    async () => {
      const { found, oldest } = await byGraphql(releases, wanted, MOST_PAGES)
      const newest = found.map(({ entry }) => entry).slice(0, limit)
      if (oldest === undefined) return newest
      return [...newest, ...(await byRest(releases, limit - newest.length, wanted, oldest))]
    },
    () => byRest(releases, limit, wanted),
  )
}

/** What is read of an environment besides the service. */
export type Environment = Omit<Releases, 'service'>

/**
 * The releases of every service of one environment that has any, newest first.
 * @param limit of each service
 * @param refuse told of a service whose record cannot be understood, which is then left out; default: throws
 * @throws Conflict when a newer version wrote a record, or none of a service's can be read, and nobody is told
 */
export async function readServices(
  environment: Environment,
  limit: number,
  refuse?: (service: string, error: Conflict) => void,
): Promise<ReadonlyMap<string, readonly LedgerEntry[]>> {
  const refused = new Map<string, Conflict>()
  /** The Deployments of a service that cannot be read. */
  const unread = new Map<string, ReadonlySet<number>>()
  const wanted: Wanted = {
    of: (service) => ({ ...environment, service }),
    enough: () => false,
    refuse: (service, error) => {
      if (refuse === undefined) throw error
      if (!refused.has(service)) refused.set(service, error)
    },
    unread: (service, id) => unread.set(service, new Set([...(unread.get(service) ?? []), id])),
  }
  const found = await eitherWay(
    async () => {
      const { found, oldest } = await byGraphql(environment, wanted, MOST_PAGES_OF_ALL)
      if (oldest !== undefined)
        environment.warn(
          `${environment.environment} has more Deployments than the newest ${MOST_PAGES_OF_ALL * PAGE}: a service that is only in older ones is not seen`,
        )
      return found
    },
    async () => {
      // Without GraphQL: which services there are, then each by its own filter.
      const listed = await listDeployments(environment.github, {
        environment: environment.environment,
        limit: MOST_LISTED,
      })
      const services = new Set(listed.flatMap(({ task }) => serviceOf(task) ?? []))
      const each = await Promise.all(
        [...services].map(async (service) =>
          (await byRest({ ...environment, service }, limit, wanted)).map((entry) => ({ service, entry })),
        ),
      )
      return each.flat()
    },
  )
  const services = new Map<string, readonly LedgerEntry[]>()
  for (const { service, entry } of found) {
    const before = services.get(service) ?? []
    if (before.length < limit) services.set(service, [...before, entry])
  }
  for (const [service, { size }] of refuse === undefined ? [] : unread) {
    if (!services.has(service) && !refused.has(service)) refused.set(service, unreadable(service, size))
  }
  for (const [service, error] of refused) {
    services.delete(service)
    refuse?.(service, error)
  }
  return services
}

function unreadable(service: string, count: number): Conflict {
  return new Conflict(`none of the ${count} Deployments of ${service} is a record that can be read`, {
    object: `service ${service}`,
    fix: [`release ${service} anew, which writes one; what they say is on its Deployments page`],
  })
}

async function eitherWay<T>(graphql: () => Promise<T>, rest: () => Promise<T>): Promise<T> {
  try {
    return await graphql()
  } catch (error) {
    if (!(error instanceof ReleaseError) || error instanceof Conflict) throw error
    return rest()
  }
}

interface Wanted {
  /** How to read a service's entries; undefined: it is not wanted. */
  of(service: string): Releases | undefined
  /** So many have been found: no further page is asked for. */
  enough(found: number): boolean
  /** A newer version wrote a record of that service. @throws where that stops everything */
  refuse(service: string, error: Conflict): void
  /** A Deployment of that service is no record. */
  unread?(service: string, deployment: number): void
}

interface Found {
  readonly service: string
  readonly entry: LedgerEntry
}

/** @returns `oldest`: there is more, and this Deployment is the last that was read; undefined: no more is wanted */
async function byGraphql(
  { github, environment }: Environment,
  wanted: Wanted,
  mostPages: number,
): Promise<{ readonly found: readonly Found[]; readonly oldest: number | undefined }> {
  const found: Found[] = []
  let after: string | undefined
  let oldest = Infinity
  for (let page = 0; page < mostPages && !wanted.enough(found.length); page++) {
    const variables = {
      owner: github.owner,
      repo: github.repo,
      environments: [environment],
      first: PAGE,
      after,
    }
    const { nodes, next } = pageOf(await github.graphql(QUERY, variables, 'deployments: read'))
    for (const { deployment, states } of nodes) {
      oldest = Math.min(oldest, deployment.id)
      const service = serviceOf(deployment.task)
      const releases = service === undefined ? undefined : wanted.of(service)
      const entry = releases === undefined ? undefined : read(deployment, states, releases, wanted)
      if (service !== undefined && entry !== undefined) found.push({ service, entry })
    }
    if (next === undefined) return { found, oldest: undefined }
    after = next
  }
  return { found, oldest: wanted.enough(found.length) ? undefined : oldest }
}

/** @param before only what is older than this Deployment */
async function byRest(
  releases: Releases,
  limit: number,
  wanted: Wanted,
  before = Infinity,
): Promise<readonly LedgerEntry[]> {
  const { github, environment, service } = releases
  const most = before === Infinity ? limit : MOST_LISTED
  const listed = await listDeployments(github, { task: taskOf(service), environment, limit: most })
  const deployments = listed.filter(({ id }) => id < before)
  const entries = await Promise.all(
    deployments.slice(0, limit).map(async (deployment) => {
      const statuses = await listStatuses(github, deployment.id)
      return read(
        deployment,
        statuses.map(({ state }) => state),
        releases,
        wanted,
      )
    }),
  )
  return entries.filter((entry) => entry !== undefined)
}

/** @returns undefined: it is no record, or one that is not understood, which has been told */
function read(
  deployment: Deployment,
  states: readonly RecordState[],
  releases: Releases,
  wanted: Wanted,
): LedgerEntry | undefined {
  try {
    const entry = entryOf(deployment, states, releases)
    if (entry === undefined) wanted.unread?.(releases.service, deployment.id)
    return entry
  } catch (error) {
    if (!(error instanceof Conflict)) throw error
    wanted.refuse(releases.service, error)
    return undefined
  }
}

/** @param states newest first */
function entryOf(
  deployment: Deployment,
  states: readonly RecordState[],
  releases: Releases,
): LedgerEntry | undefined {
  const read = recordOf(deployment, releases)
  if (read === undefined) return undefined
  const { id, sha, createdAt } = deployment
  return { id, sha, createdAt, verified: states.includes('success'), state: states[0] ?? 'pending', ...read }
}

/**
 * The record in a Deployment's payload; undefined, and a warning, when it is none of ours.
 * @throws Conflict when a newer version wrote it: its meaning is not known here
 */
export function recordOf(
  deployment: Deployment,
  { service, warn }: Pick<Releases, 'service' | 'warn'>,
): { readonly record: ReleaseRecord; readonly unknown: Readonly<Record<string, unknown>> } | undefined {
  const decoded = decodeRecord(deployment.payload)
  switch (decoded.kind) {
    case 'record':
      return { record: decoded.record, unknown: decoded.unknown }
    case 'newer':
      throw new Conflict(
        `Deployment ${deployment.id} of ${service} was written by a newer release-actions (schema ${decoded.schema})`,
        {
          object: `Deployment ${deployment.id}`,
          fix: ['use at least that version of release-actions for every action of this service'],
        },
      )
    case 'unreadable':
      warn(
        `Deployment ${deployment.id} of ${service} is not a record of ours and is left out: ${decoded.reason}`,
      )
      return undefined
  }
}

interface Page {
  readonly nodes: readonly { readonly deployment: Deployment; readonly states: readonly RecordState[] }[]
  /** The cursor of the next page. */
  readonly next: string | undefined
}

function pageOf(data: unknown): Page {
  const connection = at(data, 'repository', 'deployments')
  const nodes = at(connection, 'nodes')
  if (!Array.isArray(nodes)) throw garbled('POST /graphql', 'it has no deployments')
  const more = at(connection, 'pageInfo', 'hasNextPage') === true
  const cursor = at(connection, 'pageInfo', 'endCursor')
  return { nodes: nodes.map(nodeOf), next: more && typeof cursor === 'string' ? cursor : undefined }
}

function nodeOf(node: unknown): Page['nodes'][number] {
  const [id, task, sha, created] = ['databaseId', 'task', 'commitOid', 'createdAt'].map((name) =>
    at(node, name),
  )
  if (typeof id !== 'number' || typeof sha !== 'string' || typeof created !== 'string') {
    throw garbled('POST /graphql', 'a deployment has no id')
  }
  const statuses = at(node, 'statuses', 'nodes')
  const states = Array.isArray(statuses)
    ? [...statuses].sort(newestFirst).map((status) => stateOf(String(at(status, 'state'))))
    : []
  const payload = at(node, 'payload')
  return {
    deployment: {
      id,
      task: typeof task === 'string' ? task : '',
      sha,
      payload,
      createdAt: Date.parse(created),
    },
    states,
  }
}

/** Stable: of the same second, the order that GitHub gave (newest first) stays. */
function newestFirst(a: unknown, b: unknown): number {
  // ISO 8601 of one zone: in the order of its characters. `localeCompare` would load collation tables for 10 ms.
  const [first, second] = [String(at(a, 'createdAt')), String(at(b, 'createdAt'))]
  return first === second ? 0 : first < second ? 1 : -1
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((found, name) => (isObject(found) ? found[name] : undefined), value)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
