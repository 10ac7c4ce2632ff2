import { type Color, COLORS, type Identity, type Owner } from '@release-actions/release'
import { NotFound } from '@release-actions/values'
import { chooseContainer } from '../canary/containers.ts'
import { type Goal, goalOf, readGiven } from '../canary/goal.ts'
import type { Manifests } from '../canary/manifests.ts'
import type { Client } from '../client.ts'
import { colorName, OWNER } from '../names.ts'
import type { Deployment, PodTemplate, Service } from '../objects.ts'
import { selectorText } from '../selectors.ts'
import { colorMark, servingRoute } from '../traffic/route-colors.ts'
import type { HttpRoute } from '../traffic/route-types.ts'
import type { Probe } from '../traffic/asking.ts'
import { ownerIn } from './colors-of.ts'
import type { Restoring } from './restoring.ts'
import { uncoloured, without } from './template.ts'

/** What says who serves, as the input `traffic` says. */
export type SwitchChoice =
  { readonly kind: 'service'; readonly name: string } | { readonly kind: 'httproute'; readonly name: string }

export interface ColorTargetOptions {
  readonly client: Client
  readonly workload: string
  readonly traffic: SwitchChoice
  /** With its digest. Neither image nor manifests: nothing is released, what is in flight can be taken back. */
  readonly image?: string | undefined
  readonly manifests?: readonly string[] | undefined
  /** An earlier release, to be run again as it was: in the place of image and manifests. */
  readonly restore?: Identity | undefined
  readonly container?: string | undefined
  /** Of a route: the Service that it names and that leads to the workload. Default: the only one. */
  readonly service?: string | undefined
  /** Default `<service>-preview`. */
  readonly previewService?: string | undefined
  readonly probe?: Probe | undefined
  /** What relative manifest paths are relative to. */
  readonly cwd: string
}

/** What stands in the cluster before a release, and what it should become: as little as tells whether they differ. */
export interface ColorStanding {
  /** The user's own; undefined: it was deleted after the colours were made. */
  readonly own: Deployment | undefined
  /** The user's own, or, where it was deleted, what serves in its terms: with its labels and selector. */
  readonly deployment: Deployment
  readonly colors: Readonly<Record<Color, Deployment | undefined>>
  readonly serves: Owner
  /** All of the namespace. */
  readonly services: readonly Service[]
  readonly route: HttpRoute | undefined
  readonly container: string
  readonly goal: Goal | undefined
  /** Of an earlier release that is to be run again: what was found of it. */
  readonly restoring: Restoring | undefined
  readonly manifests: Manifests | undefined
}

/**
 * @param services all of the namespace, asked for already
 * @throws NotFound, InvalidInput, Forbidden; touches nothing
 */
export async function findColorStanding(
  options: ColorTargetOptions,
  services: Promise<readonly Service[]>,
): Promise<ColorStanding> {
  const { client, workload, traffic, image, restore } = options
  const told = readGiven(options)
  const [own, blue, green, route, all, manifests] = await Promise.all([
    client.find('Deployment', workload),
    client.find('Deployment', colorName(workload, 'blue')),
    client.find('Deployment', colorName(workload, 'green')),
    traffic.kind === 'httproute' ? client.find('HTTPRoute', traffic.name) : undefined,
    services,
    told.manifests,
  ])
  const serviceOf = (name: string): Service | undefined => all.find(({ metadata }) => metadata?.name === name)
  const colors = { blue: ours(blue, workload), green: ours(green, workload) }
  const service = traffic.kind === 'service' ? serviceOf(traffic.name) : undefined
  const releasing = image !== undefined || manifests !== undefined || restore !== undefined
  if ((service ?? route) === undefined && releasing) throw notThere(client.namespace, traffic)
  const serves =
    traffic.kind === 'service'
      ? ownerOf(service)
      : servedBy(route, serviceOf(colorMark(route, workload)?.service ?? options.service ?? ''), workload)
  const live = serves === 'own' ? undefined : colors[serves]
  const standing = live ?? COLORS.map((color) => colors[color]).find((each) => each !== undefined)
  const deployment =
    own ??
    (standing === undefined
      ? await (await import('../canary/not-a-deployment.ts')).notADeployment(client, workload)
      : inOwnTerms(standing, workload))
  if (own === undefined && manifests !== undefined) {
    const object = `Deployment ${client.namespace}/${workload}`
    throw new NotFound(
      `${object} does not exist any more: apply it again (it serves nothing, with 0 replicas too)`,
      {
        object,
      },
    )
  }
  // A copy of what serves gets the new image: that is what the users have been living with.
  const base: PodTemplate | undefined =
    live?.spec === undefined ? deployment.spec?.template : uncoloured(live.spec.template)
  const container = chooseContainer(manifests?.template ?? base, options.container).name
  const restoring = restore === undefined ? undefined : await restored(restore)
  const given = await goalOf({
    deployment:
      deployment.spec === undefined || base === undefined
        ? deployment
        : { ...deployment, spec: { ...deployment.spec, template: base } },
    container,
    image,
    manifests,
    completed: told.template,
  })
  const goal = restoring?.goal ?? given
  return { own, deployment, colors, serves, services: all, route, container, goal, restoring, manifests }

  async function restored(wanted: Identity): Promise<Restoring> {
    const labels = selectorText(deployment.spec?.selector ?? {})
    const [{ restoringOf }, { items }] = await Promise.all([
      import('./restoring.ts'),
      client.list('ReplicaSet', { labels }),
    ])
    return restoringOf({ workload, own, colors, replicaSets: items }, base ?? {}, container, wanted)
  }
}

function ownerOf(service: Service | undefined): Owner {
  const said = ownerIn(service?.spec?.selector)
  return typeof said === 'string' ? said : 'own'
}

/**
 * Who serves, by what says it.
 *
 * A route that was applied again names the user's Service only, whose selector then says it.
 */
export function servedBy(
  route: HttpRoute | undefined,
  service: Service | undefined,
  workload: string,
): Owner {
  const named = servingRoute(route, workload)
  return named === 'own' ? ownerOf(service) : named
}

/** One of that name that is somebody else's is told by the first look. */
function ours(found: Deployment | undefined, workload: string): Deployment | undefined {
  return found?.metadata?.annotations?.[OWNER] === workload ? found : undefined
}

function inOwnTerms(color: Deployment, workload: string): Deployment {
  const { metadata, spec } = color
  return {
    ...color,
    metadata: { ...metadata, name: workload, labels: without(metadata?.labels ?? {}) },
    ...(spec !== undefined && {
      spec: {
        ...spec,
        replicas: 0,
        selector: { ...spec.selector, matchLabels: without(spec.selector.matchLabels ?? {}) },
        template: uncoloured(spec.template),
      },
    }),
  }
}

function notThere(namespace: string, { kind, name }: SwitchChoice): NotFound {
  const object = `${kind === 'service' ? 'Service' : 'HTTPRoute'} ${namespace}/${name}`
  return new NotFound(`${object} does not exist`, {
    object,
    fix: [
      `kubectl -n ${namespace} get ${kind === 'service' ? 'services' : 'httproutes'}`,
      kind === 'service' ? 'set traffic: service/NAME' : 'set traffic: httproute/NAME',
    ],
  })
}
