import { expect, test } from '@jest/globals'
import { undisturbed } from './support/compare.ts'
import { finalState } from './support/final-state.ts'
import { endsAsUndisturbed, killed } from './support/killed.ts'
import { moments } from './support/killing.ts'
import { inParallel, sample } from './support/sample.ts'
import type { Stand } from './support/stand.ts'

// As killed-at-every-call, of bluegreen-switch: killed before and after each write to the Kubernetes and the GitHub API.
// FAULTS=all plays every one, else a fixed sample.

const WIDTH = 2
const TIMEOUT_MS = 1_800_000

test.each([
  ['switched', ['switched', 'unchanged']],
  ['switched-back', ['retreated']],
] as const)(
  'a release that is %s ends as undisturbed when it is run again, and no client notices',
  async (outcome, decisions) => {
    const { writes } = await undisturbed(outcome)
    const reports = await inParallel(WIDTH, sample(moments(writes), 2), (moment) =>
      killed(outcome, moment, 'lose', endsAsUndisturbed(outcome, decisions)),
    )
    expect(reports.flat().join('\n')).toBe('')
  },
  TIMEOUT_MS,
)

test(
  'post takes a switch back that a killed main had begun, or finishes what it had judged',
  async () => {
    const { writes } = await undisturbed('switched')
    const reports = await inParallel(WIDTH, sample(moments(writes), 2, 3), (moment) =>
      killed('switched', moment, 'kill', oneColor),
    )
    expect(reports.flat().join('\n')).toBe('')
  },
  TIMEOUT_MS,
)

/** Nothing is in flight, and the record says whether the new version serves. */
async function oneColor(stand: Stand): Promise<readonly string[]> {
  const { lease, records } = await finalState(stand.scene)
  const state = lease?.live.startsWith('2.0.0') === true ? 'success' : 'failure'
  return [
    ...(lease?.inFlight === undefined ? [] : [`something is in flight: ${JSON.stringify(lease)}`]),
    ...(records.length <= 1 && records.every((record) => record.state === state)
      ? []
      : [`the Lease says ${JSON.stringify(lease)}, but the record says ${JSON.stringify(records)}`]),
  ]
}
