import type { LeaseState, ReleaseId } from '../in-flight.ts'
import type { To } from './choose-target.ts'
import { isSameVersion, type Identity } from './identity.ts'

/** One ReplicaSet of the workload: a template that it has had. */
export interface Revision {
  readonly replicaSet: string
  /** `deployment.kubernetes.io/revision`: it rises with every rollout, also one back to an old template. */
  readonly revision: number
  readonly release: ReleaseId
}

/** What the cluster itself remembers. */
export interface ClusterMemory {
  readonly state: LeaseState
  readonly revisions: readonly Revision[]
}

export type ClusterChoice =
  | {
      readonly kind: 'target'
      readonly release: ReleaseId
      /** How it is known, as the end of a sentence: `what served before the canary began`. */
      readonly source: string
    }
  | { readonly kind: 'none'; readonly reason: string }

interface Remembered {
  readonly release: ReleaseId
  readonly source: string
}

/**
 * What to go back to when the record cannot be read: what served before a release that is in flight, the colour that
 * is warm, else the newest other revision. Whether it was verified is not known: that is in the record only.
 */
export function chooseFromCluster(to: To, memory: ClusterMemory, running: Identity): ClusterChoice {
  const known = remembered(memory)
  switch (to.kind) {
    case 'deployment':
      return { kind: 'none', reason: `Deployment ${to.id} is in the record only, which cannot be read` }
    case 'version': {
      const found = known.find(({ release }) => release.version === to.version)
      if (found !== undefined) return { kind: 'target', ...found }
      const names = [...new Set(known.map(({ release }) => release.version))]
      return {
        kind: 'none',
        reason: `the cluster does not remember version ${to.version} (it remembers ${names.join(', ') || 'none'})`,
      }
    }
    case 'previous': {
      const bad = (release: ReleaseId): boolean =>
        isSameVersion(release, running) || wasTakenBack(release, memory.state)
      const found = known.find(({ release }) => !bad(release))
      if (found !== undefined) return { kind: 'target', ...found }
      return { kind: 'none', reason: 'the cluster remembers no earlier version that was not taken back' }
    }
  }
}

/** The best known first. */
function remembered({ state, revisions }: ClusterMemory): readonly Remembered[] {
  const { inFlight, switching, colors, redeploying } = state
  return [
    ...(inFlight === undefined
      ? []
      : [{ release: inFlight.base.release, source: 'what served before the canary began' }]),
    ...(switching === undefined
      ? []
      : [{ release: switching.base.release, source: 'what served before the blue/green release began' }]),
    ...(redeploying === undefined
      ? []
      : [{ release: redeploying.release, source: 'what an interrupted rollback was restoring' }]),
    ...(colors?.warm === undefined
      ? []
      : [{ release: colors.warm.release, source: `the ${colors.warm.color} colour, which is still warm` }]),
    ...revisions
      .toSorted((a, b) => b.revision - a.revision)
      .map(({ release, revision, replicaSet }) => ({
        release,
        source: `revision ${revision} (ReplicaSet ${replicaSet})`,
      })),
  ]
}

/** As the Lease knows it: taken back by a rollback, or by its own gates the last time. */
function wasTakenBack(release: ReleaseId, { last, live, rolledBack = [] }: LeaseState): boolean {
  const back = rolledBack.find((each) => isSameVersion(each.release, release))
  if (back !== undefined)
    return live === undefined || !isSameVersion(live.release, release) || live.at <= back.at
  return last?.outcome === 'retreated' && last.restoring !== true && isSameVersion(last.release, release)
}
