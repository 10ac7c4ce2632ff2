import type { Pods } from '@release-actions/ports'
import {
  COLORS,
  type Identity,
  type LeaseState,
  type ReleaseId,
  type Revision,
  type RunId,
  type WorkloadGlance,
} from '@release-actions/release'
import { Conflict } from '@release-actions/values'
import { proveAccess } from '../access.ts'
import { openCanary, type CanaryOptions } from '../approach.ts'
import { servedBy } from '../bluegreen/standing.ts'
import { templateOf } from '../bluegreen/template-of.ts'
import { imageOf } from '../canary/containers.ts'
import type { Client } from '../client.ts'
import type { KubernetesCanary } from '../kubernetes.ts'
import { colorName, leaseName, OWNER } from '../names.ts'
import type { Deployment, ReplicaSet } from '../objects.ts'
import { roleRules, type RoleRule } from '../role.ts'
import { selectorText } from '../selectors.ts'
import { releaseOf, restorationOf, revisionsOf, type Restoration } from './restoration.ts'

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
export interface KubernetesRollback extends KubernetesCanary {
  readonly pods: Pods
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
  const canary = await openCanary({
    ...options,
    traffic: route === undefined ? { kind: 'replicas' } : { kind: 'httproute', name: route },
    uses: [],
  })
  const { client, target } = canary
  const { workload, container } = target
  const service = await client.find('Service', target.stableService)

  async function sets(): Promise<readonly ReplicaSet[]> {
    const labels = selectorText(target.deployment.spec?.selector ?? {})
    return (await client.list('ReplicaSet', { labels })).items
  }

  return {
    ...canary,
    serviced: service !== undefined,
    async survey() {
      const [claim, { stable }, deployment, replicaSets, blue, green] = await Promise.all([
        canary.claims.read(),
        canary.cluster.observe(),
        client.get('Deployment', workload),
        sets(),
        ...COLORS.map((color) => client.find('Deployment', colorName(workload, color))),
      ])
      const named = releaseOf(deployment.spec?.template, container)
      const ours = [blue, green].some((each) => each?.metadata?.annotations?.[OWNER] === workload)
      return {
        state: ours ? await withColors(claim.state) : claim.state,
        holder: claim.kind === 'held' ? claim.by : undefined,
        stable: { ...named, digest: named.digest ?? stable.digest },
        colors: { blue: colorOf(blue), green: colorOf(green) },
        revisions: revisionsOf(deployment, replicaSets, container),
      }
    },
    async restoration(wanted) {
      const [deployment, replicaSets] = await Promise.all([client.get('Deployment', workload), sets()])
      return restorationOf(deployment, replicaSets, container, wanted)
    },
    preflight: () => lookBeforeSettingBack(client, workload, options.uses),
  }

  /** The Lease of an adopted workload was deleted: then the Service, or the route, says which colour serves. */
  async function withColors(state: LeaseState): Promise<LeaseState> {
    const { inFlight, switching, colors } = state
    if ((inFlight ?? switching ?? colors) !== undefined) return state
    const switched = /^service\/(.+)$/.exec(options.traffic ?? '')?.[1] ?? target.stableService
    const [found, serving] = await Promise.all([
      route === undefined ? undefined : client.find('HTTPRoute', route),
      client.find('Service', switched),
    ])
    const live = servedBy(found, serving, workload)
    return live === 'own' ? state : { ...state, colors: { live, warm: undefined } }
  }

  function colorOf(found: Deployment | undefined): Identity | undefined {
    if (found?.metadata?.annotations?.[OWNER] !== workload) return undefined
    const image = imageOf(found.spec?.template, container)
    const digest = /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1]
    return { template: templateOf(found), digest, image }
  }
}

/** What setting a Deployment back writes; what it reads says so itself when it is not allowed. */
const WRITES: readonly Omit<RoleRule, 'when'>[] = [
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
  const found = await Promise.all(
    items
      .filter(({ metadata }) => metadata?.annotations?.[OWNER] === undefined)
      .map(async ({ metadata }) => {
        const name = metadata?.name ?? ''
        return (await client.find('Lease', leaseName(name))) === undefined ? [] : [name]
      }),
  )
  return found.flat()
}
