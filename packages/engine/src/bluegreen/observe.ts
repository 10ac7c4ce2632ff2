import type { ColorsSight } from '@release-actions/ports'
import type { BlueGreenSight, SwitchStage } from '@release-actions/release'
import type { LoopSenses } from '../loop.ts'
import { verdictOf } from '../window.ts'
import type { BlueGreenPorts } from './ports.ts'

export interface BlueGreenObservation {
  readonly seen: BlueGreenSight
  /** More of the workloads than the decision needs: images, digests, ReplicaSets. */
  readonly colors: ColorsSight
}

/** Everything that is decided on, read side by side. */
export async function observeBlueGreen(
  ports: BlueGreenPorts,
  senses: LoopSenses<SwitchStage>,
): Promise<BlueGreenObservation> {
  const [claim, colors, sight] = await Promise.all([
    ports.claims.read(),
    ports.colors.observe(),
    ports.switch.read(),
  ])
  const { own, blue, green, followers, unstamped } = colors
  const { cancelled, obstacle } = senses
  const verdict = verdictOf(senses.window)
  const now = ports.clock.now()
  const workloads = { own, blue, green, switch: sight, followers, unstamped }
  return { seen: { now, claim, ...workloads, verdict, cancelled, obstacle }, colors }
}
