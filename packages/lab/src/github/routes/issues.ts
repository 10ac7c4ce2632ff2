/** Issues, their comments and labels: https://docs.github.com/rest/issues */
import {
  iso,
  list,
  newestFirst,
  notFound,
  page,
  repoUrl,
  text,
  unprocessable,
  type Answer,
  type Call,
  type Routes,
} from '../answer.ts'
import type { OperationId } from '../openapi/operations.ts'
import type { Comment, Issue, JsonObject, Label } from '../world.ts'
import { app, bot, nodeId } from './people.ts'

export const issues: Routes<Extract<OperationId, `issues/${string}`>> = {
  'issues/create': (call) => {
    const { world, repository, body } = call
    const now = world.now()
    const one: Issue = {
      id: world.id('issue'),
      number: repository.issues.length + 1,
      title: titleOf(body) ?? '',
      body: text(body, 'body') ?? null,
      state: 'open',
      stateReason: null,
      labels: labelled(call, list(body, 'labels') ?? []),
      assignees: [],
      comments: [],
      createdAt: now,
      updatedAt: now,
      closedAt: null,
    }
    repository.issues.push(one)
    return { status: 201, body: issueBody(call, one) }
  },
  'issues/list-for-repo': listIssues,
  'issues/get': (call) => ({ status: 200, body: issueBody(call, named(call)) }),
  'issues/update': (call) => {
    const { world, body } = call
    const one = named(call)
    const labels = list(body, 'labels')
    const state = text(body, 'state')
    one.title = titleOf(body) ?? one.title
    if (body['body'] !== undefined) one.body = text(body, 'body') ?? null
    if (labels !== undefined) one.labels = labelled(call, labels)
    if (state === 'closed' && one.state === 'open') {
      const reason = text(body, 'state_reason')
      const otherwise = reason === 'not_planned' || reason === 'duplicate' ? reason : 'completed'
      Object.assign(one, { state, stateReason: otherwise, closedAt: world.now() })
    } else if (state === 'open' && one.state === 'closed') {
      Object.assign(one, { state, stateReason: 'reopened', closedAt: null })
    }
    one.updatedAt = world.now()
    return { status: 200, body: issueBody(call, one) }
  },
  'issues/list-comments': (call) => {
    const since = Date.parse(call.query.get('since') ?? '') || 0
    const one = named(call)
    const { items, headers } = page(
      call,
      one.comments.filter(({ createdAt }) => createdAt >= since),
    )
    return { status: 200, body: items.map((comment) => commentBody(call, one, comment)), headers }
  },
  'issues/create-comment': (call) => {
    const { world } = call
    const one = named(call)
    const comment: Comment = {
      id: world.id('comment'),
      body: text(call.body, 'body') ?? '',
      createdAt: world.now(),
    }
    one.comments.push(comment)
    one.updatedAt = world.now()
    return { status: 201, body: commentBody(call, one, comment) }
  },
  'issues/add-labels': (call) => {
    const one = named(call)
    const added = labelled(call, list(call.body, 'labels') ?? [])
    one.labels = [...one.labels, ...added.filter((label) => !one.labels.includes(label))]
    return { status: 200, body: one.labels.map((label) => labelBody(call, label)) }
  },
  'issues/list-labels-for-repo': (call) => {
    const { items, headers } = page(call, call.repository.labels)
    return { status: 200, body: items.map((label) => labelBody(call, label)), headers }
  },
  'issues/create-label': (call) => {
    const { repository, body } = call
    const name = text(body, 'name') ?? ''
    const color = text(body, 'color')
    if (repository.labels.some((label) => same(label.name, name))) {
      throw unprocessable({ resource: 'Label', field: 'name', code: 'already_exists' })
    }
    if (color !== undefined && !/^[0-9a-fA-F]{6}$/.test(color)) {
      throw unprocessable({ resource: 'Label', field: 'color', code: 'invalid' })
    }
    return { status: 201, body: labelBody(call, addLabel(call, name, color, text(body, 'description'))) }
  },
  'issues/get-label': (call) => {
    const found = call.repository.labels.find(({ name }) => same(name, call.params['name'] ?? ''))
    if (found === undefined) throw notFound()
    return { status: 200, body: labelBody(call, found) }
  },
}

/** Labels are one whatever their case. */
const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

function titleOf(body: JsonObject): string | undefined {
  const title = body['title']
  return title === undefined || title === null ? undefined : String(title as string | number)
}

function named(call: Call): Issue {
  const found = call.repository.issues.find(({ number }) => String(number) === call.params['issue_number'])
  if (found === undefined) throw notFound()
  return found
}

function listIssues(call: Call): Answer {
  const { query } = call
  const state = query.get('state') ?? 'open'
  const labels = (query.get('labels') ?? '').split(',').filter((name) => name !== '')
  const since = Date.parse(query.get('since') ?? '') || 0
  const key = query.get('sort') ?? 'created'
  const by = (one: Issue): number =>
    key === 'updated' ? one.updatedAt : key === 'comments' ? one.comments.length : one.number
  const found = newestFirst(call, call.repository.issues)
    .filter((one) => state === 'all' || one.state === state)
    .filter((one) => labels.every((wanted) => one.labels.some(({ name }) => same(name, wanted))))
    .filter((one) => one.updatedAt >= since)
    .toSorted((a, b) => (query.get('direction') === 'asc' ? by(a) - by(b) : by(b) - by(a)))
  const { items, headers } = page(call, found)
  return { status: 200, body: items.map((one) => issueBody(call, one)), headers }
}

/** Labels by name; one that the repository does not have is created, as GitHub does. */
function labelled(call: Call, names: readonly unknown[]): Label[] {
  return names.map((entry) => {
    const name = typeof entry === 'string' ? entry : String((entry as { readonly name?: string }).name)
    return call.repository.labels.find((label) => same(label.name, name)) ?? addLabel(call, name)
  })
}

function addLabel(call: Call, name: string, color = 'ededed', description?: string): Label {
  const label: Label = { id: call.world.id('label'), name, color, description: description ?? null }
  call.repository.labels.push(label)
  return label
}

function labelBody(call: Call, label: Label): object {
  return {
    id: label.id,
    node_id: nodeId('Label', label.id),
    url: repoUrl(call, `/labels/${encodeURIComponent(label.name)}`),
    name: label.name,
    description: label.description,
    color: label.color,
    default: false,
  }
}

const htmlUrl = (call: Call, one: Issue): string =>
  `${call.api}/${call.repository.owner}/${call.repository.name}/issues/${one.number}`

function issueBody(call: Call, one: Issue): object {
  const url = repoUrl(call, `/issues/${one.number}`)
  return {
    url,
    repository_url: repoUrl(call),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: htmlUrl(call, one),
    id: one.id,
    node_id: nodeId('Issue', one.id),
    number: one.number,
    title: one.title,
    user: bot(call),
    labels: one.labels.map((label) => labelBody(call, label)),
    state: one.state,
    state_reason: one.stateReason,
    locked: false,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: one.comments.length,
    created_at: iso(one.createdAt),
    updated_at: iso(one.updatedAt),
    closed_at: one.closedAt === null ? null : iso(one.closedAt),
    author_association: 'NONE',
    active_lock_reason: null,
    body: one.body,
    performed_via_github_app: app(call),
  }
}

function commentBody(call: Call, issue: Issue, comment: Comment): object {
  return {
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    url: repoUrl(call, `/issues/comments/${comment.id}`),
    html_url: `${htmlUrl(call, issue)}#issuecomment-${comment.id}`,
    issue_url: repoUrl(call, `/issues/${issue.number}`),
    user: bot(call),
    created_at: iso(comment.createdAt),
    updated_at: iso(comment.createdAt),
    author_association: 'NONE',
    body: comment.body,
    performed_via_github_app: app(call),
  }
}
