import type { Manifest } from '@release-actions/lab'
import { finalState, type FinalState } from './final-state.ts'
import type { RollbackStand } from './rollback-stand.ts'

/** All that a rollback of two services may leave behind, comparable between two worlds. */
export interface RollbackState extends Pick<FinalState, 'objects' | 'records'> {
  /** By workload. */
  readonly leases: Readonly<Record<string, unknown>>
  readonly jobs: readonly string[]
  readonly incidents: readonly string[]
}

export async function rollbackState({ scene }: RollbackStand): Promise<RollbackState> {
  const { stage, github } = scene
  const [{ objects, records }, leases, jobs] = await Promise.all([
    finalState(scene),
    stage.list('Lease'),
    stage.list('Job'),
  ])
  return {
    objects,
    // Two services side by side: which is written first is nobody's business.
    records: records.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
    leases: Object.fromEntries(leases.map((lease) => [lease.metadata.name, leaseOf(lease)])),
    jobs: jobs.map(({ metadata }) => metadata.name).sort(),
    incidents: github.issues
      .map(({ title, state, labels }) => [title, state, ...labels.map(({ name }) => name)].join(', '))
      .sort(),
  }
}

interface Ended {
  readonly outcome?: string
  readonly release: { readonly version: string }
}

function leaseOf({ metadata }: Manifest): unknown {
  const { 'release-actions.dev/state': text = '{}' } = (metadata['annotations'] ?? {}) as Readonly<
    Record<string, string>
  >
  const {
    inFlight,
    switching,
    redeploying,
    colors,
    last,
    live,
    rolledBack = [],
  } = JSON.parse(text) as {
    readonly [field in 'inFlight' | 'switching' | 'redeploying']?: unknown
  } & {
    readonly colors?: { readonly live: string; readonly warm?: { readonly color: string } }
    readonly last?: Ended
    readonly live?: Ended
    readonly rolledBack?: readonly Ended[]
  }
  return {
    underWay: inFlight ?? switching ?? redeploying ?? 'nothing',
    colors: colors && { live: colors.live, warm: colors.warm?.color },
    last: last && `${last.release.version} ${last.outcome}`,
    live: live && `${live.release.version} ${live.outcome}`,
    rolledBack: rolledBack.map(({ release }) => release.version),
  }
}
