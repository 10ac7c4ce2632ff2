import type { Kit } from '@release-actions/action-kit'
import type { Http } from '@release-actions/http'
import type { Checks, Ledger } from '@release-actions/ports'
import { InvalidInput } from '@release-actions/values'
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
  const { token } = inputs
  if (token === undefined) throw new InvalidInput('token', undefined, '${{ github.token }}, or record: false')
  const { createChecks, createGitHub, createLedger, findJobUrl } = await import('@release-actions/github')
  const { context, clock, log } = kit
  const { owner, repo, apiUrl, graphqlUrl, sha } = context
  const github = createGitHub({ http, clock, token, owner, repo, apiUrl, graphqlUrl })
  let url: Promise<string> | undefined
  const jobUrl = (): Promise<string> => (url ??= findJobUrl(github, context))
  const warn = (text: string): void => log.warning(text)
  return {
    ledger: createLedger({ github, clock, environment, service, sha, jobUrl, warn }),
    checks: createChecks({ github, headSha: context.headSha(), jobUrl, warn }),
  }
}
