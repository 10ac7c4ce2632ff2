import { readGates } from '@release-actions/action-world'
import { assertReachable, type Gate } from '@release-actions/judge'
import { applicable, looksAtReadiness, podsReady } from '@release-actions/metrics'
import type { CanaryInputs } from './inputs.ts'
import type { Walk } from './walk.ts'

/**
 * The gates that the user gave, held against the soaks; readiness is always looked at.
 * @throws InvalidInput naming gate, key, value and line
 */
export async function chooseGates(
  inputs: CanaryInputs,
  walk: Walk,
  workspace: string,
): Promise<readonly Gate[]> {
  const gates = await readGates(inputs, workspace)
  walk.plan.forEach((weight, at) => {
    assertReachable('gates', applicable(gates, `${weight}`), walk.soaks[at] ?? 0, inputs.interval)
  })
  return gates.some(looksAtReadiness) ? gates : [podsReady(), ...gates]
}
