/** Control characters but tab and newline, and those that turn the direction of text. */
const CONTROL = /(?![\t\n])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu

/**
 * What GitHub would make a mention or a reference of. It looks for them in the finished page, where what was escaped is
 * itself again, so a space of no width parts them. Inside a word there is none: `shop@sha256:…`.
 */
const LINKING = /((?<![A-Za-z0-9])@(?=[A-Za-z0-9])|#(?=\d)|\bGH-(?=\d))/g
const PARTED = '$1\u200b'

/** Text from outside as Markdown that shows it and does nothing else: no markup, HTML, mention, issue or link. */
export function markdownText(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(CONTROL, '')
    .replace(LINKING, PARTED)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]|~$!]/g, '\\$&')
    .replace(/#/g, '&#35;')
    .replace(/@/g, '&#64;')
    .replace(/:(?=\/\/)/g, '&#58;')
    .replace(/\bwww\./gi, (found) => `${found.slice(0, 3)}&#46;`)
    .replace(/^(\s*)([-+=]|\d+[.)](?=\s))/gm, (_, space: string, mark: string) => `${space}${escaped(mark)}`)
}

function escaped(mark: string): string {
  return mark.length === 1 ? `\\${mark}` : `${mark.slice(0, -1)}\\${mark.slice(-1)}`
}

/** The same as one cell of a table, or one line. */
export function markdownLine(text: string): string {
  return markdownText(text.trim().replace(/\s*[\r\n]\s*/g, ' ↵ '))
}

/** Text in a code span that its own backticks do not end. */
export function markdownCode(text: string): string {
  const line = text.replace(/\s+/g, ' ').replace(CONTROL, '')
  const ticks = '`'.repeat(longestRun(line) + 1)
  const space = line.startsWith('`') || line.endsWith('`') ? ' ' : ''
  return `${ticks}${space}${line}${space}${ticks}`
}

/** Text in a fenced block that its own backticks do not end. */
export function markdownBlock(language: '' | 'sh' | 'json' | 'mermaid', text: string): string {
  const inside = text.replace(/\r\n?/g, '\n').replace(CONTROL, '')
  const fence = '`'.repeat(Math.max(2, longestRun(inside)) + 1)
  return `${fence}${language}\n${inside}\n${fence}`
}

/** What unfolds when its title is clicked: the title is text from outside, the body Markdown already. */
export function markdownFold(title: string, body: string): string {
  // A line of HTML: Markdown's escapes would stand there as they are.
  const line = title.trim().replace(/\s+/g, ' ').replace(CONTROL, '')
  const safe = line.replace(LINKING, PARTED).replace(/[&<>"@#]/g, (mark) => `&#${mark.charCodeAt(0)};`)
  return `<details><summary>${safe}</summary>\n\n${body.trim()}\n\n</details>`
}

/** A table; the cells are Markdown already. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
}
