import type { ActionContext, Kit } from '@release-actions/action-kit'
import { httpOf, openGitHub } from '@release-actions/action-world'
import type { Changed } from '@release-actions/config'
import { changedFiles, readServices } from '@release-actions/github'
import type { LedgerEntry } from '@release-actions/ports'
import { InvalidInput } from '@release-actions/values'
import type { SelectInputs } from './inputs.ts'

/** How far back the last verified release of a service is looked for: a service fails that often before it is fixed. */
const LOOK_BACK = 20

/**
 * What changed, by service. GitHub is asked once for each commit that is compared with.
 * @throws InvalidInput for `since: release` without an environment
 */
export async function openChanges(
  inputs: SelectInputs,
  kit: Kit,
  services: readonly string[],
): Promise<(service: string) => Changed> {
  const { changedFiles: listed, environment, since, base } = inputs
  if (listed !== undefined) return () => ({ kind: 'known', paths: listed })
  const http = httpOf(kit)
  try {
    const { github, warn } = await openGitHub(inputs.token, kit, http)
    const head = inputs.head ?? kit.context.headSha()
    const byBase = new Map<string, Promise<Changed>>()
    const against = (sha: string): Promise<Changed> => {
      const asked = byBase.get(sha) ?? changedFiles(github, sha, head)
      byBase.set(sha, asked)
      return asked
    }
    if (base === undefined && (since === 'release' || (since === 'auto' && environment !== undefined))) {
      if (environment === undefined) {
        throw new InvalidInput('since', since, 'it with environment, whose releases it compares with')
      }
      const histories = await readServices({ github, environment, warn }, LOOK_BACK)
      const found = await Promise.all(
        services.map(async (service) => {
          const since = comparedWith(histories.get(service) ?? [])
          const never: Changed = { kind: 'unknown', reason: `it has no verified release to ${environment}` }
          return [service, since === undefined ? never : await against(since)] as const
        }),
      )
      const changes = new Map(found)
      return (service) => changes.get(service) ?? { kind: 'unknown', reason: 'it was not compared' }
    }
    const before = base ?? baseOf(kit.context)
    const changed: Changed =
      before === undefined
        ? { kind: 'unknown', reason: `a run of ${kit.context.eventName} has no commit before it` }
        : await against(before)
    return () => changed
  } finally {
    http.close()
  }
}

/**
 * The commit of the last verified release; undefined without one. When that was a rollback, the commit that was taken
 * back: what a person has rejected is not offered again until something of it changes.
 * @param history newest first
 */
function comparedWith(history: readonly LedgerEntry[]): string | undefined {
  const at = history.findIndex(({ verified }) => verified)
  const last = history[at]
  if (last?.record.kind !== 'rollback') return last?.sha
  return history.slice(at + 1).find(({ record }) => record.kind === 'release')?.sha ?? last.sha
}

/** The commit before what triggered the run, as its event tells it. */
function baseOf(context: ActionContext): string | undefined {
  const event = context.event()
  const found =
    at(event, 'pull_request', 'base', 'sha') ?? at(event, 'merge_group', 'base_sha') ?? at(event, 'before')
  return typeof found === 'string' && /^[0-9a-f]{40}$/.test(found) ? found : undefined
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, name) =>
      typeof found === 'object' && found !== null
        ? (found as Readonly<Record<string, unknown>>)[name]
        : undefined,
    value,
  )
}
