/** The gates of examples/pull-request.yml, and of what is published for forks, on reports as the tools write them. */
import { readFileSync } from 'node:fs'
import { expect, jest, test } from '@jest/globals'
import { startGitHub } from '@release-actions/lab'
import { parse } from 'yaml'
import { inRepo } from '../../scripts/lib/repo.ts'
import { judge, type Judged } from '../support/gate.ts'

// Each starts processes: on a busy machine that takes its time.
jest.setTimeout(120_000)

interface Workflow {
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly with?: Readonly<Record<string, string>>
        readonly steps?: readonly {
          readonly uses: string
          readonly with?: Readonly<Record<string, string>>
        }[]
      }
    >
  >
}

const read = (name: string): Workflow => parse(readFileSync(inRepo('examples', name), 'utf8')) as Workflow

const GATES = read('pull-request.yml').jobs['quality']?.with?.['gates'] ?? ''

/** Reports of a change that is good. */
const GOOD: Readonly<Record<string, unknown>> = {
  'coverage/coverage-summary.json': { total: { lines: { total: 200, covered: 186, pct: 93 } } },
  'npm-audit.json': {
    auditReportVersion: 2,
    metadata: { vulnerabilities: { info: 0, low: 3, moderate: 1, high: 0, critical: 0, total: 4 } },
  },
  'scan.sarif': {
    version: '2.1.0',
    runs: [{ tool: { driver: { name: 'scanner' } }, results: [{ ruleId: 'note', level: 'note' }] }],
  },
  'trivy.json': {
    SchemaVersion: 2,
    Results: [
      { Target: 'package-lock.json', Class: 'lang-pkgs' },
      { Target: 'alpine', Vulnerabilities: [{ VulnerabilityID: 'CVE-1', Severity: 'MEDIUM' }] },
    ],
  },
  'k6-summary.json': { metrics: { http_req_duration: { avg: 80.1, med: 71, 'p(90)': 180, 'p(95)': 212.5 } } },
}

function checked(changes: Readonly<Record<string, unknown>> = {}): Promise<Judged> {
  const reports = Object.entries({ ...GOOD, ...changes }).filter(([, report]) => report !== undefined)
  const files = Object.fromEntries(reports.map(([path, report]) => [path, JSON.stringify(report)]))
  return judge({ gates: GATES, inputs: { soak: '0s', 'check-name': 'quality' }, files })
}

const failing = ({ gates }: Judged): readonly string[] =>
  gates
    .filter(({ state }) => state !== 'pass')
    .map(({ gate, state, value }) => `${gate}: ${state} (${value})`)

test('a good change passes each gate, with the number that was judged', async () => {
  const judged = await checked()
  expect(judged.verdict).toBe('pass (0)')
  expect(judged.gates.map(({ gate, value }) => [gate, value])).toEqual([
    ['coverage', 93],
    ['high in npm audit', 0],
    ['critical in npm audit', 0],
    ['errors in SARIF', 0],
    ['high in Trivy', 0],
    ['p95 under load', 212.5],
  ])
})

test('each gate fails for its own reason alone', async () => {
  const audit = (found: object): object => ({
    metadata: { vulnerabilities: { high: 0, critical: 0, ...found } },
  })
  const bad: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
    [{ 'coverage/coverage-summary.json': { total: { lines: { pct: 89.99 } } } }, 'coverage: fail (89.99)'],
    [{ 'npm-audit.json': audit({ high: 2 }) }, 'high in npm audit: fail (2)'],
    [{ 'npm-audit.json': audit({ critical: 1 }) }, 'critical in npm audit: fail (1)'],
    [
      { 'scan.sarif': { runs: [{ results: [] }, { results: [{ level: 'error' }] }] } },
      'errors in SARIF: fail (1)',
    ],
    [
      { 'trivy.json': { Results: [{ Vulnerabilities: [{ Severity: 'CRITICAL' }] }] } },
      'high in Trivy: fail (1)',
    ],
    [
      { 'k6-summary.json': { metrics: { http_req_duration: { 'p(95)': 300.5 } } } },
      'p95 under load: fail (300.5)',
    ],
  ]
  for (const [changes, expected] of bad) {
    const judged = await checked(changes)
    expect(judged.verdict).toBe('fail (1)')
    expect(failing(judged)).toEqual([expected])
  }
})

test('a report that is missing, or says nothing, is never green', async () => {
  const silent: readonly Readonly<Record<string, unknown>>[] = [
    { 'coverage/coverage-summary.json': undefined },
    // What istanbul writes when no line was instrumented.
    { 'coverage/coverage-summary.json': { total: { lines: { pct: 'Unknown' } } } },
    // What npm writes when it could not ask.
    { 'npm-audit.json': { error: { code: 'ENOAUDIT' } } },
    { 'scan.sarif': undefined },
    // A scan that broke off: results are null by the standard.
    { 'scan.sarif': { runs: [{ tool: {} }] } },
    { 'trivy.json': { SchemaVersion: 2 } },
    { 'k6-summary.json': { metrics: {} } },
  ]
  for (const changes of silent) {
    const judged = await checked(changes)
    expect(judged.done.exitCode).toBe(1)
    expect(failing(judged)).not.toEqual([])
  }
})

test("a fork's numbers are published on the head of its pull request, by gates that are not the fork's", async () => {
  const step = read('pull-request-of-forks-2.yml').jobs['publish']?.steps?.find(({ uses }) =>
    uses.includes('health-gate'),
  )
  const github = await startGitHub()
  const head = github.commit({ branch: 'from-a-fork' })
  const inputs = { ...step?.with, 'head-sha': head }
  const report = (pct: number): Readonly<Record<string, string>> => ({
    'reports/coverage-summary.json': JSON.stringify({ total: { lines: { pct } } }),
  })
  expect((await judge({ inputs, files: report(95) }, github)).verdict).toBe('pass (0)')
  expect((await judge({ inputs, files: report(12) }, github)).verdict).toBe('fail (1)')
  expect(github.checkRuns.map(({ name, headSha, conclusion }) => [name, headSha, conclusion])).toEqual([
    ['reports / coverage', head, 'success'],
    ['reports / coverage', head, 'failure'],
  ])
  await github.close()
})

test("a fork's own token only reads: no check run, and the job still says all", async () => {
  const github = await startGitHub()
  const files = Object.fromEntries(
    Object.entries(GOOD).map(([path, report]) => [path, JSON.stringify(report)]),
  )
  const run = { permissions: { contents: 'read', checks: 'read' } } as const
  const judged = await judge({ gates: GATES, inputs: { soak: '0s' }, files, run }, github)
  expect(judged.verdict).toBe('pass (0)')
  expect(judged.done.summary).toContain('coverage')
  expect(github.checkRuns).toEqual([])
  await github.close()
})
