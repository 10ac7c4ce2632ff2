import { describe, expect, test } from '@jest/globals'
import { startGitHub } from '../../src/github/index.ts'
import { renderSummaries } from '../../src/pages/index.ts'
import { clientOf, deployment } from '../github/ask.ts'

const of = (markdown: string): string => renderSummaries([{ title: 'step', markdown }])

const CHART = `\`\`\`mermaid
xychart-beta
  title "1.4.0: share of the requests, per cent"
  x-axis "minutes" 0 --> 12
  y-axis 0 --> 100
  bar [5, 25, 50, 100]
  line [4.8, 26, 49, 100]
\`\`\``

describe('a page of summaries', () => {
  test('renders tables, alerts, code and details', () => {
    const html = of(
      '| a | b |\n|---|---|\n| 1 | 2 |\n\n> [!WARNING]\n> look\n\n<details open><summary>more</summary>\n\n`x`\n\n</details>',
    )
    for (const part of [
      '<td>1</td>',
      'class="alert warning"',
      '<p>look</p>',
      '<details open><summary>more</summary>',
      '<code>x</code>',
    ]) {
      expect(html).toContain(part)
    }
  })

  test.each([
    ['a script', '<script>alert(1)</script>', '<script'],
    ['a handler', '<div onclick="x()">a</div>', 'onclick="'],
    ['a script behind a link', '[a](javascript:alert(1))', 'javascript:'],
    ['an image from the network', '![a](https://example.com/a.png)', '<img'],
    ['a handler in the title of a tag that is cut short', 'a <b onmouseover="x()" c', '<b on'],
  ])('lets through no %s', (_, markdown, sign) => {
    expect(of(markdown)).not.toContain(sign)
  })

  test('draws charts of bars and lines, and pies', () => {
    const html = of(CHART)
    expect(html.match(/class="bar"/g)).toHaveLength(4)
    expect(html.match(/<polyline/g)).toHaveLength(1)
    expect(html).toContain('>minutes</text>')
    const pie = of('```mermaid\npie showData title Traffic\n  "stable" : 75\n  "canary" : 25\n```')
    expect(pie).toContain('canary: 25 (25 %)')
    expect(of('```mermaid\nxychart-beta\n  bar [1, two]\n```')).toContain('bar [1, two]')
  })

  test('names no font of emoji, whose digits and spaces would stand in the text', () => {
    expect(of('2.0.0 is live')).not.toMatch(/Emoji/)
  })

  test('shows a diagram that it cannot draw as its text', () => {
    expect(of('```mermaid\ngraph TD; A--&gt;B\n```')).toContain('<pre><code>graph TD; A')
  })

  test('shows the record: newest deployment first, its statuses in order, checks with their tables', async () => {
    const github = await startGitHub()
    const client = clientOf(github)
    for (const version of ['1.3.0', '<1.4.0>']) {
      await client.post('/deployments', deployment(github, { payload: { version } }))
    }
    for (const state of ['queued', 'success'])
      await client.post('/deployments/1002/statuses', { state, description: state })
    const output = { title: '5 of 5', summary: '| gate |\n|---|\n| up |' }
    await client.post('/check-runs', {
      name: 'gate / shop',
      head_sha: github.sha,
      conclusion: 'success',
      output,
    })
    await client.post('/issues', { title: 'Taken back', labels: ['incident'] })
    const html = renderSummaries([], { title: 'Demo', record: github })
    await github.close()
    const places = [
      '<a href="#issues">Issues</a>',
      '&lt;1.4.0&gt;',
      'queued</span>queued',
      'success</span>success',
      '1.3.0',
      'gate / shop',
      '<td>up</td>',
      'incident',
    ]
    const found = places.map((place) => html.indexOf(place))
    expect(found).toEqual([...found].sort((a, b) => a - b))
    expect(found).not.toContain(-1)
  })
})
