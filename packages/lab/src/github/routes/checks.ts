/** Check runs: https://docs.github.com/rest/checks/runs */
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
  unprocessable,
  type Call,
  type Routes,
} from '../answer.ts'
import type { OperationId } from '../openapi/operations.ts'
import { resolveRef, type Annotation, type CheckRun, type Conclusion, type JsonObject } from '../world.ts'
import { app, nodeId } from './people.ts'

export const checks: Routes<Extract<OperationId, `checks/${string}`>> = {
  'checks/create': (call) => {
    const { world, repository, body } = call
    const sha = text(body, 'head_sha') ?? ''
    if (!repository.commits.has(sha)) throw new Refusal(422, `No commit found for SHA: ${sha}`)
    const one: CheckRun = {
      id: world.id('check'),
      headSha: sha,
      name: '',
      detailsUrl: null,
      externalId: '',
      status: 'queued',
      conclusion: null,
      startedAt: null,
      completedAt: null,
      title: null,
      summary: null,
      text: null,
      annotations: [],
    }
    change(call, one, body)
    one.startedAt ??= world.now()
    repository.checkRuns.push(one)
    return { status: 201, body: checkBody(call, one) }
  },
  'checks/get': (call) => ({ status: 200, body: checkBody(call, named(call)) }),
  'checks/update': (call) => {
    const one = named(call)
    change(call, one, call.body)
    return { status: 200, body: checkBody(call, one) }
  },
  'checks/list-annotations': (call) => {
    const one = named(call)
    const { items, headers } = page(call, one.annotations)
    const blob = (path: string): string => repoUrl(call, `/blob/${one.headSha}/${path}`)
    const body = items.map((annotation) => ({
      start_column: null,
      end_column: null,
      title: null,
      raw_details: null,
      ...annotation,
      blob_href: blob(annotation.path),
    }))
    return { status: 200, body, headers }
  },
  'checks/list-for-ref': (call) => {
    const { repository, query } = call
    const commit = resolveRef(repository, call.params['ref'] ?? '')
    if (commit === undefined) throw new Refusal(422, `No commit found for SHA: ${call.params['ref'] ?? ''}`)
    const wanted = (name: 'check_name' | 'status', value: string): boolean =>
      (query.get(name) ?? value) === value
    const found = newestFirst(call, repository.checkRuns)
      .filter(({ headSha }) => headSha === commit.sha)
      .filter((one) => wanted('check_name', one.name) && wanted('status', one.status))
    const newest = found.filter((one, i) => found.findIndex(({ name }) => name === one.name) === i)
    const shown = query.get('filter') === 'all' ? found : newest
    const { items, headers } = page(call, shown)
    return {
      status: 200,
      body: { total_count: shown.length, check_runs: items.map((one) => checkBody(call, one)) },
      headers,
    }
  },
}

const named = (call: Call): CheckRun => byId(call.repository.checkRuns, call.params['check_run_id'])

/** Creates and updates take the same fields. Nothing is changed when a field is refused. */
function change({ world }: Call, one: CheckRun, body: JsonObject): void {
  const conclusion = text(body, 'conclusion') as Conclusion | undefined
  const status = text(body, 'status') as CheckRun['status'] | undefined
  if (conclusion === 'stale') {
    const message = 'only GitHub sets the conclusion stale'
    throw unprocessable({ resource: 'CheckRun', field: 'conclusion', code: 'invalid', message })
  }
  if (status === 'completed' && conclusion === undefined && one.conclusion === null) {
    throw new Refusal(422, 'Invalid request.\n\nA check run whose status is completed needs a conclusion.')
  }
  if (conclusion !== undefined && status !== undefined && status !== 'completed') {
    throw new Refusal(422, 'Invalid request.\n\nA check run with a conclusion has the status completed.')
  }
  one.name = text(body, 'name') ?? one.name
  one.detailsUrl = text(body, 'details_url') ?? one.detailsUrl
  one.externalId = text(body, 'external_id') ?? one.externalId
  one.startedAt = time(body, 'started_at') ?? one.startedAt
  one.status = conclusion === undefined ? (status ?? one.status) : 'completed'
  if (one.status === 'completed') {
    one.conclusion = conclusion ?? one.conclusion
    one.completedAt = time(body, 'completed_at') ?? one.completedAt ?? world.now()
  } else if (status !== undefined) [one.conclusion, one.completedAt] = [null, null]
  const output = object(body, 'output')
  if (output === undefined) return
  one.title = text(output, 'title') ?? one.title
  one.summary = text(output, 'summary') ?? one.summary
  one.text = text(output, 'text') ?? one.text
  one.annotations.push(...((list(output, 'annotations') ?? []) as readonly Annotation[]))
}

function time(body: JsonObject, name: string): number | undefined {
  const value = text(body, name)
  return value === undefined ? undefined : Date.parse(value)
}

function checkBody(call: Call, one: CheckRun): object {
  const url = repoUrl(call, `/check-runs/${one.id}`)
  const html = `${call.api}/${call.repository.owner}/${call.repository.name}/runs/${one.id}`
  return {
    id: one.id,
    name: one.name,
    node_id: nodeId('CheckRun', one.id),
    head_sha: one.headSha,
    external_id: one.externalId,
    url,
    html_url: html,
    details_url: one.detailsUrl ?? html,
    status: one.status,
    conclusion: one.conclusion,
    started_at: one.startedAt === null ? null : iso(one.startedAt),
    completed_at: one.completedAt === null ? null : iso(one.completedAt),
    output: {
      title: one.title,
      summary: one.summary,
      text: one.text,
      annotations_count: one.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: call.repository.id },
    app: app(call),
    pull_requests: [],
  }
}
