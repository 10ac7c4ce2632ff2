import { describe, expect, test } from '@jest/globals'
import { difference, firstDifference, undisturbed } from './support/compare.ts'
import { finalState, type FinalState } from './support/final-state.ts'
import { killAt, type Moment, type Writes } from './support/killing.ts'
import { inParallel, sample } from './support/sample.ts'
import { openStand, RUN, type Outcome, type Stand } from './support/stand.ts'

// The process is killed before and after each write to the Kubernetes and the GitHub API; what is done next must end
// where an undisturbed release ends, and no client may notice. FAULTS=all plays every one, else a fixed sample.

const WIDTH = 2
const TIMEOUT_MS = 1_800_000

function moments(writes: Writes): readonly Moment[] {
  return (['kubernetes', 'github'] as const).flatMap((api) =>
    writes[api].flatMap((what, write) =>
      (['before', 'after'] as const).map((when) => ({ api, when, write, what })),
    ),
  )
}

describe('killed at every call', () => {
  test.each([
    ['promoted', ['promoted', 'unchanged']],
    ['retreated', ['retreated']],
  ] as const)(
    'a release that is %s ends as undisturbed when it is run again, and no client notices',
    async (outcome, decisions) => {
      const { writes } = await undisturbed(outcome)
      const reports = await inParallel(WIDTH, sample(moments(writes), 4), (moment) =>
        killed(outcome, moment, 'lose', async (stand) => {
          const again = await stand.run(outcome, { run: { id: RUN, attempt: 2 } })
          const { decision = '' } = again.outputs
          const wrong = [
            ...(decisions.some((fine) => fine === decision) ? [] : [`the second attempt says ${decision}`]),
            ...(await difference(stand, outcome)),
          ]
          return wrong.length === 0 ? [] : [...wrong, 'the second attempt:', again.log]
        }),
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

/** @returns what went wrong, for a person to read; empty when all is well */
async function killed(
  outcome: Outcome,
  moment: Moment,
  how: 'lose' | 'kill',
  thereafter: (stand: Stand) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  await using stand = await openStand()
  const running = stand.start(outcome)
  const kill = killAt(stand, running, moment, how)
  const first = await running.done
  const wrong = [
    ...(kill.struck ? [] : ['the moment did not come']),
    ...(await thereafter(stand)),
    ...(await stand.violations()),
  ]
  if (wrong.length === 0) return []
  const title = `\n——— killed ${moment.when} write ${moment.write} to ${moment.api}: ${moment.what}`
  return [
    title,
    ...wrong,
    'the first attempt:',
    first.log,
    ...(first.post === undefined ? [] : ['post:', first.post.log]),
  ]
}

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
