import { describe, expect, test } from '@jest/globals'
import { firstDifference } from './support/compare.ts'
import {
  countWrites,
  describeMoment,
  killAt,
  moments,
  mustCome,
  type Blow,
  type Moment,
  type Writes,
} from './support/killing.ts'
import { openRollbackStand, WAYS, type Way } from './support/rollback-stand.ts'
import { rollbackState, type RollbackState } from './support/rollback-state.ts'
import { inParallel, oneOfFew, sample } from './support/sample.ts'

// A rollback of two services is killed, or cancelled, before and after each write to the Kubernetes and the GitHub API;
// run again it must end where an undisturbed one ends, and no client may notice. FAULTS=all plays every one, else a
// fixed sample.

const WIDTH = 2
const TIMEOUT_MS = 1_800_000

interface Undisturbed {
  readonly state: RollbackState
  readonly writes: Writes
}

/** Played once for each way back that is asked for. */
const known = new Map<Way, Promise<Undisturbed>>()

function undisturbed(way: Way): Promise<Undisturbed> {
  const found = known.get(way) ?? play(way)
  known.set(way, found)
  return found
}

async function play(way: Way): Promise<Undisturbed> {
  await using stand = await openRollbackStand(way)
  const { writes } = countWrites(stand)
  const done = await stand.run(1)
  if (done.outputs['decision'] !== 'rolled-back')
    throw new Error(`undisturbed, it is not ${way}:\n${done.log}`)
  expect(await stand.violations()).toEqual([])
  return { writes, state: await rollbackState(stand) }
}

const BLOWS: readonly (readonly [string, Blow])[] = [
  ['killed with its runner', 'lose'],
  ['killed, and post comes', 'kill'],
  ['cancelled, and post comes', 'cancel'],
]

// A world of two services takes some ten seconds.
const MOST = { lose: 2, kill: 1, cancel: 1 } as const

describe.each(WAYS)('two services that are %s', (way) => {
  // With FAULTS=few each way back meets one of them.
  test.each(oneOfFew(BLOWS, WAYS.indexOf(way)))(
    'by a rollback that is %s end as undisturbed when it is run again, and no client notices',
    async (_, blow) => {
      const reports = await inParallel(WIDTH, sample(await momentsOf(way, blow), MOST[blow]), (moment) =>
        struck(way, moment, blow),
      )
      expect(reports.flat().join('\n')).toBe('')
    },
    TIMEOUT_MS,
  )
})

/** A signal lets the write go on that it meets, so that it comes after each of them. */
async function momentsOf(way: Way, blow: Blow): Promise<readonly Moment[]> {
  const { writes } = await undisturbed(way)
  const all = moments(writes)
  return blow === 'cancel' ? all.filter(({ when }) => when === 'after') : all
}

/** @returns what went wrong, for a person to read; empty when all is well */
async function struck(way: Way, moment: Moment, blow: Blow): Promise<readonly string[]> {
  await using stand = await openRollbackStand(way)
  const running = await stand.start(1)
  const kill = killAt(stand, running, moment, blow)
  const first = await running.done
  const again = await stand.run(2)
  const { state } = await undisturbed(way)
  const { decision = '' } = again.outputs
  const different = firstDifference(await rollbackState(stand), state, 'state')
  const wrong = [
    ...(kill.struck || !mustCome(moment) ? [] : ['the moment did not come']),
    ...(['rolled-back', 'unchanged'].includes(decision) ? [] : [`the second attempt says ${decision}`]),
    ...(different === undefined ? [] : [different]),
    ...(await stand.violations()),
  ]
  if (wrong.length === 0) return []
  return [
    `\n——— ${blow} ${describeMoment(moment)}`,
    ...wrong,
    'the first attempt:',
    first.log,
    ...(first.post === undefined ? [] : ['post:', first.post.log]),
    'the second attempt:',
    again.log,
  ]
}
