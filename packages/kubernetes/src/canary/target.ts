import { Conflict, Forbidden, NotFound, ReleaseError } from '@release-actions/values'
import type { Client } from '../client.ts'
import { isMapping } from '../config/kubeconfig.ts'
import { canaryName, LABELS, TRACK } from '../names.ts'
import type { Deployment, Labels, PodTemplate, Service } from '../objects.ts'
import type { HttpRoute } from '../traffic/route-types.ts'
import { chooseContainer, imageOf, withImage } from './containers.ts'
import { type CanaryLabels, canaryLabels, spreadLabels } from './labels.ts'
import { type Manifests, readManifests } from './manifests.ts'
import { stableServiceOf } from './stable-service.ts'
import { templateHash } from './template-hash.ts'

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

/** The new version in the terms of the stable Deployment. */
export interface Goal {
  readonly template: PodTemplate
  /** SHA-256 of that template. */
  readonly hash: string
  readonly image: string
}

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
export async function findTarget(options: TargetOptions): Promise<Target> {
  const { client, workload, traffic } = options
  const [found, services, route, manifests] = await Promise.all([
    client.find('Deployment', workload),
    client.list('Service'),
    traffic.kind === 'httproute' ? client.find('HTTPRoute', traffic.name) : undefined,
    options.manifests === undefined || options.manifests.length === 0
      ? undefined
      : readManifests({
          entries: options.manifests,
          workload,
          namespace: client.namespace,
          cwd: options.cwd,
        }),
  ])
  const deployment = found ?? (await notADeployment(client, workload))
  const { name = workload, uid = '' } = deployment.metadata ?? {}
  const container = chooseContainer(manifests?.template ?? deployment.spec?.template, options.container).name
  const stableService =
    options.stableService ?? serviceOf(options, deployment, services.items, route, manifests)
  const canaryService = options.canaryService ?? canaryName(stableService)
  let labels: Promise<CanaryLabels> | undefined
  return {
    workload,
    canary: canaryName(workload),
    container,
    deployment,
    owner: { name, uid },
    stableService,
    canaryService,
    goal: await goalOf(options, deployment, container, manifests),
    manifests,
    labels: () => (labels ??= labelsOf(options, deployment, services.items, canaryService)),
  }
}

async function goalOf(
  { client, workload, image }: TargetOptions,
  deployment: Deployment,
  container: string,
  manifests: Manifests | undefined,
): Promise<Goal | undefined> {
  const given = manifests?.template ?? deployment.spec?.template
  if (given === undefined || (image === undefined && manifests === undefined)) return undefined
  const wanted = image === undefined ? given : withImage(given, container, image)
  const template = manifests === undefined ? wanted : await defaulted(client, workload, wanted)
  return { template, hash: templateHash(template), image: imageOf(template, container) }
}

/** A template as the server would hold it, by a dry run on the stable. */
async function defaulted(client: Client, workload: string, template: PodTemplate): Promise<PodTemplate> {
  const patch = [{ op: 'replace', path: '/spec/template', value: template }] as const
  const { spec } = await client.patch('Deployment', workload, patch, { dryRun: true })
  if (spec === undefined) throw new Conflict(`the dry run of Deployment ${workload} came back without a spec`)
  return spec.template
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
      overlaps:
        noted !== undefined && Object.keys(noted).every((key) => selector.matchLabels?.[key] === undefined),
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

const OTHERS = [
  { kind: 'StatefulSet', plural: 'statefulsets' },
  { kind: 'DaemonSet', plural: 'daemonsets' },
] as const

async function notADeployment(client: Client, workload: string): Promise<never> {
  for (const { kind, plural } of OTHERS) {
    const found = await client
      .findAny({ group: 'apps', version: 'v1', plural }, kind, workload)
      .catch((error: unknown) => {
        // The Role does not let us look: then it is simply not found.
        if (error instanceof Forbidden) return undefined
        throw error
      })
    if (found === undefined) continue
    const message = `${workload} is a ${kind}: only Deployments can be released by canary, since its pods are not interchangeable`
    throw new ReleaseError('invalid-input', message, { object: `${kind} ${client.namespace}/${workload}` })
  }
  const object = `Deployment ${client.namespace}/${workload}`
  throw new NotFound(`${object} does not exist`, {
    object,
    fix: [`kubectl -n ${client.namespace} get deployments`],
  })
}
