import { difference } from './compare.ts'
import { describeMoment, killAt, mustCome, type Moment } from './killing.ts'
import { isSwitch, openStand, RUN, type Outcome, type Stand } from './stand.ts'

/** @returns what went wrong, for a person to read; empty when all is well */
export async function killed(
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

/** What is done after a kill: the run is started again, and must end where an undisturbed one ends. */
export function endsAsUndisturbed(
  outcome: Outcome,
  decisions: readonly string[],
): (stand: Stand) => Promise<readonly string[]> {
  return async (stand) => {
    const again = await stand.run(outcome, { run: { id: RUN, attempt: 2 } })
    const { decision = '' } = again.outputs
    const wrong = [
      ...(decisions.includes(decision) ? [] : [`the second attempt says ${decision}`]),
      ...(await difference(stand, outcome)),
    ]
    return wrong.length === 0 ? [] : [...wrong, 'the second attempt:', again.log]
  }
}
