import type { Kit } from '@release-actions/action-kit'
import type { Http } from '@release-actions/http'
import type { Checks, Ledger } from '@release-actions/ports'
import { askedAhead } from './asked-ahead.ts'
import { openGitHub } from './github.ts'
import { resolvingIncidents } from './resolve-incident.ts'

/** GitHub's side of a step. */
export interface OpenRecord {
  readonly ledger: Ledger
  readonly checks: Checks
}

/**
 * The record on GitHub; undefined with `record: false`, when nothing of GitHub's is even loaded.
 * @throws InvalidInput without a token
 */
export async function openRecord(
  inputs: { readonly record: boolean; readonly token: string | undefined },
  kit: Pick<Kit, 'context' | 'clock' | 'log'>,
  http: Http,
  environment: string | undefined,
  service: string,
): Promise<OpenRecord | undefined> {
  if (!inputs.record || environment === undefined) return undefined
  const { github, jobUrl, warn } = await openGitHub(inputs.token, kit, http)
  const { createChecks, createIncidents, createLedger } = await import('@release-actions/github')
  const { context, clock, log } = kit
  const { run, sha } = context
  const ledger = createLedger({ github, clock, environment, service, sha, jobUrl, warn })
  // Whoever never had an incident need not hear that the token could not write one: it is no warning.
  const tell = (text: string): void => log.line(text)
  const incidents = createIncidents({ github, clock, environment, service, run, warn: tell })
  return {
    ledger: resolvingIncidents(ledger, incidents, service, tell),
    checks: createChecks({ github, headSha: context.headSha(), jobUrl, warn }),
  }
}

/** What decides whether a step has a record, and whose. */
export interface RecordInputs {
  readonly record: boolean
  readonly dryRun: boolean
  readonly token: string | undefined
  readonly service: string | undefined
  readonly workload: string
}

/**
 * The same, with its history asked for once the requests before it are on their way: GitHub answers while the cluster is
 * looked at, and whoever needs both waits for the slower one only. For a step that may turn out to be finished: what is
 * written after the question is not in the answer.
 * @param load loads what either answer needs, while it is waited for. A failure is said by whoever waits, if anybody does
 * @returns undefined for a dry run, which reads nothing of GitHub's either: it needs no permission there
 */
export function recordAhead(
  inputs: RecordInputs,
  kit: Parameters<typeof openRecord>[1],
  http: Http,
  environment: string | undefined,
  load: (record: OpenRecord | undefined) => Promise<unknown>,
): Promise<OpenRecord | undefined> | undefined {
  if (inputs.dryRun) return undefined
  const record = askAhead(inputs, kit, http, environment, inputs.service ?? inputs.workload)
  record.then(load).catch(() => undefined)
  return record
}

async function askAhead(
  ...[inputs, kit, http, environment, service]: Parameters<typeof openRecord>
): Promise<OpenRecord | undefined> {
  await new Promise((resolve) => setImmediate(resolve))
  const record = await openRecord(inputs, kit, http, environment, service)
  return record === undefined ? undefined : { ...record, ledger: askedAhead(record.ledger) }
}
