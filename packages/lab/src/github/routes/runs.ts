/** Workflow runs and their jobs: https://docs.github.com/rest/actions */
import { iso, newestFirst, notFound, page, repoUrl, type Answer, type Call, type Routes } from '../answer.ts'
import type { OperationId } from '../openapi/operations.ts'
import type { Job, WorkflowRun } from '../world.ts'
import { bot, nodeId } from './people.ts'
import { smallRepository } from './repository.ts'

export const runs: Routes<Extract<OperationId, `actions/${string}-workflow-run${string}`>> = {
  'actions/get-workflow-run': (call) => ({ status: 200, body: runBody(call, attempt(call)) }),
  'actions/list-jobs-for-workflow-run': (call) => {
    const last = attempt(call)
    if (call.query.get('filter') !== 'all') return jobs(call, [last])
    return jobs(
      call,
      newestFirst(call, call.repository.runs).filter(({ id }) => id === last.id),
    )
  },
  'actions/list-jobs-for-workflow-run-attempt': (call) =>
    jobs(call, [attempt(call, call.params['attempt_number'])]),
}

/** The attempt asked for, else the newest. */
function attempt(call: Call, number?: string): WorkflowRun {
  const found = call.repository.runs.findLast(
    (run) =>
      String(run.id) === call.params['run_id'] && (number === undefined || String(run.attempt) === number),
  )
  if (found === undefined) throw notFound()
  return found
}

function jobs(call: Call, attempts: readonly WorkflowRun[]): Answer {
  const all = attempts.flatMap((run) => run.jobs.map((job) => jobBody(call, run, job)))
  const { items, headers } = page(call, all)
  return { status: 200, body: { total_count: all.length, jobs: items }, headers }
}

const html = (call: Call, run: WorkflowRun): string =>
  `${call.api}/${call.repository.owner}/${call.repository.name}/actions/runs/${run.id}`

function jobBody(call: Call, run: WorkflowRun, job: Job): object {
  const url = repoUrl(call, `/actions/jobs/${job.id}`)
  return {
    id: job.id,
    run_id: run.id,
    run_url: repoUrl(call, `/actions/runs/${run.id}`),
    run_attempt: run.attempt,
    node_id: nodeId('Job', job.id),
    head_sha: run.sha,
    head_branch: run.branch,
    url,
    html_url: `${html(call, run)}/job/${job.id}`,
    status: job.status,
    conclusion: job.conclusion,
    created_at: iso(job.startedAt),
    started_at: iso(job.startedAt),
    completed_at: job.completedAt === null ? null : iso(job.completedAt),
    name: job.name,
    steps: [],
    check_run_url: repoUrl(call, `/check-runs/${job.id}`),
    labels: ['ubuntu-latest'],
    runner_id: 1,
    runner_name: 'GitHub Actions 1',
    runner_group_id: 0,
    runner_group_name: 'GitHub Actions',
    workflow_name: run.name,
  }
}

function runBody(call: Call, run: WorkflowRun): object {
  const url = repoUrl(call, `/actions/runs/${run.id}`)
  const ended = run.jobs.every(({ status }) => status === 'completed')
  const failed = run.jobs.find(({ conclusion }) => conclusion === 'failure' || conclusion === 'cancelled')
  const at = iso(run.createdAt)
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId('WorkflowRun', run.id),
    head_branch: run.branch,
    head_sha: run.sha,
    path: '.github/workflows/release.yml',
    display_title: run.name,
    run_number: run.id,
    run_attempt: run.attempt,
    event: run.event,
    status: ended ? 'completed' : 'in_progress',
    conclusion: ended ? (failed?.conclusion ?? 'success') : null,
    workflow_id: 1,
    url,
    html_url: html(call, run),
    pull_requests: [],
    created_at: at,
    updated_at: at,
    run_started_at: at,
    actor: bot(call),
    triggering_actor: bot(call),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: repoUrl(call, `/check-suites/${call.repository.id}`),
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: run.attempt > 1 ? `${url}/attempts/${run.attempt - 1}` : null,
    workflow_url: repoUrl(call, '/actions/workflows/1'),
    head_commit: null,
    repository: smallRepository(call),
    head_repository: smallRepository(call),
  }
}
