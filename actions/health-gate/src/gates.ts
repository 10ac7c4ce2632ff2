import { readGates } from '@release-actions/action-world'
import {
  assertReachable,
  looksAtPods,
  namesIn,
  reachesCluster,
  type Gate,
  type TemplateName,
} from '@release-actions/judge'
import { InvalidInput } from '@release-actions/values'
import type { GateInputs } from './inputs.ts'

/** What is judged, and what of the world that takes. */
export interface ChosenGates {
  readonly gates: readonly Gate[]
  /** Some gate, or `workload`, needs the cluster. Else no kubeconfig is looked for. */
  readonly cluster: boolean
  /** Templates that the gates use. */
  readonly names: ReadonlySet<TemplateName>
}

/**
 * The gates that the user gave, held against the window and against what is known of the workload, so that nothing
 * is found out minutes later.
 * @throws InvalidInput
 */
export async function chooseGates(inputs: GateInputs, workspace: string): Promise<ChosenGates> {
  const { workload, baseline, interval, soak } = inputs
  if (inputs.gates === undefined && inputs.gatesFile === undefined) {
    throw new InvalidInput('gates', undefined, 'a YAML list of gates, or gates-file')
  }
  if (interval < 100) throw new InvalidInput('interval', `${interval}ms`, 'at least 100ms')
  if (baseline !== undefined && workload === undefined) {
    throw new InvalidInput('baseline', baseline, 'it together with workload, which is compared with it')
  }
  if (baseline !== undefined && baseline === workload) {
    throw new InvalidInput('baseline', baseline, 'another Deployment than workload')
  }
  const gates = await readGates(inputs, workspace, { baseline: baseline !== undefined })
  assertReachable('gates', gates, soak, interval)
  const names = new Set(gates.flatMap(namesIn))
  if (workload === undefined) gates.forEach((gate) => standsAlone(gate, inputs))
  const cluster = workload !== undefined || gates.some(reachesCluster)
  if (!cluster) gates.forEach((gate) => needs(gate, 'namespace', 'namespace', inputs.namespace))
  return { gates, cluster, names }
}

/** A gate that is judged without a workload. */
function standsAlone(gate: Gate, { workload, version }: GateInputs): void {
  if (looksAtPods(gate)) {
    throw new InvalidInput('workload', undefined, `a Deployment: gate "${gate.name}" looks at its pods`)
  }
  needs(gate, 'workload', 'workload', workload)
  needs(gate, 'version', 'version', version)
  needs(gate, 'kube-service', 'workload', workload)
}

/** An empty text in a URL or a query would ask something else than was meant. */
function needs(gate: Gate, template: TemplateName, input: string, value: string | undefined): void {
  if (value !== undefined || !namesIn(gate).includes(template)) return
  throw new InvalidInput(input, undefined, `a value: gate "${gate.name}" has the template {{ ${template} }}`)
}
