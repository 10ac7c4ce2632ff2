import type { Clock, IncidentRef, IncidentReport, Incidents } from '@release-actions/ports'
import type { RunId } from '@release-actions/release'
import { Forbidden, messageOf } from '@release-actions/values'
import type { GitHub } from './client.ts'
import { idOf } from './deployments.ts'
import { cutText } from './description.ts'
import { garbled, isLost } from './errors.ts'

export interface IncidentsOptions {
  readonly github: GitHub
  readonly clock: Clock
  readonly environment: string
  readonly service: string
  readonly run: RunId
  /** Is told, once, that the token may not. */
  readonly warn: (text: string) => void
}

const NEEDS = 'issues: write'
/** Who finds an incident filters by this one; whoever may set labels is trusted with more than opening issues is. */
const LABEL = 'release-actions:incident'
/** GitHub refuses more in a title and in a body. */
const MOST_TITLE = 256
const MOST_BODY = 65_536
const CUT = '\n\n… cut: the whole is in the job summary.'
/** GitHub gives no more at once. */
const PAGE = 100
/** So many that a person has long looked at what goes on. */
const MOST_PAGES = 20
const OLDEST_FIRST = { sort: 'created', direction: 'asc' } as const
/** GitHub's lists lag a moment behind: whether another process opened one too is looked at after this. */
const SETTLE_MS = 1000

interface Issue {
  readonly number: number
  readonly url: string
  readonly title: string
  readonly body: string
}

/** Incidents as issues: found by label and by a hidden mark in the body, which names environment and service. */
export function createIncidents(options: IncidentsOptions): Incidents {
  const { github, clock, warn } = options
  const mark = markOf('incident', options.environment, options.service)
  /** One run says one thing once, whatever the attempt: that it failed, and that it worked after all, are two things. */
  const markOfSaying = (what: string): string => markOf('run', String(options.run.id), what)
  const labels = [
    LABEL,
    'incident',
    labelOf('service', options.service),
    labelOf('environment', options.environment),
  ]
  let forbidden = false

  async function unlessForbidden<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (forbidden) return undefined
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Forbidden)) throw error
      forbidden = true
      // Who may not even read them lacks more than one permission: the one that does for both is named.
      warn(`no incident is written: ${error.message}; add to the job: permissions: {${NEEDS}}`)
      return undefined
    }
  }

  /** The oldest first: of several that are open, it is the one. */
  async function listed(state: 'open' | 'closed'): Promise<readonly Issue[]> {
    const route = 'GET /repos/{owner}/{repo}/issues'
    // Of what is open all pages, the oldest first: what is opened meanwhile comes last. Of what is closed, the newest.
    const [most, order] = state === 'open' ? [MOST_PAGES, OLDEST_FIRST] : [1, {}]
    const found = await pagesOf(most, async (page) => {
      const { data } = await github.call(
        route,
        { state, labels: LABEL, ...order, per_page: PAGE, page },
        NEEDS,
      )
      if (!Array.isArray(data)) throw garbled(route, 'it is not a list')
      return data.map((each) => issueOf(route, each))
    })
    return found.filter(({ body }) => body.includes(mark)).sort((a, b) => a.number - b.number)
  }

  async function create({ title, body }: IncidentReport): Promise<Issue> {
    const route = 'POST /repos/{owner}/{repo}/issues'
    const { data } = await github.call(
      route,
      { title: cutText(title, MOST_TITLE, '…'), body: whole(body, mark, markOfSaying(title)), labels },
      NEEDS,
    )
    return issueOf(route, data)
  }

  async function comment(issue: number, text: string, said: string): Promise<void> {
    const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments'
    await github.call(route, { issue_number: issue, body: whole(text, said) }, NEEDS)
  }

  /** What this run opened when it was cancelled, say, and what has become true of it since. */
  async function retitle(issue: Issue, title: string): Promise<void> {
    const now = cutText(title, MOST_TITLE, '…')
    const ofThisRun = issue.body.includes(startOfMark('run', String(options.run.id)))
    if (!ofThisRun || issue.title === now) return
    const route = 'PATCH /repos/{owner}/{repo}/issues/{issue_number}'
    await github.call(route, { issue_number: issue.number, title: now }, NEEDS)
  }

  async function close(issue: number, reason: 'completed' | 'not_planned'): Promise<void> {
    const route = 'PATCH /repos/{owner}/{repo}/issues/{issue_number}'
    await github.call(route, { issue_number: issue, state: 'closed', state_reason: reason }, NEEDS)
  }

  /** This run has said it already: in an earlier attempt, or with an answer that was lost. */
  async function isSaid(issue: Issue, said: string): Promise<boolean> {
    if (issue.body.includes(said)) return true
    const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments'
    const bodies = await pagesOf(MOST_PAGES, async (page) => {
      const { data } = await github.call(route, { issue_number: issue.number, per_page: PAGE, page }, NEEDS)
      if (!Array.isArray(data)) throw garbled(route, 'it is not a list')
      return data.map(({ body }) => body ?? '')
    })
    return bodies.some((body) => body.includes(said))
  }

  async function add(issue: Issue, what: string, text: string): Promise<IncidentRef> {
    const said = markOfSaying(what)
    if (!(await isSaid(issue, said))) await comment(issue.number, text, said)
    return { number: issue.number, url: issue.url, opened: false }
  }

  /** Opened by an earlier attempt with the same words, and closed since. */
  async function toldBefore({ title }: IncidentReport): Promise<Issue | undefined> {
    if (options.run.attempt < 2) return undefined
    const said = markOfSaying(title)
    return (await listed('closed')).find(({ body }) => body.includes(said))
  }

  async function openOne(report: IncidentReport): Promise<IncidentRef> {
    let made: Issue
    try {
      made = await create(report)
    } catch (error) {
      // The answer was lost: it may be there all the same.
      if (!isLost(error)) throw error
      await clock.sleep(SETTLE_MS)
      const [there] = await listed('open')
      made = there ?? (await create(report))
    }
    await clock.sleep(SETTLE_MS)
    const [first = made] = await listed('open')
    if (first.number >= made.number) return { number: made.number, url: made.url, opened: true }
    // Another process was quicker: of two the older one stays, and has all that was said.
    const ref = await add(first, report.title, report.body)
    const text = `Continued in #${first.number}.`
    await comment(made.number, text, markOfSaying(text))
    await close(made.number, 'not_planned')
    return ref
  }

  return {
    report: (report) =>
      unlessForbidden(async () => {
        const [there] = await listed('open')
        if (there !== undefined) {
          const ref = await add(there, report.title, report.body)
          await retitle(there, report.title)
          return ref
        }
        const told = await toldBefore(report)
        if (told === undefined) return openOne(report)
        return { number: told.number, url: told.url, opened: false }
      }),

    resolve: (text) =>
      unlessForbidden(async () => {
        const [issue] = await listed('open')
        if (issue === undefined) return undefined
        try {
          await add(issue, 'resolved', text)
        } finally {
          await close(issue.number, 'completed')
        }
        return { number: issue.number, url: issue.url, opened: false }
      }),
  }
}

/** Page after page, until one is not full. */
async function pagesOf<T>(
  most: number,
  read: (page: number) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const all: T[] = []
  for (let page = 1; page <= most; page++) {
    const items = await read(page)
    all.push(...items)
    if (items.length < PAGE) break
  }
  return all
}

/** A mark that shows nowhere; what it names cannot end the comment that it is in. */
function markOf(kind: 'incident' | 'run', ...names: readonly string[]): string {
  return `${startOfMark(kind, ...names)}-->`
}

/** What all marks begin with that name these first. */
function startOfMark(kind: 'incident' | 'run', ...names: readonly string[]): string {
  const named = names.map((name) => `${encodeURIComponent(name).replaceAll('-', '%2D')} `)
  return `<!-- release-actions ${kind} ${named.join('')}`
}

/** At most 50 characters, without the comma that separates labels in a query. */
function labelOf(key: string, value: string): string {
  return cutText(`${key}: ${value.replaceAll(',', ' ')}`, 50, '…')
}

function whole(text: string, ...marks: readonly string[]): string {
  const hidden = `\n\n${marks.join('\n')}`
  return `${cutText(text, MOST_BODY - hidden.length, CUT)}${hidden}`
}

function issueOf(
  route: string,
  entry: {
    readonly number?: unknown
    readonly html_url?: unknown
    readonly title?: unknown
    readonly body?: unknown
  },
): Issue {
  const { html_url: url, title, body } = entry
  if (typeof url !== 'string') throw garbled(route, messageOf('an issue has no address'))
  const [named, text] = [title, body].map((part) => (typeof part === 'string' ? part : ''))
  return { number: idOf(route, entry.number), url, title: named ?? '', body: text ?? '' }
}
