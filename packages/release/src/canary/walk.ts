import type { Milliseconds, Percent } from '@release-actions/values'
import type { InFlight } from '../in-flight.ts'
import type { ReleaseGoal } from './goal.ts'

/** The next weight to reach, with its soak; `end` when this step's weights have all passed. */
export type NextStep =
  | { readonly kind: 'step'; readonly weight: Percent; readonly soak: Milliseconds }
  | { readonly kind: 'end' }
  /** The step asks for a weight before its turn. */
  | { readonly kind: 'skips'; readonly first: Percent }

/** Where the walk stands: pure, from what the Lease says has passed. */
export function nextStep(goal: ReleaseGoal, flight: InFlight | undefined): NextStep {
  const passed = flight?.passed ?? []
  const reached = passed.length === 0 ? -1 : Math.max(...passed)
  const skipped = skippedWeight(goal, flight, reached)
  if (skipped !== undefined) return { kind: 'skips', first: skipped }
  const index = goal.plan.findIndex((weight) => weight > reached && weight <= goal.until)
  const weight = goal.plan[index]
  if (weight === undefined) return { kind: 'end' }
  return { kind: 'step', weight, soak: goal.soaks[index] ?? 0 }
}

/** A plan of one is a step on the plan that is in flight: what that plan has before it must have passed. */
function skippedWeight(
  goal: ReleaseGoal,
  flight: InFlight | undefined,
  reached: Percent,
): Percent | undefined {
  if (flight === undefined || goal.plan.length !== 1) return undefined
  return flight.plan.find((weight) => weight > reached && weight < goal.until)
}

/** The plan to write on the Lease: the one in flight, extended by the weights that this step adds. */
export function mergedPlan(goal: ReleaseGoal, flight: InFlight | undefined): readonly Percent[] {
  if (flight === undefined || goal.plan.length > 1) return goal.plan
  return [...new Set([...flight.plan, ...goal.plan])].sort((a, b) => a - b)
}
