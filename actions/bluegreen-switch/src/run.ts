import type { Kit } from '@release-actions/action-kit'
import {
  assertGiven,
  environmentOf,
  httpOf,
  imageToRelease,
  isUnfinished,
  recordAhead,
} from '@release-actions/action-world'
import { isAlreadySwitched, type ClaimSight, type Landed, type SwitchGoal } from '@release-actions/release'
import { messageOf } from '@release-actions/values'
import { checkTimes, goalOf } from './goal.ts'
import type { SwitchInputs } from './inputs.ts'
import { givesGates, openSetting, type Setting } from './setting.ts'

/**
 * Refuses what cannot be meant, then looks whether there is anything to do. What each answer needs is loaded only then:
 * a step that has been run before ends after a few requests, and reads a third of the bundle.
 */
export async function run(inputs: SwitchInputs, kit: Kit): Promise<void> {
  if (kit.post) return isUnfinished(kit) ? (await import('./post.ts')).complete(inputs, kit) : undefined
  const environment = environmentOf(inputs)
  checkTimes(inputs)
  assertGiven(inputs)
  const gatesOf = async () => (await import('./choose-gates.ts')).chooseGates(inputs, kit.context.workspace)
  // A mistake in the gates is told before anything is asked of anybody; where none are given there is none to make.
  const given = givesGates(inputs) ? await gatesOf() : undefined
  const http = httpOf(kit)
  const chosen = await imageToRelease(inputs, kit, http)
  const looking = openSetting(inputs, kit, http, chosen, true)
  const record = recordAhead(inputs, kit, http, environment, (open) =>
    Promise.all([import('./unchanged.ts'), open && import('./record.ts')]),
  )
  const setting = await looking
  try {
    const goal = goalOf({ inputs, kit, chosen, setting })
    const step = { inputs, kit, goal, setting, environment }
    const live = record === undefined ? undefined : await alreadyLive(goal, setting, kit)
    if (live !== undefined && record !== undefined)
      return await (await import('./unchanged.ts')).unchanged(step, live.landed, live.claim, record)
    const gates = given ?? (await gatesOf())
    await (await import('./release.ts')).release({ ...step, gates })
  } finally {
    setting.close()
  }
}

/** The release of ours that is live, when it is the one that is asked for, and what else the Lease says. */
async function alreadyLive(
  goal: SwitchGoal,
  setting: Setting,
  kit: Kit,
): Promise<{ readonly landed: Landed; readonly claim: ClaimSight } | undefined> {
  try {
    const seen = await setting.glance()
    const { live } = seen.claim.state
    return isAlreadySwitched(goal, seen) && live?.release.template === goal.release.template
      ? { landed: live, claim: seen.claim }
      : undefined
  } catch (error) {
    // What is in the way here is in the way of the release, which has more patience and says more of it.
    kit.log.debug(`at a glance: ${messageOf(error)}`)
    return undefined
  }
}
