import type { ClusterSight, GateWindow } from '@release-actions/ports'
import type { CanarySight, Obstacle, Stage, VerdictSight } from '@release-actions/release'
import type { CanaryPorts } from './ports.ts'

/** The window that this process has open: evidence, read like any other instrument. */
export interface OpenWindow {
  readonly stage: Stage
  readonly gates: GateWindow
}

/** What `observe` reads besides the ports. */
export interface Senses {
  readonly cancelled: boolean
  readonly window: OpenWindow | undefined
  readonly obstacle: Obstacle | undefined
}

export interface Observation {
  readonly seen: CanarySight
  /** More of the workloads than the decision needs: images, digests, ReplicaSets. */
  readonly cluster: ClusterSight
}

/** Everything that is decided on, read side by side. */
export async function observe(ports: CanaryPorts, senses: Senses): Promise<Observation> {
  const [claim, cluster, traffic] = await Promise.all([
    ports.claims.read(),
    ports.cluster.observe(),
    ports.traffic.read(),
  ])
  const { stable, canary, autoscaler, unstamped } = cluster
  const { cancelled, obstacle } = senses
  const verdict = verdictOf(senses.window)
  const now = ports.clock.now()
  return {
    seen: { now, claim, stable, canary, traffic, autoscaler, unstamped, verdict, cancelled, obstacle },
    cluster,
  }
}

function verdictOf(window: OpenWindow | undefined): VerdictSight {
  if (window === undefined) return { kind: 'none' }
  const { stage } = window
  const verdict = window.gates.verdict()
  switch (verdict.kind) {
    case 'judging':
    case 'pass':
      return { kind: verdict.kind, stage }
    case 'hold':
      return { kind: 'hold', stage, reason: verdict.reason }
    case 'fail':
      return { kind: 'fail', stage, code: verdict.code, reason: verdict.reason }
  }
}
