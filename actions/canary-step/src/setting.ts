import type { Kit } from '@release-actions/action-kit'
import {
  connectCluster,
  newNonce,
  settingOf,
  type ChosenImage,
  type Connected,
} from '@release-actions/action-world'
import type { Http } from '@release-actions/http'
import { approach, type Approach } from '@release-actions/kubernetes'
import type { CanaryInputs } from './inputs.ts'

/** The cluster's side of a step: connected, and the workload found; nothing has been touched. */
export type Setting = Approach & Connected

export async function openSetting(
  inputs: CanaryInputs,
  kit: Kit,
  http: Http,
  chosen: ChosenImage | undefined,
  release: boolean,
): Promise<Setting> {
  const { clock, context } = kit
  const connection = await connectCluster(inputs, kit)
  const { traffic } = inputs
  const found = await approach({
    http,
    clock,
    connection,
    namespace: inputs.namespace,
    nonce: newNonce(),
    cancelled: kit.cancelled,
    workload: inputs.workload,
    traffic: traffic.kind === 'httproute' ? { kind: 'httproute', name: traffic.name } : { kind: 'replicas' },
    image: release ? chosen?.image : undefined,
    manifests: release ? inputs.manifests : undefined,
    container: inputs.container,
    rule: inputs.rule,
    stableService: inputs.stableService,
    canaryService: inputs.canaryService,
    canaryLabels: inputs.canaryLabels === undefined ? undefined : Object.fromEntries(inputs.canaryLabels),
    settle: inputs.settle,
    cwd: context.workspace,
    uses: inputs.gates === undefined && inputs.gatesFile === undefined ? [] : ['gates'],
  })
  return settingOf(found, { http, connection, service: inputs.service ?? inputs.workload }, kit)
}
