/** GitHub-flavoured Markdown as GitHub shows it: tables, alerts, Mermaid; HTML only as far as GitHub lets it through. */
import { Marked, type Tokens } from 'marked'
import { escapeHtml } from './escape.ts'
import { drawMermaid } from './mermaid.ts'

/** Tags that come through, without their attributes (`<details open>` keeps its one). */
const TAGS = new Set(
  'b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i ins kbd li ol p pre q s samp span strong sub summary sup table tbody td tfoot th thead tr tt ul var'.split(
    ' ',
  ),
)

const marked = new Marked({
  gfm: true,
  async: false,
  renderer: {
    html: ({ text }: Tokens.HTML | Tokens.Tag) => sanitized(text),
    code({ text, lang }: Tokens.Code) {
      const drawn = lang === 'mermaid' ? drawMermaid(text) : undefined
      if (drawn !== undefined) return `<figure>${drawn}</figure>\n`
      return `<pre><code>${escapeHtml(text)}</code></pre>\n`
    },
    link({ href, tokens }: Tokens.Link) {
      const inner = this.parser.parseInline(tokens)
      return /^(?:https?:|mailto:|#)/i.test(href) ? `<a href="${escapeHtml(href)}">${inner}</a>` : inner
    },
    // The page fetches nothing.
    image: ({ href, text }: Tokens.Image) =>
      `<span class="image" title="${escapeHtml(href)}">${escapeHtml(text)}</span>`,
    blockquote({ tokens }: Tokens.Blockquote) {
      const inner = this.parser.parse(tokens)
      const [marker, kind] =
        /^\s*<p>\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*(?:<br>)?\s*/.exec(inner) ?? []
      if (marker === undefined || kind === undefined) return `<blockquote>${inner}</blockquote>\n`
      const title = `${kind[0] ?? ''}${kind.slice(1).toLowerCase()}`
      return `<div class="alert ${kind.toLowerCase()}"><p class="alert-title">${title}</p><p>${inner.slice(marker.length)}</div>\n`
    },
  },
})

export function markdownToHtml(markdown: string): string {
  return marked.parse(markdown, { async: false }).replaceAll('<p></p>', '')
}

function sanitized(html: string): string {
  return html.replace(/<!--[\s\S]*?-->/g, '').replace(/<[^>]*>?|[^<]+/g, (part) => {
    if (!part.startsWith('<')) return part
    const [, slash = '', name = '', rest = ''] = /^<(\/?)([a-zA-Z0-9]+)([^>]*)>$/.exec(part) ?? []
    const tag = name.toLowerCase()
    if (!TAGS.has(tag)) return escapeHtml(part)
    return `<${slash}${tag}${tag === 'details' && /^\s+open\b/.test(rest) ? ' open' : ''}>`
  })
}
