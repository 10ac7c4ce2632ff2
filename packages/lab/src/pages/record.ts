/** The record as GitHub holds it: deployments with their statuses, check runs, issues. */
import type { CheckRun, Deployment, Issue } from '../github/index.ts'
import { escapeHtml } from './escape.ts'
import { markdownToHtml } from './markdown.ts'

export interface PageRecord {
  readonly deployments: readonly Deployment[]
  readonly checkRuns: readonly CheckRun[]
  readonly issues?: readonly Issue[]
}

/** Newest first, as GitHub lists them. */
export function recordHtml({ deployments, checkRuns, issues = [] }: PageRecord): string {
  return [
    box('deployments', 'Deployments (times in UTC)', deployments.toReversed().map(deploymentRow)),
    box('checks', 'Checks', checkRuns.toReversed().map(checkRow)),
    issues.length === 0 ? '' : box('issues', 'Issues', issues.toReversed().map(issueRow)),
  ].join('\n')
}

function box(id: string, title: string, rows: readonly string[]): string {
  const content = rows.length === 0 ? ['<span class="muted">none</span>'] : rows
  const inner = content.map((row) => `<div class="row">${row}</div>`).join('\n')
  return `<section class="box" id="${id}"><div class="bar-title">${title}<span class="note">${rows.length}</span></div>\n${inner}</section>`
}

function deploymentRow(one: Deployment): string {
  const { payload } = one
  const version = typeof payload === 'object' ? payload['version'] : undefined
  const name =
    typeof version === 'string' ? `<strong>${escapeHtml(version)}</strong>` : `<strong>#${one.id}</strong>`
  const statuses = one.statuses.map(
    ({ createdAt, state, description }) =>
      `<li>${time(createdAt)}${badge(state)}${escapeHtml(description)}</li>`,
  )
  const json = escapeHtml(JSON.stringify(payload, null, 2))
  return `<div class="head">${name} to ${escapeHtml(one.environment)} ${badge(one.statuses.at(-1)?.state ?? 'pending')}
<span class="muted">#${one.id} · ${escapeHtml(one.task)} · <code>${escapeHtml(one.sha.slice(0, 7))}</code> · ${time(one.createdAt)}</span></div>
<ol class="statuses">${statuses.join('')}</ol>
<details><summary class="muted">payload</summary><pre><code>${json}</code></pre></details>`
}

function checkRow(one: CheckRun): string {
  const summary = [one.summary, one.text].filter((part) => part !== null).join('\n\n')
  const head = `<span class="head">${badge(one.conclusion ?? one.status)} <strong>${escapeHtml(one.name)}</strong>
<span class="muted">${escapeHtml(one.title ?? '')} · <code>${escapeHtml(one.headSha.slice(0, 7))}</code></span></span>`
  return `<details><summary>${head}</summary><div class="markdown">${markdownToHtml(summary)}</div></details>`
}

function issueRow(one: Issue): string {
  const said = one.comments.map(({ body }) => body)
  const labels = one.labels.map(({ name }) => `<span class="state">${escapeHtml(name)}</span>`).join(' ')
  const head = `<span class="head">${badge(one.state)} <strong>${escapeHtml(one.title)}</strong> <span class="muted">#${one.number}</span> ${labels}</span>`
  return `<details><summary>${head}</summary><div class="markdown">${markdownToHtml([one.body ?? '', ...said].join('\n\n---\n\n'))}</div></details>`
}

const badge = (state: string): string =>
  `<span class="state ${escapeHtml(state)}">${escapeHtml(state.replaceAll('_', ' '))}</span>`

function time(ms: number): string {
  const iso = new Date(ms).toISOString()
  return `<time datetime="${iso}" title="${iso}">${iso.slice(11, 19)}</time>`
}
