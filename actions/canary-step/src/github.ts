import type { Kit } from '@release-actions/action-kit'
import { openGitHub } from '@release-actions/action-world'
import type { Http } from '@release-actions/http'
import type { Checks, Ledger } from '@release-actions/ports'
import type { CanaryInputs } from './inputs.ts'

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
