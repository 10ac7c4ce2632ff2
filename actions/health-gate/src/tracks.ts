import type { TrackNames } from '@release-actions/metrics'
import type { GateInputs } from './inputs.ts'

/** The tracks of a gate that stands alone: the workload is judged as a canary, the baseline as its stable. */
export const CANDIDATE = 'canary'
export const BASELINE = 'stable'

/** What the templates say of a track, but the service, which is the same for both. */
export type WorkloadNames = Omit<TrackNames, 'service'>

/** Without a workload: what is not known has been refused where a gate needs it. */
export function unnamed(inputs: Pick<GateInputs, 'version'>): WorkloadNames {
  return { workload: 'no workload', version: inputs.version ?? '', 'kube-service': '' }
}
