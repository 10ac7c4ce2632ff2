import { describe, expect, test } from '@jest/globals'
import { marked } from 'marked'
import { MOST_SUMMARY_BYTES, releaseSummary, type ReleaseReport } from '../../src/index.ts'
import { PLANNED, PROMOTED, RETREATED, STUCK } from './samples.ts'

const lines = (report: ReleaseReport): readonly string[] =>
  releaseSummary(report)
    .split('\n')
    .filter((line) => line !== '')

describe('the job summary', () => {
  test('leads with the verdict, the version that users are on, and what to do', () => {
    expect(lines(RETREATED).slice(0, 4)).toEqual([
      '## ❌ shop 1.4.0 was taken back from production',
      'Users are on **1.3.2** (100 % of the requests, measured: 0 of 640 requests in the last 30s reached 1.4.0).',
      '**Nothing needs to be done now.** Fix 1.4.0 and release it again; the next walk begins at 5 %.',
      '**Why:** gate error rate: 4.2 % is above 1 % (3 of 9 samples failed, 0 are allowed)',
    ])
    expect(lines({ ...RETREATED, exposure: undefined, split: [] })[0]).toBe(
      '## ❌ shop 1.4.0 was taken back from production before it had any traffic',
    )
    expect(lines(PROMOTED)[0]).toBe('## ✅ shop 1.4.0 is live in production')
  })

  test('says in its first line which version STILL serves what share when the way back failed, and what to type', () => {
    const [first] = lines(STUCK)
    expect(first).toContain('THE WAY BACK FAILED: shop 1.4.0 STILL serves 25 % of the requests in production')
    expect(first).toContain('`kubectl --namespace shop patch httproute shop --type json')
  })

  test('has what to look at and what to type before the story of it', () => {
    const titles = lines(RETREATED).filter((line) => line.startsWith('### '))
    expect(titles).toEqual(
      ['Gates', "The pods' last words", 'Next', 'Exposure', 'Moves'].map((title) => `### ${title}`),
    )
  })

  test('shows each gate with its value, baseline, limit and samples', () => {
    expect(lines(RETREATED)).toContain(
      '| ❌\u00a0fail | error rate | 4.2\u00a0% | 0.03\u00a0% | max 1\u00a0% | 6 passed, 3 failed | 4.2 % &gt; 1 % |',
    )
  })

  test('tells how much traffic was exposed, and whether that was measured', () => {
    expect(releaseSummary(RETREATED)).toContain(
      '1.4.0 had traffic for 6m34s (03:02:00Z to 03:08:34Z), at most 25 % of it. Measured: 1,312 of 12,604 requests reached it (10.4 %); 55 of them failed.',
    )
    expect(releaseSummary(STUCK)).toContain('How many requests reached it was not measured.')
  })

  test('draws the share over time, the measured one only where it was measured', () => {
    expect(releaseSummary(RETREATED)).toContain('y-axis "share, per cent" 0 --> 100')
    expect(releaseSummary(RETREATED)).toMatch(/xychart-beta[^]*bar \[5, .*25, .*0\]\n {2}line \[4\.8, /)
    expect(releaseSummary(STUCK)).not.toContain('line [')
  })

  test('lists the moves in UTC, with the date where they span days', () => {
    expect(lines(RETREATED)).toContain('| 03:08:33 | route back | seen: no request on 1.4.0 from 03:08:34Z |')
    const long = {
      ...RETREATED,
      moves: [...RETREATED.moves, { at: Date.UTC(2026, 10, 22), what: 'cleaned up' }],
    }
    expect(lines(long)).toContain('| 2026-11-22 00:00:00 | cleaned up |  |')
  })

  test('of a dry run is a list of what would be done', () => {
    expect(releaseSummary(PLANNED)).toContain(
      '### What would be done\n\n1. claim the workload\n2. adopt: create',
    )
  })

  test('does nothing that text from outside asks for', () => {
    const evil =
      '<img src=x onerror=alert(1)> [a](javascript:x) **b** `c` @octocat #1 | d\n# e https://evil.example'
    const report: ReleaseReport = {
      ...RETREATED,
      service: evil,
      version: evil,
      reason: evil,
      serving: [{ version: evil, share: 100, basis: 'configured', detail: evil }],
      gates: [
        { outcome: evil, name: evil, value: evil, baseline: evil, limit: evil, samples: evil, why: evil },
      ],
      moves: [{ at: 0, what: evil, detail: evil }],
      pods: [{ title: evil, lines: ['```', evil, '````'] }],
      warnings: [evil],
      next: [],
      links: [{ title: evil, url: 'javascript:alert(1)' }],
    }
    const html = marked.parse(releaseSummary(report), { async: false })
    expect(html).not.toMatch(/<img|<a |<script/)
    expect(html).not.toMatch(/(?:@octocat|https:\/\/evil)(?![^<]*<\/code>)/)
    expect(html.match(/<tr>/g)).toHaveLength(4)
    expect(html.match(/<h1/g)).toBeNull()
  })

  test('stays within what GitHub shows, however much there was', () => {
    const moves = Array.from({ length: 20_000 }, (_, n) => ({ at: n * 1000, what: 'x'.repeat(200) }))
    const pods = Array.from({ length: 500 }, () => ({
      title: 'pod',
      lines: Array<string>(500).fill('y'.repeat(5000)),
    }))
    const summary = releaseSummary({ ...RETREATED, moves, pods })
    expect(Buffer.byteLength(summary)).toBeLessThan(MOST_SUMMARY_BYTES / 4)
    expect(summary).toContain('*The first 19800 moves are left out.*')
    expect(summary).toContain('*And 492 more.*')
  })
})
