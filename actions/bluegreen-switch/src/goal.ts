import { releaseIdOf, type ChosenImage } from '@release-actions/action-world'
import type { Kit } from '@release-actions/action-kit'
import type { SwitchGoal } from '@release-actions/release'
import { InvalidInput } from '@release-actions/values'
import type { SwitchInputs } from './inputs.ts'
import type { Setting } from './setting.ts'

/** What the step is asked for, and what was found of it. */
export interface Asked {
  readonly inputs: SwitchInputs
  readonly kit: Kit
  readonly chosen: ChosenImage | undefined
  readonly setting: Pick<Setting, 'goal' | 'traffic'>
}

/** The goal in the engine's terms. */
export function goalOf({ inputs, kit, chosen, setting }: Asked): SwitchGoal {
  return {
    kind: 'switch',
    release: releaseIdOf(inputs, chosen, setting.goal),
    run: kit.context.run,
    traffic: setting.traffic,
    color: inputs.color,
    preSwitchSoak: inputs.preSwitchSoak,
    soak: inputs.soak,
    keep: inputs.keep,
    timing: {
      timeout: inputs.timeout,
      warmUp: inputs.warmUp,
      interval: inputs.interval,
      drain: inputs.drain,
    },
    onFailure: inputs.onFailure,
    allowOlder: inputs.allowOlder,
    preempt: false,
  }
}

/** Times that contradict each other. @throws InvalidInput */
export function checkTimes(inputs: Pick<SwitchInputs, 'drain' | 'settle' | 'interval'>): void {
  if (inputs.drain < inputs.settle)
    throw new InvalidInput('drain', `${inputs.drain}ms`, `at least the settle time (${inputs.settle}ms)`)
  if (inputs.interval < 100) throw new InvalidInput('interval', `${inputs.interval}ms`, 'at least 100ms')
}
