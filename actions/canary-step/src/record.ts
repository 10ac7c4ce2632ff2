import type { Kit } from '@release-actions/action-kit'
import { openGitHub } from '@release-actions/action-world'
import { Recorder } from '@release-actions/engine'
import type { Http } from '@release-actions/http'
import type { Checks, Ledger } from '@release-actions/ports'
import type { ReleaseGoal } from '@release-actions/release'
import type { CanaryInputs } from './inputs.ts'
import type { Setting } from './setting.ts'

/** GitHub's side of a step. */
export interface Record {
  readonly ledger: Ledger
  readonly checks: Checks
}

/**
 * The record on GitHub; undefined with `record: false`, when nothing of GitHub's is even loaded.
 * @throws InvalidInput without a token
 */
export async function openRecord(
  inputs: CanaryInputs,
  kit: Kit,
  http: Http,
  environment: string | undefined,
  service: string,
): Promise<Record | undefined> {
  if (!inputs.record || environment === undefined) return undefined
  const { github, jobUrl, warn } = await openGitHub(inputs.token, kit, http)
  const { createChecks, createLedger } = await import('@release-actions/github')
  const { context, clock } = kit
  return {
    ledger: createLedger({ github, clock, environment, service, sha: context.sha, jobUrl, warn }),
    checks: createChecks({ github, headSha: context.headSha(), jobUrl, warn }),
  }
}

/** The release that is recorded. */
export interface RecordedStep {
  readonly inputs: CanaryInputs
  readonly kit: Kit
  readonly goal: ReleaseGoal
  readonly setting: Setting
  readonly container: string
}

export function recorderOf(
  ledger: Ledger,
  { inputs, kit, goal, setting, container }: RecordedStep,
  warn: (text: string) => void,
): Recorder {
  const target = {
    cluster: setting.connection.cluster,
    namespace: setting.namespace,
    workload: inputs.workload,
    container,
    traffic: inputs.traffic.text,
  }
  return new Recorder(ledger, goal, { service: setting.service, strategy: 'canary', target }, kit.clock, {
    warn,
    move: () => undefined,
  })
}
