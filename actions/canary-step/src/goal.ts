import type { Kit } from '@release-actions/action-kit'
import { releaseIdOf, type ChosenImage } from '@release-actions/action-world'
import type { ReleaseGoal } from '@release-actions/release'
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
  return {
    kind: 'release',
    release: releaseIdOf(inputs, chosen, setting.goal),
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
