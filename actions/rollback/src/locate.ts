import type { LedgerEntry } from '@release-actions/ports'
import type { Asked } from './asked.ts'

/** Where a service's objects are. */
export interface Location {
  readonly workload: string
  /** undefined: that of the kubeconfig's context. */
  readonly namespace: string | undefined
  readonly container: string | undefined
  /** `httproute/shop`; undefined: nobody says. */
  readonly traffic: string | undefined
}

/** What is given wins, then what the newest record says; a service that nothing is known of is called like its workload. */
export function locate(
  { inputs, connection }: Pick<Asked, 'inputs' | 'connection'>,
  service: string,
  entries: readonly LedgerEntry[],
): Location {
  const fitting = entries.filter(
    ({ record: { target } }) =>
      (inputs.workload === undefined || target.workload === inputs.workload) &&
      (inputs.namespace === undefined || target.namespace === inputs.namespace),
  )
  // A service may be in several clusters; the name of one is the kubeconfig's, and may differ from job to job.
  const here = fitting.filter(({ record: { target } }) => target.cluster === connection.cluster)
  const target = (here[0] ?? fitting[0])?.record.target
  return {
    workload: inputs.workload ?? target?.workload ?? service,
    namespace: inputs.namespace ?? target?.namespace,
    container: inputs.container ?? target?.container,
    traffic: inputs.traffic ?? target?.traffic,
  }
}

/** The releases that went where this one did: only those can be gone back to. */
export function atLocation(
  entries: readonly LedgerEntry[],
  { workload, namespace }: Location,
  cluster: string,
): readonly LedgerEntry[] {
  const fitting = entries.filter(
    ({ record: { target } }) =>
      target.workload === workload && (namespace === undefined || target.namespace === namespace),
  )
  const here = fitting.filter(({ record: { target } }) => target.cluster === cluster)
  return here.length > 0 ? here : fitting
}
