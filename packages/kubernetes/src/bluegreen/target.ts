import { type Color, COLORS } from '@release-actions/release'
import { InvalidInput, NotFound } from '@release-actions/values'
import type { Goal } from '../canary/goal.ts'
import type { Manifests } from '../canary/manifests.ts'
import { stableServiceOf } from '../canary/stable-service.ts'
import { besideService, colorName } from '../names.ts'
import type { Deployment } from '../objects.ts'
import { colorMark } from '../traffic/route-colors.ts'
import type { Restoring } from './restoring.ts'
import type { ColorStanding, ColorTargetOptions } from './standing.ts'
import { without } from './template.ts'

/** Which objects a blue/green release is about. */
export interface ColorTarget {
  readonly workload: string
  /** The names of the colours' Deployments. */
  readonly colors: Readonly<Record<Color, string>>
  readonly container: string
  /** The user's own Deployment, or, where it was deleted, what serves in its terms. */
  readonly deployment: Deployment
  /** The user's Service. */
  readonly service: string
  /** The name of the Service that the switch itself changes; undefined: it changes a route. */
  readonly switching: string | undefined
  /** The Service that leads to one colour only, while it is idle. */
  preview(color: Color): string
  /** Every Service whose endpoints say that pods are known. */
  readonly services: readonly string[]
  readonly goal: Goal | undefined
  /** Of an earlier release that is to be run again: what was found of it. */
  readonly restoring: Restoring | undefined
  readonly manifests: Manifests | undefined
}

/** @throws NotFound, InvalidInput, Forbidden; touches nothing */
export function findColorTarget(options: ColorTargetOptions, standing: ColorStanding): ColorTarget {
  const { workload, traffic } = options
  const { deployment, container, goal, restoring, manifests } = standing
  const service = traffic.kind === 'service' ? traffic.name : ofRoute(options, standing)
  const single = options.previewService ?? besideService(service, 'preview')
  if (single === service) {
    throw new InvalidInput('preview-service', single, 'a Service of its own, not the one that is switched')
  }
  const preview = traffic.kind === 'service' ? () => single : (color: Color) => besideService(service, color)
  return {
    workload,
    colors: { blue: colorName(workload, 'blue'), green: colorName(workload, 'green') },
    container,
    deployment,
    service,
    switching: traffic.kind === 'service' ? service : undefined,
    preview,
    services: [...new Set([service, ...COLORS.map(preview)])],
    goal,
    restoring,
    manifests,
  }
}

/** The Service that a route names and that leads to the workload. */
function ofRoute(
  { client, workload, traffic, service }: ColorTargetOptions,
  { deployment, services: all, route, goal }: ColorStanding,
): string {
  const known = service ?? colorMark(route, workload)?.service
  if (known !== undefined) return known
  // As the user's manifests have them: a colour's key in a selector is ours.
  const services = all.map((each) => ({
    ...each,
    spec: { ...each.spec, selector: without(each.spec?.selector ?? {}) },
  }))
  try {
    return stableServiceOf({
      namespace: client.namespace,
      deployment,
      services,
      route: { name: traffic.name, found: route },
      rule: undefined,
    })
  } catch (error) {
    // Where only a way back is asked for, what somebody has deleted meanwhile must not be in its way.
    if (goal === undefined && error instanceof NotFound) return workload
    throw error
  }
}
