import { blueGreens, type CanaryGlance, type ClaimSight } from '@release-actions/release'
import { Conflict, Forbidden } from '@release-actions/values'
import { besideTemplate, differencesBeside } from './canary/beside-template.ts'
import type { Goal } from './canary/goal.ts'
import { heldByUs } from './canary/held-by-us.ts'
import { isRolledOut } from './canary/rolled-out.ts'
import { findStanding, type TargetOptions } from './canary/standing.ts'
import { loadHashing, templateHash } from './canary/template-hash.ts'
import type { Unapplied } from './canary/unapplied.ts'
import type { KubernetesCanary } from './kubernetes.ts'
import { canaryName } from './names.ts'
import { reach, type ReachOptions } from './reach.ts'
import { mayBeLinked } from './traffic/linked.ts'

export interface CanaryOptions extends Omit<TargetOptions, 'client'>, ReachOptions {}

/** A workload that has been found; whether a release has anything to do there can be told with few questions. */
export interface Approach {
  readonly namespace: string
  /** The one that carries the version. */
  readonly container: string
  /** undefined: nothing is to be released. */
  readonly goal: Goal | undefined
  /** What was asked beside the first look. @throws ReleaseError */
  glance(): Promise<CanaryGlance>
  /**
   * What the manifests say beside the template and the cluster does not have. `replicas` do not count: an HPA or a person
   * may have changed them since. Reads only.
   */
  unapplied(): Promise<Unapplied>
  /** Everything that a release touches: loaded and found only now. @throws NotFound, InvalidInput, Forbidden */
  open(): Promise<KubernetesCanary>
}

/**
 * The first look at a workload: reads only, and only what tells whether it is already what it should be.
 * @throws NotFound, InvalidInput, Forbidden, Unreachable
 */
export async function approach(options: CanaryOptions): Promise<Approach> {
  const { workload, traffic } = options
  const { client, claims } = reach(options)
  // Asked beside the first questions: for a finished step their answers are all that is missing.
  const early = Promise.all([claims.read(), client.find('Deployment', canaryName(workload))])
  early.catch(() => undefined) // said by whoever waits for it, if anybody does
  loadHashing()
  const standing = await findStanding({ ...options, client })
  const { deployment, route, container, goal, manifests } = standing
  return {
    namespace: client.namespace,
    container,
    goal,
    async glance() {
      const [claim, canary] = await early
      return {
        claim,
        // Pods of an older template that are on their way out are nothing that a release would wait for.
        stable: { template: templateHash(deployment.spec?.template), settled: isRolledOut(deployment) },
        canary,
        traffic: {
          kind: traffic.kind === 'replicas' ? 'replicas' : 'route',
          linked: route === undefined || mayBeLinked(route, workload, options.canaryService),
        },
      }
    },
    async unapplied() {
      if (manifests === undefined) return { differing: [], unseen: [] }
      const beside = differencesBeside(besideTemplate(manifests.deployment), deployment, true)
      const names = beside.map(({ name }) => name).join(', ')
      const own = names === '' ? [] : [`Deployment ${workload} differs in ${names}`]
      if (manifests.configs.length + manifests.others.length === 0) return { differing: own, unseen: [] }
      const { unappliedObjects } = await import('./canary/unapplied.ts')
      const found = await unappliedObjects(client, manifests, heldByUs(manifests, workload, traffic))
      return { ...found, differing: [...own, ...found.differing] }
    },
    async open() {
      if (goal !== undefined) assertNotAdopted(await readable(early))
      return (await import('./kubernetes.ts')).canaryOf(options, { client, claims, standing })
    },
  }
}

/** undefined for a Lease that may not be read: the preflight names that verb, with all others that are missing. */
async function readable(early: Promise<readonly [ClaimSight, unknown]>): Promise<ClaimSight | undefined> {
  try {
    return (await early)[0]
  } catch (error) {
    if (error instanceof Forbidden) return undefined
    throw error
  }
}

/** Said before anything else is looked for: the Service of an adopted workload leads to a colour, not to it. */
function assertNotAdopted(claim: ClaimSight | undefined): void {
  const adopted = claim === undefined ? undefined : blueGreens(claim.state)
  if (adopted !== undefined) throw new Conflict(adopted)
}

/**
 * Everything that a release touches, also where it may turn out that there is nothing to do; reads only.
 * @throws NotFound, InvalidInput, Forbidden, Unreachable
 */
export async function openCanary(options: CanaryOptions): Promise<KubernetesCanary> {
  return (await approach(options)).open()
}
