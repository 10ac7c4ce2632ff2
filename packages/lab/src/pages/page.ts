/** One page, whole in itself, that shows job summaries and the record as GitHub would. */
import { escapeHtml } from './escape.ts'
import { markdownToHtml } from './markdown.ts'
import { recordHtml, type PageRecord } from './record.ts'
import { STYLE } from './style.ts'

export interface Summary {
  /** The step's name: `canary-step: shop 1.4.0`. */
  readonly title: string
  readonly markdown: string
  /** Beside the title: how it ended, how long it took. */
  readonly note?: string
}

export interface PageOptions {
  readonly title?: string
  /** One sentence under the title. */
  readonly subtitle?: string
  readonly record?: PageRecord
  /** Nothing but the boxes. */
  readonly bare?: boolean
}

/** @returns HTML without scripts, and without anything to fetch */
export function renderSummaries(summaries: readonly Summary[], options: PageOptions = {}): string {
  const { title = 'Summary', subtitle, record, bare = false } = options
  const boxes = summaries.map(
    ({ title: name, note = '', markdown }, i) => `<section class="box" id="summary-${i + 1}">
<div class="bar-title">${escapeHtml(name)}<span class="note">${escapeHtml(note)}</span></div>
<div class="markdown">${markdownToHtml(markdown)}</div></section>`,
  )
  const links = summaries.map(({ title: name }, i) => `<a href="#summary-${i + 1}">${escapeHtml(name)}</a>`)
  const more =
    record === undefined
      ? []
      : [
          '<a href="#deployments">Deployments</a>',
          '<a href="#checks">Checks</a>',
          ...((record.issues ?? []).length === 0 ? [] : ['<a href="#issues">Issues</a>']),
        ]
  const about = subtitle === undefined ? '' : `<p>${escapeHtml(subtitle)}</p>`
  const head = `<header><h1>${escapeHtml(title)}</h1>${about}</header>
<nav>${[...links, ...more].join('\n')}</nav>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${bare ? '' : head}
${boxes.join('\n')}
${record === undefined ? '' : recordHtml(record)}
</main>
</body>
</html>
`
}
