import { InvalidInput, type Milliseconds, type Percent } from '@release-actions/values'
import type { CanaryInputs } from './inputs.ts'

/** The part of the goal that says how far to go, and how long to stay. */
export interface Walk {
  readonly plan: readonly Percent[]
  readonly until: Percent
  readonly soaks: readonly Milliseconds[]
  readonly promote: boolean
}

const DEFAULT_PLAN: readonly Percent[] = [5, 25, 50, 100]

type WalkInputs = Pick<
  CanaryInputs,
  'plan' | 'weight' | 'soak' | 'promote' | 'traffic' | 'drain' | 'settle' | 'interval'
>

/**
 * Plan, weight, soaks and promotion, held against each other.
 * @throws InvalidInput
 */
export function walkOf(inputs: WalkInputs): Walk {
  const alone = inputs.plan === undefined && inputs.weight !== undefined
  const plan = alone && inputs.weight !== undefined ? [inputs.weight] : (inputs.plan ?? DEFAULT_PLAN)
  const last = plan.at(-1)
  if (last === undefined) throw new InvalidInput('plan', '', 'at least one weight, such as 5, 25, 50, 100')
  plan.forEach((weight, i) => {
    const before = plan[i - 1]
    if (before !== undefined && weight <= before)
      throw new InvalidInput('plan', plan.join(', '), 'weights that rise, each above the one before')
  })
  const until = inputs.weight ?? last
  if (!plan.includes(until))
    throw new InvalidInput('weight', until, `a weight of the plan (${plan.join(', ')})`)
  if (inputs.traffic.kind === 'replicas' && plan.includes(0)) {
    throw new InvalidInput(
      alone ? 'weight' : 'plan',
      plan.join(', '),
      'weights above 0: with traffic: replicas every ready pod gets traffic',
    )
  }
  if (inputs.drain < inputs.settle)
    throw new InvalidInput('drain', `${inputs.drain}ms`, `at least the settle time (${inputs.settle}ms)`)
  if (inputs.interval < 100) throw new InvalidInput('interval', `${inputs.interval}ms`, 'at least 100ms')
  return {
    plan,
    until,
    soaks: soaksOf(inputs.soak, plan),
    promote: promotes(inputs.promote, alone, until, last),
  }
}

function soaksOf(soaks: readonly Milliseconds[], plan: readonly Percent[]): readonly Milliseconds[] {
  const [only] = soaks
  if (only === undefined) throw new InvalidInput('soak', '', 'a duration such as 5m')
  if (soaks.length === 1) return plan.map(() => only)
  if (soaks.length !== plan.length) {
    throw new InvalidInput(
      'soak',
      soaks.map((ms) => `${ms}ms`).join(', '),
      `one duration, or one for each of the ${plan.length} weights of the plan`,
    )
  }
  return soaks
}

function promotes(promote: CanaryInputs['promote'], alone: boolean, until: Percent, last: Percent): boolean {
  if (promote !== 'auto') return promote === 'true'
  // A weight alone is a step on a walk that other steps go on with: only 100 is its end.
  return alone ? until === 100 : until === last
}
