import { releaseSummary, type Kit } from '@release-actions/action-kit'
import type { Percent } from '@release-actions/values'

export interface Planned {
  readonly kit: Kit
  readonly service: string
  readonly namespace: string
  readonly workload: string
  readonly environment: string | undefined
  readonly version: string
  /** The new version's share now. */
  readonly weight: Percent
  /** What would be done, in order. */
  readonly moves: readonly string[]
  /** What of the user's objects would be changed, and where: `in the route`. */
  readonly changes: readonly string[]
  readonly where: string
  readonly warnings: readonly string[]
}

/** Says what a dry run found: log, outputs and summary. */
export function sayPlanned(planned: Planned): void {
  const { kit, service, environment, version, moves, changes, warnings } = planned
  warnings.forEach((text) => kit.log.warning(text))
  kit.log.group(`What would be changed ${planned.where}`, changes)
  kit.log.group('What would be done', moves)
  const message = `${moves.length} moves would release ${version} to ${planned.namespace}/${planned.workload}`
  kit.outputs.set({ decision: 'planned', message, weight: planned.weight, evidence: { moves, changes } })
  kit.summarize(
    releaseSummary({
      service,
      environment,
      version,
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
      warnings,
    }),
  )
  kit.log.line(message)
}
