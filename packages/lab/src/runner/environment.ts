/** The variables that a hosted runner gives to a step. Nothing of the calling process's own gets in but PATH. */
import { basename } from 'node:path'
import type { RunContext } from '../github/index.ts'

export interface Folders {
  readonly workspace: string
  readonly temp: string
  readonly toolCache: string
  readonly home: string
  readonly eventPath: string
}

/** Values of `${{ github.… }}`, by the names that workflows use. */
export function githubContext(
  run: RunContext,
  { workspace, eventPath }: Folders,
): Readonly<Record<string, string>> {
  return {
    token: run.token,
    api_url: run.apiUrl,
    graphql_url: run.graphqlUrl,
    server_url: run.serverUrl,
    repository: run.repository,
    repository_owner: run.repository.split('/')[0] ?? '',
    sha: run.sha,
    ref: run.ref,
    ref_name: run.ref.replace(/^refs\/(?:heads|tags)\//, ''),
    ref_type: run.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    head_ref: '',
    base_ref: '',
    run_id: String(run.runId),
    run_number: String(run.runId),
    run_attempt: String(run.runAttempt),
    retention_days: '90',
    job: run.job,
    workflow: run.workflow,
    workflow_ref: `${run.repository}/.github/workflows/release.yml@${run.ref}`,
    workflow_sha: run.sha,
    actor: run.actor,
    triggering_actor: run.actor,
    event_name: run.eventName,
    event_path: eventPath,
    workspace,
  }
}

export function runnerEnvironment(run: RunContext, folders: Folders): Readonly<Record<string, string>> {
  // The token reaches a step through its inputs alone.
  const named = Object.entries(githubContext(run, folders))
    .filter(([name]) => name !== 'token')
    .map(([name, value]) => [`GITHUB_${name.toUpperCase()}`, value])
  return {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: folders.home,
    LANG: 'C.UTF-8',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__self',
    GITHUB_ACTION_REPOSITORY: '',
    GITHUB_ACTION_REF: '',
    ...Object.fromEntries(named),
    RUNNER_OS: 'Linux',
    RUNNER_ARCH: process.arch === 'arm64' ? 'ARM64' : 'X64',
    RUNNER_NAME: 'GitHub Actions 1',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_TEMP: folders.temp,
    RUNNER_TOOL_CACHE: folders.toolCache,
    RUNNER_WORKSPACE: folders.workspace.slice(0, -basename(folders.workspace).length - 1),
  }
}

/** `INPUT_STABLE-SERVICE`: upper case, spaces to underscores, dashes kept. */
export const inputVariable = (name: string): string => `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`
