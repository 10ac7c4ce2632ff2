import { describe, expect, test } from '@jest/globals'
import { difference, firstDifference, undisturbed } from './support/compare.ts'
import { finalState, type FinalState } from './support/final-state.ts'
import { describeMoment, killAt, moments, mustCome, type Moment } from './support/killing.ts'
import { inParallel, sample } from './support/sample.ts'
import { isSwitch, openStand, RUN, type Outcome, type Stand } from './support/stand.ts'

// The process is killed before and after each write to the Kubernetes and the GitHub API; what is done next must end
// where an undisturbed release ends, and no client may notice. FAULTS=all plays every one, else a fixed sample.

const WIDTH = 2
const TIMEOUT_MS = 1_800_000

describe('killed at every call', () => {
  test.each([
    ['promoted', ['promoted', 'unchanged']],
    ['retreated', ['retreated']],
    ['switched', ['switched', 'unchanged']],
    ['switched-back', ['retreated']],
  ] as const)(
    'a release that is %s ends as undisturbed when it is run again, and no client notices',
    async (outcome, decisions) => {
      const { writes } = await undisturbed(outcome)
      const most = isSwitch(outcome) ? 2 : 4
      const reports = await inParallel(WIDTH, sample(moments(writes), most), (moment) =>
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

/** @returns what went wrong, for a person to read; empty when all is well */
async function killed(
  outcome: Outcome,
  moment: Moment,
  how: 'lose' | 'kill',
  thereafter: (stand: Stand) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  await using stand = await openStand({ switching: isSwitch(outcome) })
  const running = stand.start(outcome)
  const kill = killAt(stand, running, moment, how)
  const first = await running.done
  const wrong = [
    ...(kill.struck || !mustCome(moment) ? [] : ['the moment did not come']),
    ...(await thereafter(stand)),
    ...(await stand.violations()),
  ]
  if (wrong.length === 0) return []
  const title = `\n——— killed ${describeMoment(moment)}`
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
