import type { AbortGoal, ReleaseGoal } from '@release-actions/release'

export const MINUTE = 60_000

/** Release version 2 in two steps, a minute each. */
export function goalOf(over: Partial<ReleaseGoal> = {}): ReleaseGoal {
  return {
    kind: 'release',
    release: { version: '2', digest: undefined, image: 'app:2', template: 'new' },
    run: { id: 7, attempt: 1 },
    traffic: 'httproute/shop',
    plan: [25, 100],
    until: 100,
    promote: true,
    soaks: [MINUTE, MINUTE],
    timing: { timeout: 10 * MINUTE, warmUp: 0, interval: 10_000, drain: 30_000 },
    onFailure: 'retreat',
    allowOlder: false,
    ...over,
  }
}

/** What `post:` asks for. */
export function abortOf(goal: ReleaseGoal): AbortGoal {
  return {
    kind: 'abort',
    run: goal.run,
    timing: goal.timing,
    reason: 'the step was cancelled',
    preempt: false,
  }
}
