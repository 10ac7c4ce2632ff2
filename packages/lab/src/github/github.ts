/** The embedded GitHub as a test holds it: an address to give to an action, and what it remembers afterwards. */
import { createHash, randomBytes } from 'node:crypto'
import { isWrite, type GitHubEvent, type Violation } from './events.ts'
import { Faults, type FaultOrder, type OrderedFault } from './faults.ts'
import { Account, GITHUB_LIMITS, type Limits } from './limits.ts'
import { contract } from './openapi/contract.ts'
import type { Permissions } from './openapi/operations.ts'
import { serve } from './server.ts'
import {
  addRepository,
  newWorld,
  type ArtifactFile,
  type CheckRun,
  type Deployment,
  type Issue,
  type Job,
  type PayloadForm,
  type Repository,
  type WorkflowRun,
  type JsonObject,
} from './world.ts'

export interface GitHubOptions {
  /** `owner/name`; the first is the one that `commit`, `run` and the record speak of. */
  readonly repositories?: readonly string[]
  /** `/api/v3` makes it a GitHub Enterprise Server. */
  readonly prefix?: '' | '/api/v3'
  /** How payloads of deployments come back. */
  readonly payloads?: PayloadForm
  readonly limits?: Partial<Limits>
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/** What a workflow knows of the run that it is: the runner turns it into GITHUB_* variables. */
export interface RunContext {
  readonly apiUrl: string
  readonly graphqlUrl: string
  readonly serverUrl: string
  readonly token: string
  readonly repository: string
  readonly sha: string
  readonly ref: string
  readonly runId: number
  readonly runAttempt: number
  readonly job: string
  readonly workflow: string
  readonly actor: string
  readonly eventName: string
}

export interface RunOrder {
  readonly id?: number
  readonly attempt?: number
  readonly job?: string
  readonly workflow?: string
  readonly sha?: string
  readonly branch?: string
  readonly eventName?: string
  readonly permissions?: Permissions
}

export interface EmbeddedGitHub {
  /** GITHUB_API_URL */
  readonly url: string
  readonly graphqlUrl: string
  readonly serverUrl: string
  /** `owner/name` */
  readonly repository: string
  /** The newest commit of `main`. */
  readonly sha: string
  /** Every request, in the order of arrival. */
  readonly events: readonly GitHubEvent[]
  /** Must be empty at a test's end, unless the test is about them. */
  readonly violations: readonly Violation[]
  /** Requests that changed something. */
  writes(): readonly GitHubEvent[]
  /** What GitHub remembers of the repository, oldest first. */
  readonly deployments: readonly Deployment[]
  readonly checkRuns: readonly CheckRun[]
  /** As @actions/attest would leave it. */
  attest(digest: string, bundle: unknown): void
  /** Files that runs left, oldest first. */
  readonly artifacts: readonly ArtifactFile[]
  /** A run leaves one, as the results service files it. @returns its id */
  leave(artifact: Pick<ArtifactFile, 'name' | 'size' | 'digest' | 'runId'> & Partial<ArtifactFile>): number
  /** Deletes an artifact. */
  forget(artifactId: number): void
  readonly issues: readonly Issue[]
  readonly runs: readonly WorkflowRun[]
  payloads: PayloadForm

  /** A token with these permissions; all of them when left out. */
  token(permissions?: Permissions): string
  /** From now on 401. */
  revoke(token: string): void
  /** Content-generating requests of a token in the last minute and hour. */
  contentRequests(token: string): { readonly minute: number; readonly hour: number }
  /** A commit at the head of a branch (`main`), with text files by path that add to the branch's. @returns its SHA */
  commit(change?: {
    readonly branch?: string
    readonly message?: string
    readonly files?: Readonly<Record<string, string>>
    /** The SHA of a commit that is made elsewhere, such as of a checkout. */
    readonly sha?: string
  }): string
  tag(name: string, sha?: string): void
  /** Makes a branch lack commits of the default branch: what `auto_merge: true` does with it. */
  behind(branch: string, how: 'merges' | 'conflicts'): void
  /** A commit status. */
  status(context: string, state: 'pending' | 'success' | 'failure' | 'error', sha?: string): void
  /** A workflow run with one job in progress, and what that job's steps know of it. */
  run(order?: RunOrder): RunContext
  endJob(runId: number, conclusion: 'success' | 'failure' | 'cancelled'): void
  fault(order: FaultOrder): OrderedFault
  /**
   * Is told of each request `before` it takes effect, and `after` it did and before it is answered; awaited.
   * @returns stops it
   */
  watch(listener: Listener): () => void
  close(): Promise<void>
}

export type Listener = (moment: 'before' | 'after', event: GitHubEvent) => void | Promise<void>

const EVERYTHING: Permissions = {
  actions: 'read',
  attestations: 'write',
  checks: 'write',
  contents: 'read',
  deployments: 'write',
  issues: 'write',
}

/** Serves GitHub's API on a loopback port of its own. */
export async function startGitHub(options: GitHubOptions = {}): Promise<EmbeddedGitHub> {
  const now = options.now ?? Date.now
  const world = newWorld(now, options.payloads ?? 'object')
  const [first, ...others] = (options.repositories ?? ['octo/shop']).map((name) => addRepository(world, name))
  if (first === undefined) throw new Error('startGitHub needs at least one repository')
  for (const repository of [first, ...others]) commit(repository, now, {})
  const limits = { ...GITHUB_LIMITS, ...options.limits }
  const tokens = new Map<string, { readonly permissions: Permissions; readonly account: Account }>()
  const events: GitHubEvent[] = []
  const violations: Violation[] = []
  const faults = new Faults()
  const listeners = new Set<Listener>()
  const server = await serve({
    world,
    tokens,
    events,
    violations,
    faults,
    listeners,
    contract: contract(),
    prefix: options.prefix ?? '',
  })
  const name = `${first.owner}/${first.name}`
  const head = (): string => first.refs.get(`refs/heads/${first.defaultBranch}`) ?? ''
  const addresses = {
    url: server.origin + (options.prefix ?? ''),
    graphqlUrl: `${server.origin}${options.prefix === '/api/v3' ? '/api' : ''}/graphql`,
    serverUrl: server.origin,
  }
  const token = (permissions: Permissions = EVERYTHING): string => {
    const text = `ghs_${randomBytes(18).toString('hex')}`
    tokens.set(text, { permissions, account: new Account(limits, now) })
    return text
  }

  return {
    ...addresses,
    repository: name,
    get sha() {
      return head()
    },
    events,
    violations,
    writes: () => events.filter((event) => isWrite(event) && event.effect),
    deployments: first.deployments,
    checkRuns: first.checkRuns,
    attest: (digest, bundle) => {
      first.attestations.push({ id: world.id('attestation'), digest, bundle: bundle as JsonObject })
    },
    artifacts: first.artifacts,
    leave: (artifact) => {
      const id = world.id('artifact')
      const run = first.runs.findLast((one) => one.id === artifact.runId)
      const of = { sha: run?.sha ?? head(), branch: run?.branch ?? first.defaultBranch }
      first.artifacts.push({ id, ...of, createdAt: now(), expired: false, fork: false, ...artifact })
      return id
    },
    forget: (artifactId) => {
      const at = first.artifacts.findIndex(({ id }) => id === artifactId)
      if (at >= 0) first.artifacts.splice(at, 1)
    },
    issues: first.issues,
    runs: first.runs,
    get payloads() {
      return world.payloads
    },
    set payloads(form) {
      world.payloads = form
    },
    token,
    revoke: (text) => void tokens.delete(text),
    contentRequests: (text) => tokens.get(text)?.account.content() ?? { minute: 0, hour: 0 },
    commit: (change = {}) => commit(first, now, change),
    tag: (tag, sha = head()) => void first.refs.set(`refs/tags/${tag}`, sha),
    behind: (branch, how) => void first.behind.set(branch, how),
    status(context, state, sha = head()) {
      first.statuses.set(sha, new Map(first.statuses.get(sha)).set(context, state))
    },
    run(order = {}) {
      const branch = order.branch ?? first.defaultBranch
      const job: Job = {
        id: world.id('job'),
        name: order.job ?? 'release',
        status: 'in_progress',
        conclusion: null,
        startedAt: now(),
        completedAt: null,
      }
      const run: WorkflowRun = {
        id: order.id ?? world.id('run'),
        attempt: order.attempt ?? 1,
        name: order.workflow ?? 'Release',
        sha: order.sha ?? first.refs.get(`refs/heads/${branch}`) ?? head(),
        branch,
        event: order.eventName ?? 'push',
        createdAt: now(),
        jobs: [job],
      }
      const known = first.runs.find(({ id, attempt }) => id === run.id && attempt === run.attempt)
      if (known === undefined) first.runs.push(run)
      else known.jobs.push(job)
      return {
        apiUrl: addresses.url,
        graphqlUrl: addresses.graphqlUrl,
        serverUrl: addresses.serverUrl,
        token: token(order.permissions),
        repository: name,
        sha: run.sha,
        ref: `refs/heads/${branch}`,
        runId: run.id,
        runAttempt: run.attempt,
        job: job.name,
        workflow: run.name,
        actor: 'octocat',
        eventName: run.event,
      }
    },
    endJob(runId, conclusion) {
      for (const job of first.runs.filter(({ id }) => id === runId).flatMap(({ jobs }) => jobs)) {
        if (job.status !== 'completed')
          Object.assign(job, { status: 'completed', conclusion, completedAt: now() })
      }
    },
    fault: (order) => faults.order(order),
    watch(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: server.close,
  }
}

function commit(
  repository: Repository,
  now: () => number,
  change: {
    readonly branch?: string
    readonly message?: string
    readonly files?: Readonly<Record<string, string>>
    readonly sha?: string
  },
): string {
  const branch = `refs/heads/${change.branch ?? repository.defaultBranch}`
  const base = repository.refs.get(branch) ?? repository.refs.get(`refs/heads/${repository.defaultBranch}`)
  const message = change.message ?? 'Initial commit'
  const made = createHash('sha1').update(
    `${repository.owner}/${repository.name} ${branch} ${base ?? ''} ${repository.commits.size} ${message}`,
  )
  const sha = change.sha ?? made.digest('hex')
  const files = { ...(base === undefined ? {} : repository.commits.get(base)?.files), ...change.files }
  repository.commits.set(sha, { sha, message, at: now(), files })
  repository.refs.set(branch, sha)
  return sha
}
