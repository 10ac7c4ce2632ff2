import { loadGates, readGates, type GateInputs } from '@release-actions/action-world'
import { assertReachable, type Gate } from '@release-actions/judge'
import { applicable, looksAtReadiness, podsReady, type ReleaseGates } from '@release-actions/metrics'
import type { Track } from '@release-actions/ports'
import type { Asked } from './asked.ts'

/**
 * The gates that the user gave, held against the window; readiness is always looked at.
 * @throws InvalidInput naming gate, key, value and line
 */
export async function chooseGates(
  inputs: GateInputs & Pick<Asked['inputs'], 'soak' | 'interval'>,
  workspace: string,
): Promise<readonly Gate[]> {
  const gates = await readGates(inputs, workspace)
  assertReachable('gates', applicable(gates, 'restored-1'), inputs.soak, inputs.interval)
  return gates.some(looksAtReadiness) ? gates : [podsReady(), ...gates]
}

export interface Judged {
  readonly pods: Parameters<typeof loadGates>[1]['pods']
  readonly namespace: string
  readonly service: string
  /** The Deployment that serves what was restored. */
  readonly track: Track
  readonly workload: string
  readonly version: string
  readonly kubeService: string
}

/** The gates of one service, looking at what was restored. */
export async function openGates(
  { inputs, kit, http, gates }: Pick<Asked, 'inputs' | 'kit' | 'http' | 'gates'>,
  judged: Judged,
): Promise<ReleaseGates> {
  const { track, service, workload, version } = judged
  const opening = await loadGates(gates, {
    warmUp: inputs.warmUp,
    interval: inputs.interval,
    http,
    clock: kit.clock,
    pods: judged.pods,
    namespace: judged.namespace,
    workspace: kit.context.workspace,
    env: process.env,
    names: () => ({ service, workload, version, 'kube-service': judged.kubeService }),
  })
  return opening({ candidate: track, baseline: track })
}
