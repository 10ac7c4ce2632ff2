import { readFileSync } from 'node:fs'
import { InvalidInput, messageOf } from '@release-actions/values'
import type { RunId } from '@release-actions/release'

/** The workflow run that this step is part of, as the runner tells it. */
export interface ActionContext {
  readonly owner: string
  readonly repo: string
  /** The commit that triggered the run; of a pull request, the merge commit. */
  readonly sha: string
  /** `refs/heads/main` */
  readonly ref: string
  readonly run: RunId
  /** The key of the job in the workflow file. */
  readonly job: string
  readonly runnerName: string
  readonly workflow: string
  readonly actor: string
  readonly eventName: string
  readonly workspace: string
  /** Without a trailing slash; GHES has its own. */
  readonly apiUrl: string
  readonly graphqlUrl: string
  readonly serverUrl: string
  /** The page of this attempt of the run. */
  readonly runUrl: string
  readonly debug: boolean
  /** The commit that evidence belongs to: a pull request's head, a merge group's own, else `sha`. */
  headSha(): string
  /** The webhook payload; read when it is first asked for. @throws InvalidInput when it is not JSON */
  event(): Readonly<Record<string, unknown>>
}

/** @throws InvalidInput naming a variable that the runner always sets and that is missing or malformed */
export function readContext(env: NodeJS.ProcessEnv): ActionContext {
  const [owner, repo] = ownerAndRepo(env['GITHUB_REPOSITORY'])
  const run = { id: wholeNumber('GITHUB_RUN_ID', env), attempt: wholeNumber('GITHUB_RUN_ATTEMPT', env, '1') }
  const sha = env['GITHUB_SHA'] ?? ''
  const apiUrl = trimSlash(env['GITHUB_API_URL'] ?? 'https://api.github.com')
  const serverUrl = trimSlash(env['GITHUB_SERVER_URL'] ?? 'https://github.com')
  const event = lazily(() => readEvent(env['GITHUB_EVENT_PATH']))
  return {
    owner,
    repo,
    sha,
    ref: env['GITHUB_REF'] ?? '',
    run,
    job: env['GITHUB_JOB'] ?? '',
    runnerName: env['RUNNER_NAME'] ?? '',
    workflow: env['GITHUB_WORKFLOW'] ?? '',
    actor: env['GITHUB_ACTOR'] ?? '',
    eventName: env['GITHUB_EVENT_NAME'] ?? '',
    workspace: env['GITHUB_WORKSPACE'] ?? process.cwd(),
    apiUrl,
    graphqlUrl: env['GITHUB_GRAPHQL_URL'] ?? `${apiUrl.replace(/\/v3$/, '')}/graphql`,
    serverUrl,
    runUrl: `${serverUrl}/${owner}/${repo}/actions/runs/${run.id}/attempts/${run.attempt}`,
    debug: env['RUNNER_DEBUG'] === '1',
    headSha: () => headShaOf(event()) ?? sha,
    event,
  }
}

/** The head of a pull request or of a merge group in a webhook payload. */
function headShaOf(event: Readonly<Record<string, unknown>>): string | undefined {
  const pullRequest = field(field(event, 'pull_request'), 'head')
  const found = field(pullRequest, 'sha') ?? field(field(event, 'merge_group'), 'head_sha')
  return typeof found === 'string' && found !== '' ? found : undefined
}

function readEvent(path: string | undefined): Readonly<Record<string, unknown>> {
  if (path === undefined || path === '') return {}
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return isRecord(parsed) ? parsed : {}
  } catch (cause) {
    throw new InvalidInput(
      'GITHUB_EVENT_PATH',
      path,
      `a file with the webhook payload (${messageOf(cause)})`,
      { cause },
    )
  }
}

function ownerAndRepo(text: string | undefined): readonly [owner: string, repo: string] {
  const [owner, repo, ...rest] = (text ?? '').split('/')
  if (owner === undefined || owner === '' || repo === undefined || repo === '' || rest.length > 0) {
    throw new InvalidInput('GITHUB_REPOSITORY', text, 'owner/name: it is set by the runner')
  }
  return [owner, repo]
}

function wholeNumber(name: string, env: NodeJS.ProcessEnv, unset?: string): number {
  const text = env[name] ?? unset ?? ''
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0
  if (value === 0) throw new InvalidInput(name, text, 'a positive whole number: it is set by the runner')
  return value
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

function field(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function trimSlash(url: string): string {
  return url.replace(/\/+$/, '')
}
