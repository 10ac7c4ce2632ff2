import type { Kit } from '@release-actions/action-kit'
import {
  connectCluster,
  newNonce,
  settingOf,
  type ChosenImage,
  type Connected,
} from '@release-actions/action-world'
import type { Http } from '@release-actions/http'
import { approachBlueGreen, type BlueGreenApproach } from '@release-actions/kubernetes'
import type { SwitchInputs } from './inputs.ts'

/** The cluster's side of a step: connected, and the workload found; nothing has been touched. */
export type Setting = BlueGreenApproach &
  Connected & {
    /** What says who serves: `service/shop`. */
    readonly traffic: string
  }

/** @param release false: nothing is to be released, only what is there to be looked after */
export async function openSetting(
  inputs: SwitchInputs,
  kit: Kit,
  http: Http,
  chosen: ChosenImage | undefined,
  release: boolean,
): Promise<Setting> {
  const { clock, context } = kit
  const connection = await connectCluster(inputs, kit)
  const { workload } = inputs
  const traffic = inputs.traffic ?? { kind: 'service', name: workload, text: `service/${workload}` }
  const found = await approachBlueGreen({
    http,
    clock,
    connection,
    namespace: inputs.namespace,
    nonce: newNonce(),
    cancelled: kit.cancelled,
    workload,
    traffic: { kind: traffic.kind, name: traffic.name },
    image: release ? chosen?.image : undefined,
    manifests: release ? inputs.manifests : undefined,
    container: inputs.container,
    service: inputs.liveService,
    previewService: inputs.previewService,
    probe: inputs.probe,
    settle: inputs.settle,
    cwd: context.workspace,
    uses: givesGates(inputs) ? ['gates'] : [],
  })
  const world = { http, connection, service: inputs.service ?? workload }
  return { ...settingOf(found, world, kit), traffic: traffic.text }
}

/** Whether any gate was given. */
export function givesGates(
  inputs: Pick<
    SwitchInputs,
    'preSwitchGates' | 'preSwitchGatesFile' | 'postSwitchGates' | 'postSwitchGatesFile'
  >,
): boolean {
  const { preSwitchGates, preSwitchGatesFile, postSwitchGates, postSwitchGatesFile } = inputs
  return [preSwitchGates, preSwitchGatesFile, postSwitchGates, postSwitchGatesFile].some(
    (given) => given !== undefined,
  )
}
