import { sayPlanned } from '@release-actions/action-world'
import {
  describeSwitchMove,
  isForPeople,
  isSwitchMoveWorthTelling,
  observeBlueGreen,
  type BlueGreenPorts,
} from '@release-actions/engine'
import { plannedSwitchMoves } from '@release-actions/release'
import type { Release } from './release.ts'

/** Looks, proves that it would be allowed, and says what it would do: nothing is written, anywhere. */
export async function plan(
  ports: BlueGreenPorts,
  { inputs, kit, goal, setting, environment }: Release,
): Promise<void> {
  const [warnings, switched, { seen }] = await Promise.all([
    ports.colors.preflight(),
    ports.switch.preflight(),
    observeBlueGreen(ports, { cancelled: false, window: undefined, obstacle: undefined }),
  ])
  const moves = plannedSwitchMoves(goal, seen)
    .filter((move) => isSwitchMoveWorthTelling(move) && isForPeople(move))
    .map((move) => describeSwitchMove(move, seen))
  sayPlanned({
    kit,
    service: setting.service,
    namespace: setting.namespace,
    workload: inputs.workload,
    environment,
    version: goal.release.version,
    weight: 0,
    moves,
    changes: switched.changes,
    where: 'of your objects',
    warnings: [...warnings, ...switched.warnings],
  })
}
