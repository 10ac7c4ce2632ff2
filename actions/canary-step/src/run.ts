import type { Kit } from '@release-actions/action-kit'
import {
  assertGiven,
  environmentOf,
  httpOf,
  imageToRelease,
  isUnfinished,
  recordAhead,
} from '@release-actions/action-world'
import { isAlreadyLive, type Landed, type ReleaseGoal } from '@release-actions/release'
import { messageOf } from '@release-actions/values'
import { goalOf } from './goal.ts'
import type { CanaryInputs } from './inputs.ts'
import { openSetting, type Setting } from './setting.ts'
import { walkOf } from './walk.ts'

/**
 * Refuses what cannot be meant, then looks whether there is anything to do. What each answer needs is loaded only then:
 * a step that has been run before ends after a few requests, and reads a third of the bundle.
 */
export async function run(inputs: CanaryInputs, kit: Kit): Promise<void> {
  if (kit.post) return isUnfinished(kit) ? (await import('./post.ts')).complete(inputs, kit) : undefined
  const environment = environmentOf(inputs)
  const walk = walkOf(inputs)
  assertGiven(inputs)
  const gatesOf = async () =>
    (await import('./choose-gates.ts')).chooseGates(inputs, walk, kit.context.workspace)
  // A mistake in the gates is told before anything is asked of anybody; where none are given there is none to make.
  const given = inputs.gates === undefined && inputs.gatesFile === undefined ? undefined : await gatesOf()
  const http = httpOf(kit)
  const chosen = await imageToRelease(inputs, kit, http)
  const looking = openSetting(inputs, kit, http, chosen, true)
  const record = recordAhead(inputs, kit, http, environment, (open) =>
    Promise.all([import('./unchanged.ts'), open && import('./record.ts')]),
  )
  const setting = await looking
  try {
    const goal = goalOf({ inputs, kit, walk, chosen, setting })
    const step = { inputs, kit, goal, setting, environment }
    const live = record === undefined ? undefined : await alreadyLive(goal, setting, kit)
    if (live !== undefined && record !== undefined)
      return await (await import('./unchanged.ts')).unchanged(step, live, record)
    const gates = given ?? (await gatesOf())
    await (await import('./release.ts')).release({ ...step, gates })
  } finally {
    setting.close()
  }
}

/** The release of ours that is live, when it is the one that is asked for. */
async function alreadyLive(goal: ReleaseGoal, setting: Setting, kit: Kit): Promise<Landed | undefined> {
  try {
    const seen = await setting.glance()
    const { live } = seen.claim.state
    return isAlreadyLive(goal, seen) && live?.release.template === goal.release.template ? live : undefined
  } catch (error) {
    // What is in the way here is in the way of the release, which has more patience and says more of it.
    kit.log.debug(`at a glance: ${messageOf(error)}`)
    return undefined
  }
}
