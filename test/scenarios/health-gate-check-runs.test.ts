/** What a person sees on the commit: before, at and after the end, and when the end does not come. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { startGitHub, type EmbeddedGitHub } from '@release-actions/lab'
import { judge, judgedOf, startGate } from '../support/gate.ts'

// Each starts processes: on a busy machine that takes its time.
jest.setTimeout(60_000)

let github: EmbeddedGitHub
beforeEach(async () => {
  github = await startGitHub()
})
afterEach(async () => {
  await github.close()
})

const TWO = `
- {name: coverage, json: {path: c.json, pointer: /pct}, min: 90}
- {name: smoke, run: "true"}
`
const FILES = { 'c.json': '{"pct": 95}' }

const shown = (): readonly (readonly (string | null | undefined)[])[] =>
  github.checkRuns.map(({ name, status, conclusion }) => [name, status, conclusion])

test('each gate is in progress while it is judged, and completed in place with table and JSON', async () => {
  const seen: unknown[] = []
  github.watch((moment, { method }) => {
    if (moment === 'before' && method === 'PATCH' && seen.length === 0) seen.push(...shown())
  })
  const judged = await judge({ gates: TWO, files: FILES, inputs: { service: 'web' } }, github)
  expect(seen).toEqual([
    ['gate / web / coverage', 'in_progress', null],
    ['gate / web / smoke', 'in_progress', null],
  ])
  expect(shown()).toEqual([
    ['gate / web / coverage', 'completed', 'success'],
    ['gate / web / smoke', 'completed', 'success'],
  ])
  const [first] = github.checkRuns
  expect(first).toMatchObject({
    headSha: github.sha,
    title: 'coverage: pass: 95 keeps ≥ 90',
    summary: expect.stringMatching(/^Judged `web` from .*\n\n\|.*\| coverage \| 95 \| – \| ≥ 90 \|/s),
    text: expect.stringMatching(/^```json\n\{\n "schema": 1,\n "gate": "coverage"/),
    detailsUrl: expect.stringMatching(/\/actions\/runs\/\d+\/job\/\d+$/),
  })
  expect(judged.done.outputs['check-run-id']).toBe(String(first?.id))
})

test('the output names the check run of the gate that decided; inconclusive is a failure; advisory is neutral', async () => {
  const gates = `
- {name: fine, run: "true"}
- {name: advice, run: "false", enforce: false}
- {name: absent, json: {path: absent.json, pointer: /a}, max: 1}
- {name: broken, run: exit 2}
`
  const judged = await judge({ gates, inputs: { soak: '0s', 'check-name': 'quality' } }, github)
  expect(judged.verdict).toBe('fail (1)')
  expect(shown()).toEqual([
    ['quality / fine', 'completed', 'success'],
    ['quality / advice', 'completed', 'neutral'],
    ['quality / absent', 'completed', 'failure'],
    ['quality / broken', 'completed', 'failure'],
  ])
  expect(judged.done.outputs['check-run-id']).toBe(String(github.checkRuns[3]?.id))
  expect(judged.error).toMatch(/gate "absent" too: no conclusive sample/)
})

test('a list without gates vouches for nothing: one neutral check run, and a warning', async () => {
  const judged = await judge({ gates: '[]' }, github)
  expect(judged.verdict).toBe('pass (0)')
  expect(judged.done.outputs['message']).toBe('pass: no gate applied')
  expect(shown()).toEqual([['gate / shop', 'completed', 'neutral']])
  expect(judged.done.annotations.map(({ message }) => message)).toEqual([
    expect.stringMatching(/there is no gate/),
  ])
})

test('it goes to the head of the pull request, or where head-sha says', async () => {
  const head = github.commit({ branch: 'feature' })
  const event = { pull_request: { head: { sha: head } } }
  const inputs = { soak: '0s' }
  await judge(
    { gates: '- {name: a, run: "true"}', inputs, event, run: { eventName: 'pull_request' } },
    github,
  )
  const other = github.commit({ branch: 'other' })
  await judge({ gates: '- {name: b, run: "true"}', inputs: { ...inputs, 'head-sha': other }, event }, github)
  expect(github.checkRuns.map(({ name, headSha }) => [name, headSha])).toEqual([
    ['gate / shop / a', head],
    ['gate / shop / b', other],
  ])
})

test("a fork's read-only token: the same verdict in summary and exit code, one warning, one refused request", async () => {
  const permissions = { contents: 'read', checks: 'read' } as const
  const judged = await judge({ gates: TWO, files: FILES, run: { permissions } }, github)
  expect(judged.verdict).toBe('pass (0)')
  expect(github.checkRuns).toEqual([])
  expect(judged.done.annotations.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^no check run is written: .*checks: write/),
  ])
  expect(judged.done.summary).toMatch(/✅ shop .*\| ✅\spass \| smoke/s)
  expect(github.events.filter(({ method }) => method === 'POST')).toHaveLength(1)
})

test('a GitHub that is down does not change the verdict', async () => {
  github.fault({ times: Infinity, fault: { kind: 'status', status: 503 } })
  const judged = await judge({ gates: '- {name: a, run: "true"}', inputs: { soak: '0s' } }, github)
  expect(judged.verdict).toBe('pass (0)')
  expect(judged.done.annotations).toHaveLength(1)
  expect(judged.done.annotations[0]?.message).toMatch(/check run/)
}, 40_000)

test('record: false touches nothing on GitHub', async () => {
  const judged = await judge({ gates: TWO, files: FILES, inputs: { record: 'false', token: '' } }, github)
  expect(judged.verdict).toBe('pass (0)')
  expect(github.events).toEqual([])
})

test('a cancel ends it at once: its commands too, and no check run is left in progress', async () => {
  const gates = `${TWO}- {name: long, run: "sleep 60; echo never", timeout: 2m}\n`
  const running = startGate({ gates, files: FILES, inputs: { soak: '1h', interval: '1s' } }, github)
  await running.logged(/✓ coverage/)
  await waitFor(() => github.checkRuns.length === 3)
  const at = performance.now()
  running.cancel()
  const done = await running.done
  expect(performance.now() - at).toBeLessThan(5000)
  const judged = judgedOf(done, github)
  expect(judged.verdict).toBe('cancelled (1)')
  expect(shown()).toEqual([
    ['gate / shop / coverage', 'completed', 'cancelled'],
    ['gate / shop / smoke', 'completed', 'cancelled'],
    ['gate / shop / long', 'completed', 'cancelled'],
  ])
  expect(done.summary).toMatch(/^## ⏹️ shop was cancelled/)
  expect(done.killed).toBe(false)
}, 30_000)

test('killed outright, its check runs stay in progress until the next run, whose newer ones count', async () => {
  const running = startGate({ gates: TWO, files: FILES, inputs: { soak: '1h' } }, github)
  await running.logged(/✓ smoke/)
  await waitFor(() => github.checkRuns.length === 2)
  running.lose()
  await running.done
  expect(shown().map(([, status]) => status)).toEqual(['in_progress', 'in_progress'])
  await judge({ gates: TWO, files: FILES }, github)
  // GitHub takes the newest check run of a name for what the name says.
  const newest = new Map(shown().map(([name, ...rest]) => [name, rest]))
  expect([...newest]).toEqual([
    ['gate / shop / coverage', ['completed', 'success']],
    ['gate / shop / smoke', ['completed', 'success']],
  ])
}, 30_000)

async function waitFor(done: () => boolean): Promise<void> {
  for (let n = 0; n < 200 && !done(); n++) await new Promise((resolve) => setTimeout(resolve, 50))
  expect(done()).toBe(true)
}
