import type { AbortGoal, SwitchGoal } from '@release-actions/release'
import { MINUTE } from './goals.ts'

/** Release version 2, and keep the old colour for an hour. */
export function switchGoal(over: Partial<SwitchGoal> = {}): SwitchGoal {
  return {
    kind: 'switch',
    release: { version: '2', digest: undefined, image: 'app:2', template: 'new' },
    run: { id: 7, attempt: 1 },
    traffic: 'service/shop',
    color: 'idle',
    preSwitchSoak: 0,
    soak: MINUTE,
    keep: 60 * MINUTE,
    timing: { timeout: 10 * MINUTE, warmUp: 0, interval: 10_000, drain: 30_000 },
    onFailure: 'retreat',
    allowOlder: false,
    preempt: false,
    ...over,
  }
}

/** What `post:` asks for. */
export function abortSwitch({ run, timing }: SwitchGoal = switchGoal()): AbortGoal {
  return { kind: 'abort', run, timing, reason: 'the step was cancelled', preempt: false }
}
