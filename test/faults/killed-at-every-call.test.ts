import { describe, expect, test } from '@jest/globals'
import { firstDifference, undisturbed } from './support/compare.ts'
import { finalState, type FinalState } from './support/final-state.ts'
import { endsAsUndisturbed, killed } from './support/killed.ts'
import { moments } from './support/killing.ts'
import { inParallel, sample } from './support/sample.ts'
import type { Stand } from './support/stand.ts'

// The process is killed before and after each write to the Kubernetes and the GitHub API; what is done next must end
// where an undisturbed release ends, and no client may notice. FAULTS=all plays every one, else a fixed sample.

const WIDTH = 2
const TIMEOUT_MS = 1_800_000

describe('killed at every call', () => {
  test.each([
    ['promoted', ['promoted', 'unchanged']],
    ['retreated', ['retreated']],
  ] as const)(
    'a release that is %s ends as undisturbed when it is run again, and no client notices',
    async (outcome, decisions) => {
      const { writes } = await undisturbed(outcome)
      const reports = await inParallel(WIDTH, sample(moments(writes), 4), (moment) =>
        killed(outcome, moment, 'lose', endsAsUndisturbed(outcome, decisions)),
      )
      expect(reports.flat().join('\n')).toBe('')
    },
    TIMEOUT_MS,
  )

  test(
    'post takes back what a killed main had begun, or finishes what it had promoted',
    async () => {
      const { writes } = await undisturbed('promoted')
      await undisturbed('retreated')
      const reports = await inParallel(WIDTH, sample(moments(writes), 4, 2), (moment) =>
        killed('promoted', moment, 'kill', wholeVersion),
      )
      expect(reports.flat().join('\n')).toBe('')
    },
    TIMEOUT_MS,
  )
})

/** One version, whole: the objects are those of a release that was promoted, or taken back, and the record says which. */
async function wholeVersion(stand: Stand): Promise<readonly string[]> {
  const { objects, lease, records } = await finalState(stand.scene)
  const [promoted, retreated] = await Promise.all([undisturbed('promoted'), undisturbed('retreated')])
  const isPromoted = firstDifference(bare(objects), bare(promoted.state.objects), '') === undefined
  const wrong = isPromoted
    ? undefined
    : firstDifference(bare(objects), bare(retreated.state.objects), 'objects')
  const state = isPromoted ? 'success' : 'failure'
  return [
    ...(wrong === undefined ? [] : [`no whole version: ${wrong}`]),
    ...(lease?.inFlight === undefined ? [] : [`something is in flight: ${JSON.stringify(lease)}`]),
    ...(records.length <= 1 && records.every((record) => record.state === state)
      ? []
      : [`${isPromoted ? 'promoted' : 'retreated'}, but the record says ${JSON.stringify(records)}`]),
  ]
}

/** Without annotations: a process that was killed early had not put the fence on everything. */
function bare(objects: FinalState['objects']): unknown {
  return objects.map(({ annotations: _, ...rest }) => rest)
}
