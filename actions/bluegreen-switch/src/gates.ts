import { loadGates, type GateWorld } from '@release-actions/action-world'
import type { ReleaseGates, StageReport } from '@release-actions/metrics'
import type { Gates } from '@release-actions/ports'
import { otherColor, type Color, type SwitchStage } from '@release-actions/release'
import type { ChosenGates } from './choose-gates.ts'

/** The gates of a switch: each stage has its own. */
export interface SwitchGates extends Gates<SwitchStage> {
  reports(): readonly StageReport[]
}

/**
 * @param color which colour gets the new version; asked when a window is opened, for only then it is certain
 * @throws InvalidInput for a gate that cannot be sampled here
 */
export async function openGates(
  gates: ChosenGates,
  world: GateWorld,
  color: () => Color,
): Promise<SwitchGates> {
  const [before, after] = await Promise.all([
    // Caches warm up under requests: the idle colour has none.
    loadGates(gates['pre-switch'], { ...world, warmUp: 0 }),
    loadGates(gates['post-switch'], world),
  ])
  const opened: ReleaseGates[] = []
  return {
    open(stage, soak) {
      const tracks = { candidate: color(), baseline: otherColor(color()) }
      const stageGates = (stage === 'pre-switch' ? before : after)(tracks)
      opened.push(stageGates)
      return stageGates.open(stage, soak)
    },
    reports: () => opened.flatMap((each) => each.reports()),
  }
}
