import { Conflict } from '@release-actions/values'
import { isMapping } from '../config/kubeconfig.ts'
import { besideService, canaryName, LABELS, TRACK } from '../names.ts'
import type { Deployment, Labels, Service } from '../objects.ts'
import { markOf } from '../traffic/route-mark.ts'
import type { HttpRoute } from '../traffic/route-types.ts'
import type { Goal } from './goal.ts'
import { type CanaryLabels, canaryLabels, spreadLabels } from './labels.ts'
import type { Manifests } from './manifests.ts'
import { stableServiceOf } from './stable-service.ts'
import type { Standing, TargetOptions, TrafficChoice } from './standing.ts'

/** Which objects a release is about. */
export interface Target {
  readonly workload: string
  readonly canary: string
  readonly container: string
  /** The stable Deployment as it was found. */
  readonly deployment: Deployment
  readonly owner: { readonly name: string; readonly uid: string }
  readonly stableService: string
  readonly canaryService: string
  readonly goal: Goal | undefined
  readonly manifests: Manifests | undefined
  /** Those on an existing canary, else worked out from the namespace; the same for the life of the process. */
  labels(): Promise<CanaryLabels>
}

/** @throws NotFound, InvalidInput, Forbidden; touches nothing */
export async function findTarget(options: TargetOptions, standing: Standing): Promise<Target> {
  const { client, workload } = options
  const { deployment, route, container, goal, manifests } = standing
  const services = await client.list('Service')
  const { name = workload, uid = '' } = deployment.metadata ?? {}
  // What is in flight goes on, and back, with the Services that it began with: a rollback is told neither.
  const mark = markOf(route, workload)
  const stableService =
    mark?.stable ?? options.stableService ?? serviceOf(options, deployment, services.items, route, manifests)
  const canaryService = mark?.canary ?? options.canaryService ?? besideService(stableService, 'canary')
  let labels: Promise<CanaryLabels> | undefined
  return {
    workload,
    canary: canaryName(workload),
    container,
    deployment,
    owner: { name, uid },
    stableService,
    canaryService,
    goal,
    manifests,
    labels: () => (labels ??= labelsOf(options, deployment, services.items, canaryService)),
  }
}

/** Where only a way back is asked for, what somebody has deleted meanwhile must not be in its way. */
function serviceOf(
  { client, workload, traffic, rule, image }: TargetOptions,
  deployment: Deployment,
  services: readonly Service[],
  route: HttpRoute | undefined,
  manifests: Manifests | undefined,
): string {
  const named = traffic.kind === 'httproute' ? { name: traffic.name, found: route } : undefined
  try {
    return stableServiceOf({ namespace: client.namespace, deployment, services, route: named, rule })
  } catch (error) {
    if (image !== undefined || manifests !== undefined) throw error
    return workload
  }
}

async function labelsOf(
  { client, workload, traffic, canaryLabels: override }: TargetOptions,
  deployment: Deployment,
  services: readonly Service[],
  canaryService: string,
): Promise<CanaryLabels> {
  const labels = deployment.spec?.template.metadata?.labels ?? {}
  const selector = deployment.spec?.selector ?? {}
  const existing = await client.find('Deployment', canaryName(workload))
  const noted = changedLabels(existing)
  if (noted !== undefined) {
    refuseOtherWay(client.namespace, canaryName(workload), noted, traffic, labels)
    return {
      changed: noted,
      labels: { ...labels, ...noted },
      selector: existing?.spec?.selector.matchLabels ?? {},
      overlaps: Object.keys(noted).every((key) => selector.matchLabels?.[key] === undefined),
    }
  }
  if (traffic.kind === 'replicas') return spreadLabels({ labels, selector })
  const [policies, budgets] = await Promise.all([
    client.list('NetworkPolicy'),
    client.list('PodDisruptionBudget'),
  ])
  const around = {
    labels,
    selector,
    services: services.filter((each) => each.metadata?.name !== canaryService),
    policies: policies.items,
    budgets: budgets.items,
  }
  return canaryLabels(around, override)
}

/** A canary that was made for a router gets no traffic from the Service, and one without a router would at once. */
function refuseOtherWay(
  namespace: string,
  name: string,
  noted: Labels,
  traffic: TrafficChoice,
  stable: Labels,
): void {
  const spread = noted[TRACK] !== undefined && stable[TRACK] === undefined
  if (spread === (traffic.kind === 'replicas')) return
  const object = `Deployment ${namespace}/${name}`
  throw new Conflict(`${object} is of a release with another way to split the traffic`, {
    object,
    fix: ['end that release first, with the input traffic that it began with'],
  })
}

/** The set K as noted on a canary Deployment of ours. */
export function changedLabels(canary: Deployment | undefined): Labels | undefined {
  const text = canary?.metadata?.annotations?.[LABELS]
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (!isMapping(value)) return undefined
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, String(each)]))
  } catch {
    // Somebody's own text: worked out again.
    return undefined
  }
}
