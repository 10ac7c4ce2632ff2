import { releaseSummary } from '@release-actions/action-kit'
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
    ports.traffic.preflight(),
    observe(ports, { cancelled: false, window: undefined, obstacle: undefined }),
  ])
  const moves = plannedMoves(goal, seen)
    .filter((move) => isWorthTelling(move) && isForPeople(move))
    .map((move) => describeMove(move, seen))
  const told = [...warnings, ...route.warnings]
  told.forEach((text) => kit.log.warning(text))
  kit.log.group('What would be changed in the route', route.changes)
  kit.log.group('What would be done', moves)
  const message = `${moves.length} moves would release ${goal.release.version} to ${setting.namespace}/${inputs.workload}`
  kit.outputs.set({
    decision: 'planned',
    message,
    weight: seen.traffic.weight,
    evidence: { moves, changes: route.changes },
  })
  kit.summarize(
    releaseSummary({
      service: setting.service,
      environment,
      version: goal.release.version,
      decision: 'planned',
      code: undefined,
      reason: undefined,
      serving: [],
      todo: { kind: 'nothing' },
      gates: [],
      exposure: undefined,
      moves: moves.map((what) => ({ at: undefined, what })),
      split: [],
      pods: [],
      next: [],
      links: [],
      warnings: told,
    }),
  )
  kit.log.line(message)
}
