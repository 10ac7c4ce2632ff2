import { describe, expect, test } from '@jest/globals'
import type { CheckReport } from '@release-actions/ports'
import { NO_CHECKS, NO_LEDGER } from '../src/index.ts'
import { JOB, record, world } from './world.ts'

const report: CheckReport = {
  name: 'gate / shop / error rate',
  conclusion: 'failure',
  title: 'error rate 4.2 % > 1 %',
  summary: '| gate | value |\n|---|---|\n',
  text: '```json\n{}\n```',
  startedAt: Date.UTC(2026, 10, 21, 9),
  completedAt: Date.UTC(2026, 10, 21, 9, 5),
}

describe('a check run', () => {
  test('is shown while it is judged, and completed in place', async () => {
    await using it = await world()
    const checks = it.checks()
    const id = await checks.start(report.name, 'judging', report.startedAt)
    expect(it.hub.writes()[0]?.body).toMatchObject({
      status: 'in_progress',
      head_sha: it.hub.sha,
      details_url: JOB,
    })
    expect(await checks.report(report, id)).toBe(id)
    expect(it.hub.checkRuns).toHaveLength(1)
    expect(it.hub.checkRuns[0]).toMatchObject({
      id,
      status: 'completed',
      conclusion: 'failure',
      name: report.name,
    })
    expect(it.hub.violations).toEqual([])
  })

  test('is written whole when none was begun', async () => {
    await using it = await world()
    const id = await it.checks().report(report)
    expect(it.hub.checkRuns[0]).toMatchObject({ id, status: 'completed' })
    expect(it.hub.writes()[0]?.body).toMatchObject({ completed_at: '2026-11-21T09:05:00.000Z' })
  })

  test('is cut between characters, with its code block closed and a note', async () => {
    await using it = await world()
    await it
      .checks()
      .report({ ...report, summary: '😀'.repeat(50_000), text: `\`\`\`json\n${'é"\n'.repeat(40_000)}\`\`\`` })
    const body = it.hub.writes()[0]?.body
    expect(body).toMatchObject({ output: { summary: expect.stringMatching(/^😀+\n\n… cut: GitHub shows/u) } })
    expect(body).toMatchObject({ output: { text: expect.stringMatching(/\n```\n\n… cut: GitHub shows/) } })
    expect(it.hub.violations).toEqual([])
  })

  test("of a fork's read-only token is said once, also when several are begun side by side", async () => {
    await using it = await world()
    const checks = it.checks({ checks: 'read' })
    expect(await Promise.all(['a', 'b', 'c'].map((name) => checks.start(name, '', 0)))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(it.warnings).toHaveLength(1)
  })

  test("of a fork's read-only token is nothing, said once with what to do", async () => {
    await using it = await world()
    const checks = it.checks({ checks: 'read' })
    expect(await checks.start('a', 'b', 0)).toBeUndefined()
    expect(await checks.report(report)).toBeUndefined()
    expect(it.hub.checkRuns).toHaveLength(0)
    expect(it.warnings).toHaveLength(1)
    expect(it.warnings[0]).toMatch(/checks: write.*fork/)
    expect(it.hub.events).toHaveLength(1)
  })
})

test('without a record nothing is read or written', async () => {
  expect(await NO_LEDGER.history()).toEqual([])
  expect(await NO_LEDGER.open(record(), undefined)).toEqual({ id: 0, created: false })
  expect(await NO_CHECKS.report(report)).toBeUndefined()
})
