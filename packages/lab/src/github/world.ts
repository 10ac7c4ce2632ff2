/** What GitHub remembers: plain data, one object per noun. Times are milliseconds since 1970. */
import type { JsonSchema } from './openapi/description.ts'

export type JsonObject = JsonSchema

export type DeploymentState =
  'error' | 'failure' | 'inactive' | 'in_progress' | 'queued' | 'pending' | 'success'

export interface DeploymentStatus {
  readonly id: number
  readonly state: DeploymentState
  readonly description: string
  readonly environment: string
  readonly logUrl: string
  readonly environmentUrl: string
  readonly createdAt: number
}

export interface Deployment {
  readonly id: number
  readonly sha: string
  readonly ref: string
  readonly task: string
  readonly environment: string
  readonly description: string | null
  /** As it was sent: an object or a text. */
  readonly payload: JsonObject | string
  readonly transient: boolean
  readonly production: boolean
  readonly createdAt: number
  /** Oldest first. */
  readonly statuses: DeploymentStatus[]
}

export interface Annotation {
  readonly path: string
  readonly start_line: number
  readonly end_line: number
  readonly start_column?: number
  readonly end_column?: number
  readonly annotation_level: 'notice' | 'warning' | 'failure'
  readonly message: string
  readonly title?: string
  readonly raw_details?: string
}

export type Conclusion =
  'action_required' | 'cancelled' | 'failure' | 'neutral' | 'success' | 'skipped' | 'stale' | 'timed_out'

export interface CheckRun {
  readonly id: number
  readonly headSha: string
  name: string
  detailsUrl: string | null
  externalId: string
  status: 'queued' | 'in_progress' | 'completed' | 'waiting' | 'requested' | 'pending'
  conclusion: Conclusion | null
  startedAt: number | null
  completedAt: number | null
  title: string | null
  summary: string | null
  text: string | null
  readonly annotations: Annotation[]
}

export interface Label {
  readonly id: number
  readonly name: string
  readonly color: string
  readonly description: string | null
}

export interface Comment {
  readonly id: number
  readonly body: string
  readonly createdAt: number
}

export interface Issue {
  readonly id: number
  readonly number: number
  title: string
  body: string | null
  state: 'open' | 'closed'
  stateReason: 'completed' | 'not_planned' | 'duplicate' | 'reopened' | null
  labels: Label[]
  readonly assignees: readonly string[]
  readonly comments: Comment[]
  readonly createdAt: number
  updatedAt: number
  closedAt: number | null
}

export interface Job {
  readonly id: number
  readonly name: string
  status: 'queued' | 'in_progress' | 'completed'
  conclusion: 'success' | 'failure' | 'cancelled' | 'skipped' | null
  readonly startedAt: number
  completedAt: number | null
}

export interface WorkflowRun {
  readonly id: number
  readonly attempt: number
  readonly name: string
  readonly sha: string
  readonly branch: string
  readonly event: string
  readonly createdAt: number
  readonly jobs: Job[]
}

export interface Commit {
  readonly sha: string
  readonly message: string
  readonly at: number
  /** Text files by path, no leading slash. */
  readonly files: Readonly<Record<string, string>>
}

export interface Environment {
  readonly id: number
  readonly name: string
  readonly createdAt: number
}

/** A Sigstore bundle, and one of the digests that it is about. */
export interface Attestation {
  readonly id: number
  readonly digest: string
  readonly bundle: JsonObject
}

/** A file that a workflow run left, as the list of artifacts has it. */
export interface ArtifactFile {
  readonly id: number
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Of what was uploaded; null for those of old. */
  readonly digest: string | null
  readonly runId: number
  readonly sha: string
  readonly branch: string
  readonly createdAt: number
  readonly expired: boolean
  /** The run was for a pull request of a fork. */
  readonly fork: boolean
}

export interface Repository {
  readonly id: number
  readonly owner: string
  readonly name: string
  readonly defaultBranch: string
  readonly commits: Map<string, Commit>
  /** Full names: `refs/heads/main`, `refs/tags/v1`. */
  readonly refs: Map<string, string>
  /** Branches that lack commits of the default branch: what `auto_merge` would do about it. */
  readonly behind: Map<string, 'merges' | 'conflicts'>
  /** Commit statuses by SHA and context. */
  readonly statuses: Map<string, Map<string, 'pending' | 'success' | 'failure' | 'error'>>
  /** Oldest first. */
  readonly deployments: Deployment[]
  readonly environments: Environment[]
  readonly checkRuns: CheckRun[]
  /** Oldest first. */
  readonly attestations: Attestation[]
  /** Oldest first. */
  readonly artifacts: ArtifactFile[]
  readonly issues: Issue[]
  readonly labels: Label[]
  /** Newest attempt last. */
  readonly runs: WorkflowRun[]
}

/** How a deployment's payload comes back: GitHub has done all three. */
export type PayloadForm = 'object' | 'text' | 'twice'

export interface World {
  readonly repositories: Map<string, Repository>
  payloads: PayloadForm
  now(): number
  /** The next number of a kind; the kinds start far apart, so that a mixed-up id is found out. */
  id(kind: keyof typeof FIRST_IDS): number
}

const FIRST_IDS = {
  attestation: 9001,
  artifact: 80_001,
  repository: 700_000_001,
  deployment: 1_001,
  status: 50_001,
  environment: 3_001,
  check: 900_001,
  issue: 200_001,
  comment: 300_001,
  label: 400_001,
  run: 7_001,
  job: 600_001,
}

export function newWorld(now: () => number, payloads: PayloadForm): World {
  const last = new Map<string, number>()
  return {
    repositories: new Map(),
    payloads,
    now,
    id(kind) {
      const next = (last.get(kind) ?? FIRST_IDS[kind] - 1) + 1
      last.set(kind, next)
      return next
    },
  }
}

/** @param name `owner/repository` */
export function addRepository(world: World, name: string): Repository {
  const [owner = '', repo = ''] = name.split('/')
  if (owner === '' || repo === '') throw new Error(`${name} is not of the form owner/repository`)
  const repository: Repository = {
    id: world.id('repository'),
    owner,
    name: repo,
    defaultBranch: 'main',
    commits: new Map(),
    refs: new Map(),
    behind: new Map(),
    statuses: new Map(),
    deployments: [],
    environments: [],
    checkRuns: [],
    attestations: [],
    artifacts: [],
    issues: [],
    labels: [],
    runs: [],
  }
  world.repositories.set(name.toLowerCase(), repository)
  return repository
}

/** The commit that a SHA (whole, or its first seven digits and more), branch, tag or full ref names. */
export function resolveRef(repository: Repository, ref: string): Commit | undefined {
  const { commits, refs } = repository
  const named =
    refs.get(ref) ?? refs.get(`refs/${ref}`) ?? refs.get(`refs/heads/${ref}`) ?? refs.get(`refs/tags/${ref}`)
  if (named !== undefined) return commits.get(named)
  const whole = commits.get(ref)
  if (whole !== undefined || !/^[0-9a-f]{7,39}$/.test(ref)) return whole
  return [...commits.values()].find(({ sha }) => sha.startsWith(ref))
}
