import { ReleaseError } from '@release-actions/values'
import type { GitHub } from './client.ts'

export interface ThisJob {
  readonly run: { readonly id: number; readonly attempt: number }
  /** RUNNER_NAME: a runner works on one job at a time. */
  readonly runnerName: string
  /** GITHUB_JOB: the key in the workflow file, which is the job's name unless it has another. */
  readonly job: string
  /** The page of the run: what is used when the job cannot be found. */
  readonly runUrl: string
}

/**
 * The page of this job. The runner does not tell it, and the API that does takes `actions: read` on a private
 * repository: without it, or when no job fits, the run's page.
 */
export async function findJobUrl(github: GitHub, { run, runnerName, job, runUrl }: ThisJob): Promise<string> {
  try {
    const { data } = await github.call(
      'GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs',
      { run_id: run.id, attempt_number: run.attempt, per_page: 100 },
      'actions: read',
    )
    const jobs: typeof data.jobs = Array.isArray(data.jobs) ? data.jobs : []
    const running = jobs.filter(({ status }) => status === 'in_progress')
    const byRunner = running.filter((entry) => runnerName !== '' && entry.runner_name === runnerName)
    const byName = running.filter((entry) => entry.name === job)
    const [found, another] = byRunner.length > 0 ? byRunner : byName
    return another === undefined ? (found?.html_url ?? runUrl) : runUrl
  } catch (error) {
    if (error instanceof ReleaseError) return runUrl
    throw error
  }
}
