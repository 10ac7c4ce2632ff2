import type {
  Identity,
  LeaseState,
  ReleaseId,
  Revision,
  RunId,
  WorkloadGlance,
} from '@release-actions/release'
import { Conflict, NotFound } from '@release-actions/values'
import { proveAccess } from '../access.ts'
import { openCanary, type CanaryOptions } from '../approach.ts'
import type { Target } from '../canary/target.ts'
import type { Client } from '../client.ts'
import type { KubernetesCanary } from '../kubernetes.ts'
import { leaseName, OWNER } from '../names.ts'
import type { ReplicaSet } from '../objects.ts'
import { roleRules, type RoleRule } from '../role.ts'
import { selectorText } from '../selectors.ts'
import { releaseOf, restorationOf, revisionsOf, type Restoration } from './restoration.ts'
import { seeColors } from './see-colors.ts'

export interface RollbackOptions extends Omit<CanaryOptions, 'traffic' | 'image' | 'manifests' | 'uses'> {
  /** What splits or switches its traffic, as the record or the Lease says: `httproute/shop`, `service/shop`. */
  readonly traffic: string | undefined
  /** What preflight proves besides: `hooks`. */
  readonly uses: readonly RoleRule['when'][]
}

/** What is seen of a workload before the way back is chosen. */
export interface RollbackSurvey extends WorkloadGlance {
  readonly state: LeaseState
  /** Who works on it, if anybody. */
  readonly holder: RunId | undefined
  /** What its own Deployment is set to, with the digest that its pods run. */
  readonly stable: ReleaseId
  /** The templates that it has had, the newest first. */
  readonly revisions: readonly Revision[]
}

/** One workload that is to be taken back, behind the ports of a canary's Cluster and Traffic. */
export interface KubernetesRollback extends Omit<KubernetesCanary, 'target'> {
  readonly target: Pick<Target, 'workload' | 'container' | 'stableService'>
  survey(): Promise<RollbackSurvey>
  /** How to run that release again; read anew, since what is in flight may have been ended in between. */
  restoration(wanted: Identity): Promise<Restoration>
  /** A Service selects the workload's pods: else nothing lists them, and nothing is waited for. */
  readonly serviced: boolean
  /**
   * Refuses what cannot be set back, and proves that it is allowed, before anything is touched.
   * @throws Forbidden with the lines to add, Conflict
   */
  preflight(): Promise<void>
}

/**
 * Finds a workload that is to be taken back; reads only.
 * @throws NotFound, InvalidInput, Forbidden, Unreachable
 */
export async function openRollback(options: RollbackOptions): Promise<KubernetesRollback> {
  const route = /^httproute\/(.+)$/.exec(options.traffic ?? '')?.[1]
  let canary: KubernetesCanary
  try {
    canary = await openCanary({
      ...options,
      traffic: route === undefined ? { kind: 'replicas' } : { kind: 'httproute', name: route },
      uses: [],
    })
  } catch (error) {
    if (!(error instanceof NotFound)) throw error
    return (await import('./without-own.ts')).openWithoutOwn(options, error)
  }
  const { client, target } = canary
  const { workload, container } = target
  const service = await client.find('Service', target.stableService)
  const switched = /^service\/(.+)$/.exec(options.traffic ?? '')?.[1] ?? target.stableService
  const colors = { workload, container, route, service: switched }

  async function sets(): Promise<readonly ReplicaSet[]> {
    const labels = selectorText(target.deployment.spec?.selector ?? {})
    return (await client.list('ReplicaSet', { labels })).items
  }

  return {
    ...canary,
    serviced: service !== undefined,
    async survey() {
      const reading = canary.claims.read()
      const [claim, seen, { stable }, deployment, replicaSets] = await Promise.all([
        reading,
        seeColors(
          client,
          colors,
          reading.then(({ state }) => state),
        ),
        canary.cluster.observe(),
        client.get('Deployment', workload),
        sets(),
      ])
      const named = releaseOf(deployment.spec?.template, container)
      return {
        ...seen,
        holder: claim.kind === 'held' ? claim.by : undefined,
        stable: { ...named, digest: named.digest ?? stable.digest },
        revisions: revisionsOf(deployment, replicaSets, container),
      }
    },
    async restoration(wanted) {
      const [deployment, replicaSets] = await Promise.all([client.get('Deployment', workload), sets()])
      return restorationOf(deployment, replicaSets, container, wanted)
    },
    preflight: () => lookBeforeSettingBack(client, workload, options.uses),
  }
}

/** What setting a Deployment back writes; what it reads says so itself when it is not allowed. */
export const WRITES: readonly Omit<RoleRule, 'when'>[] = [
  { group: 'apps', resource: 'deployments', verbs: ['patch'] },
  { group: 'coordination.k8s.io', resource: 'leases', verbs: ['create', 'update'] },
]

async function lookBeforeSettingBack(
  client: Client,
  workload: string,
  uses: readonly RoleRule['when'][],
): Promise<void> {
  const [deployment] = await Promise.all([
    client.get('Deployment', workload),
    proveAccess(client, [...WRITES, ...roleRules(uses)]),
  ])
  if (deployment.spec?.paused !== true) return
  const object = `Deployment ${client.namespace}/${workload}`
  throw new Conflict(`${object} is paused: what it is set back to would not be rolled out`, {
    object,
    fix: [`kubectl -n ${client.namespace} rollout resume deployment ${workload}`],
  })
}

/**
 * The workloads of a namespace that releases of ours have touched: each has a Lease.
 * @throws Forbidden, Unreachable
 */
export async function releasedWorkloads(client: Client): Promise<readonly string[]> {
  const { items } = await client.list('Deployment')
  // A canary or a colour tells of its workload, whose own Deployment may have been deleted.
  const names = new Set(items.map(({ metadata }) => metadata?.annotations?.[OWNER] ?? metadata?.name ?? ''))
  const found = await Promise.all(
    [...names].map(async (name) =>
      (await client.find('Lease', leaseName(name))) === undefined ? [] : [name],
    ),
  )
  return found.flat()
}
