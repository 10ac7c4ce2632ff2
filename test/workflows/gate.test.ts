/** gate.yml as the check of a pull request: through act, on the tree of a release. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { startGitHub, type EmbeddedGitHub } from '@release-actions/lab'
import { stringify } from 'yaml'
import { act, type ActOrder, type ActResult } from './support/act.ts'
import { publish, REPOSITORY, type Published } from './support/published.ts'

jest.setTimeout(120_000)

const state: { published?: Published; refs: Readonly<Record<string, string>> } = { refs: {} }
beforeAll(async () => {
  state.published = await publish('1.0.0')
  state.refs = { 'v1.0.0': state.published.unpack('v1.0.0-ghes') }
})
afterAll(() => state.published?.[Symbol.dispose]())

const GATES = stringify([
  {
    name: 'coverage',
    json: { path: 'coverage/coverage-summary.json', pointer: '/total/lines/pct' },
    min: 90,
  },
])
const PREPARE = 'mkdir -p coverage && cp given.json coverage/coverage-summary.json'

/** The check of a pull request whose tests cover that many per cent. */
async function checked(
  github: EmbeddedGitHub,
  coverage: number,
  inputs: Readonly<Record<string, string>> = { gates: GATES, prepare: PREPARE },
  event: 'pull_request' | 'merge_group' = 'pull_request',
  artifacts: NonNullable<ActOrder['artifacts']> = {},
): Promise<ActResult & { readonly head: string }> {
  const head = github.commit({ branch: 'feature', message: `cover ${coverage} %` })
  const caller = {
    name: 'quality',
    on: ['pull_request', 'merge_group'],
    permissions: {},
    jobs: {
      quality: {
        permissions: { contents: 'read', checks: 'write' },
        uses: `${REPOSITORY}/.github/workflows/gate.yml@v1.0.0`,
        with: { service: 'shop', ...inputs },
      },
    },
  }
  const done = await act({
    event,
    payload:
      event === 'pull_request' ? { pull_request: { number: 7, head: { sha: head } } } : { merge_group: {} },
    files: {
      '.github/workflows/quality.yml': stringify(caller),
      'given.json': JSON.stringify({ total: { lines: { pct: coverage } } }),
    },
    github,
    artifacts,
    refs: state.refs,
  })
  return { ...done, head }
}

test('a good change is green, with a check run for each gate on the head of the pull request', async () => {
  const github = await startGitHub()
  const done = await checked(github, 93.1)
  expect(done).toMatchObject({ exitCode: 0, jobs: { gate: 'success' } })
  expect(github.checkRuns).toEqual([
    expect.objectContaining({ name: 'gate / shop / coverage', headSha: done.head, conclusion: 'success' }),
  ])
  expect(github.violations).toEqual([])
  await github.close()
})

test('a bad one is red, and so is one that nothing was judged of', async () => {
  const github = await startGitHub()
  expect(await checked(github, 82)).toMatchObject({ exitCode: 1, jobs: { gate: 'failure' } })
  const unread = await checked(github, 99, { gates: GATES })
  expect(unread).toMatchObject({ exitCode: 1, jobs: { gate: 'failure' } })
  const none = await checked(github, 99, { prepare: PREPARE })
  expect(none).toMatchObject({ exitCode: 1, jobs: { gate: 'failure' } })
  expect(github.checkRuns.map(({ conclusion }) => conclusion)).toEqual(['failure', 'failure'])
  await github.close()
})

test('in a merge queue the check runs are on its own commit', async () => {
  const github = await startGitHub()
  const done = await checked(github, 95, { gates: GATES, prepare: PREPARE }, 'merge_group')
  expect(done.exitCode).toBe(0)
  expect(github.checkRuns.map(({ headSha }) => headSha)).toEqual([github.runs.at(-1)?.sha])
  await github.close()
})

test('reads the reports that another job has left as an artifact, and is red without them', async () => {
  const github = await startGitHub()
  const pointer = '/total/lines/pct'
  const inputs = {
    gates: stringify([{ name: 'coverage', json: { path: 'reports/summary.json', pointer }, min: 90 }]),
    artifact: 'coverage',
  }
  const report = (pct: number) => ({
    coverage: { 'summary.json': JSON.stringify({ total: { lines: { pct } } }) },
  })
  expect((await checked(github, 0, inputs, 'pull_request', report(94))).exitCode).toBe(0)
  expect((await checked(github, 0, inputs, 'pull_request', report(71))).exitCode).toBe(1)
  expect(github.checkRuns.map(({ conclusion }) => conclusion)).toEqual(['success', 'failure'])
  // An artifact that nobody has left ends the job before anything is judged.
  expect((await checked(github, 0, inputs)).exitCode).toBe(1)
  expect(github.checkRuns).toHaveLength(2)
  await github.close()
})
