import { readGates } from '@release-actions/action-world'
import { assertReachable, type Gate } from '@release-actions/judge'
import { applicable, looksAtReadiness, podsReady } from '@release-actions/metrics'
import { InvalidInput } from '@release-actions/values'
import type { SwitchInputs } from './inputs.ts'

/** What must hold before and after the switch; readiness is always looked at. */
export type ChosenGates = Readonly<Record<'pre-switch' | 'post-switch', readonly Gate[]>>

/**
 * The gates that the user gave, held against the soaks.
 * @throws InvalidInput naming gate, key, value and line
 */
export async function chooseGates(inputs: SwitchInputs, workspace: string): Promise<ChosenGates> {
  const [before, after] = await Promise.all([
    readGates(
      { gates: inputs.preSwitchGates, gatesFile: inputs.preSwitchGatesFile },
      workspace,
      {},
      { gates: 'pre-switch-gates', file: 'pre-switch-gates-file' },
    ),
    readGates(
      { gates: inputs.postSwitchGates, gatesFile: inputs.postSwitchGatesFile },
      workspace,
      {},
      { gates: 'post-switch-gates', file: 'post-switch-gates-file' },
    ),
  ])
  const idle = applicable(before, 'pre-switch')
  const lost = before.find((gate) => !idle.includes(gate))
  if (lost !== undefined) {
    throw new InvalidInput(
      'pre-switch-gates',
      lost.name,
      'gates that need no requests of users: none reach the idle colour. Ask it yourself (http, run), or move the gate to post-switch-gates',
    )
  }
  if (inputs.preSwitchSoak > 0)
    assertReachable('pre-switch-gates', before, inputs.preSwitchSoak, inputs.interval)
  assertReachable('post-switch-gates', applicable(after, 'post-switch'), inputs.soak, inputs.interval)
  return { 'pre-switch': withReadiness(before), 'post-switch': withReadiness(after) }
}

function withReadiness(gates: readonly Gate[]): readonly Gate[] {
  return gates.some(looksAtReadiness) ? gates : [podsReady(), ...gates]
}
