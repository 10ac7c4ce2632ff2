import type { Client } from '../client.ts'
import type { Deployment, Labels } from '../objects.ts'
import type { HttpRoute } from '../traffic/route-types.ts'
import { chooseContainer } from './containers.ts'
import { type Goal, goalOf, readGiven } from './goal.ts'
import type { Manifests } from './manifests.ts'

/** What splits the traffic, as the input `traffic` says. */
export type TrafficChoice =
  { readonly kind: 'httproute'; readonly name: string } | { readonly kind: 'replicas' }

export interface TargetOptions {
  readonly client: Client
  readonly workload: string
  readonly traffic: TrafficChoice
  /** With its digest. Neither image nor manifests: nothing is released, what is in flight can be taken back. */
  readonly image?: string | undefined
  readonly manifests?: readonly string[] | undefined
  readonly container?: string | undefined
  readonly rule?: string | undefined
  readonly stableService?: string | undefined
  readonly canaryService?: string | undefined
  readonly canaryLabels?: Labels | undefined
  /** What relative manifest paths are relative to. */
  readonly cwd: string
}

/** What stands in the cluster before a release, and what it should become: as little as tells whether they differ. */
export interface Standing {
  readonly deployment: Deployment
  /** undefined: no router, or it is not there. */
  readonly route: HttpRoute | undefined
  readonly container: string
  readonly goal: Goal | undefined
  readonly manifests: Manifests | undefined
}

/** @throws NotFound, InvalidInput, Forbidden; touches nothing */
export async function findStanding(options: TargetOptions): Promise<Standing> {
  const { client, workload, traffic, image } = options
  const given = readGiven(options)
  const [found, route, manifests] = await Promise.all([
    client.find('Deployment', workload),
    traffic.kind === 'httproute' ? client.find('HTTPRoute', traffic.name) : undefined,
    given.manifests,
  ])
  const deployment = found ?? (await (await import('./not-a-deployment.ts')).notADeployment(client, workload))
  const container = chooseContainer(manifests?.template ?? deployment.spec?.template, options.container).name
  const goal = await goalOf({ deployment, container, image, manifests, completed: given.template })
  return { deployment, route, container, goal, manifests }
}
