import { sayPlanned } from '@release-actions/action-world'
import { describeMove, isForPeople, isWorthTelling, observe, type CanaryPorts } from '@release-actions/engine'
import { plannedMoves } from '@release-actions/release'
import type { Release } from './release.ts'

/** Looks, proves that it would be allowed, and says what it would do: nothing is written, anywhere. */
export async function plan(
  ports: CanaryPorts,
  { inputs, kit, goal, setting, environment }: Release,
): Promise<void> {
  const [warnings, route, { seen }] = await Promise.all([
    ports.cluster.preflight(),
    ports.traffic.preflight(goal.plan),
    observe(ports, { cancelled: false, window: undefined, obstacle: undefined }),
  ])
  const moves = plannedMoves(goal, seen)
    .filter((move) => isWorthTelling(move) && isForPeople(move))
    .map((move) => describeMove(move, seen))
  sayPlanned({
    kit,
    service: setting.service,
    namespace: setting.namespace,
    workload: inputs.workload,
    environment,
    version: goal.release.version,
    weight: seen.traffic.weight,
    moves,
    changes: route.changes,
    where: 'in the route',
    warnings: [...warnings, ...route.warnings],
  })
}
