import type { Kit } from '@release-actions/action-kit'
import type { ChosenImage } from '@release-actions/action-world'
import type { ReleaseGoal } from '@release-actions/release'
import { InvalidInput, versionOf } from '@release-actions/values'
import type { CanaryInputs } from './inputs.ts'
import type { Setting } from './setting.ts'
import type { Walk } from './walk.ts'

/** What the step is asked for, and what was found of it. */
export interface Asked {
  readonly inputs: CanaryInputs
  readonly kit: Kit
  readonly walk: Walk
  readonly chosen: ChosenImage | undefined
  readonly setting: Setting
}

/** The goal in the engine's terms. */
export function goalOf({ inputs, kit, walk, chosen, setting }: Asked): ReleaseGoal {
  const goal = setting.goal
  if (goal === undefined) throw new InvalidInput('image', inputs.image, 'an image or manifests that name one')
  const digest = chosen?.digest ?? /@(sha256:[0-9a-f]{64})$/.exec(goal.image)?.[1]
  const version = inputs.version ?? chosen?.name ?? versionOf(goal.image, digest)
  return {
    kind: 'release',
    release: { version, digest, image: goal.image, template: goal.hash },
    run: kit.context.run,
    traffic: inputs.traffic.text,
    ...walk,
    timing: {
      timeout: inputs.timeout,
      warmUp: inputs.warmUp,
      interval: inputs.interval,
      drain: inputs.drain,
    },
    onFailure: inputs.onFailure,
    allowOlder: inputs.allowOlder,
  }
}
