import {
  baseColor,
  decideSwitch,
  type BlueGreenGoal,
  type BlueGreenMove,
  type SwitchEnd,
  type Switching,
  type SwitchStage,
} from '@release-actions/release'
import type { Milliseconds } from '@release-actions/values'
import type { JournalEntry } from '../listener.ts'
import { runLoop } from '../loop.ts'
import { actSwitch, type SwitchAct } from './act.ts'
import { describeSwitchMove, isSwitchMoveWorthTelling, type BlueGreenListener } from './journal.ts'
import { observeBlueGreen, type BlueGreenObservation } from './observe.ts'
import type { BlueGreenPorts } from './ports.ts'

export interface BlueGreenEnd {
  readonly end: SwitchEnd
  /** The world as it was when the end was decided. */
  readonly last: BlueGreenObservation
  readonly journal: readonly JournalEntry<BlueGreenMove['kind']>[]
  /** What was in flight when it was last seen: the Lease forgets it when the release has ended. */
  readonly flight: Switching | undefined
  /** The pods' own words, when the release was taken back or could not go on: read before they are removed. */
  readonly words: readonly string[]
  /** From the decision to the patch having been accepted, of the last switch that this process made. */
  readonly switchedMs: Milliseconds | undefined
}

/**
 * Observe, decide, act, until the end. It ends by returning, also when the release failed.
 * @param cancelled aborts on the runner's signal
 * @throws ReleaseError when the cluster cannot be observed, for longer than the timeout
 */
export async function runBlueGreen(
  goal: BlueGreenGoal,
  ports: BlueGreenPorts,
  cancelled: AbortSignal,
  listener: BlueGreenListener = {},
): Promise<BlueGreenEnd> {
  const { clock } = ports
  let flight: Switching | undefined
  let switchedMs: Milliseconds | undefined
  const timed: BlueGreenPorts = {
    ...ports,
    switch: {
      ...ports.switch,
      set: (to, fence) => measured(() => ports.switch.set(to, fence)),
      back: (to, fence) => measured(() => ports.switch.back(to, fence)),
    },
  }
  const ended = await runLoop<BlueGreenObservation, SwitchAct, SwitchEnd, SwitchStage, SwitchAct['kind']>(
    {
      ports,
      timeout: goal.timing.timeout,
      observe: (senses) => observeBlueGreen(ports, senses),
      decide: (seen) => decideSwitch(goal, seen),
      act: (move, seeing, acting) => actSwitch(move, seeing, { ...acting, ports: timed, goal }),
      describe: describeSwitchMove,
      isWorthTelling: isSwitchMoveWorthTelling,
      share: (seen) => (seen.switch.to === seen.claim.state.switching?.to ? 100 : 0),
      underWay: (state) => state.switching,
      isWayBack: (move) => move.kind === 'switch-back',
      isParting: (move, seen) =>
        move.kind === 'scale' && move.replicas === 0 && seen.claim.state.switching?.retreat !== undefined,
      explain: async () => {
        if (flight === undefined) return []
        return ports.colors.explain(flight.phase.name === 'adopting' ? baseColor(flight) : flight.to)
      },
      looked: ({ seen }) => {
        flight = seen.claim.state.switching ?? flight
        return Promise.resolve()
      },
    },
    cancelled,
    listener,
  )
  return { ...ended, flight, switchedMs }

  async function measured(patch: () => Promise<void>): Promise<void> {
    const begin = clock.now()
    await patch()
    switchedMs = clock.now() - begin
  }
}
