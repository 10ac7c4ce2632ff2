import { Forbidden, ReleaseError } from '@release-actions/values'
import { proveAccess } from '../access.ts'
import type { Client } from '../client.ts'
import { named, othersBehind } from '../bluegreen/others-behind.ts'
import { isMapping } from '../config/kubeconfig.ts'
import { OWNER } from '../names.ts'
import type { Labels, PodTemplate, Service } from '../objects.ts'
import { renderRule, roleRules, type RoleRule } from '../role.ts'
import type { Applying } from './applying.ts'
import { keepingApart } from './keeping-apart.ts'
import { lookBeside } from './look-beside.ts'
import { foreign } from './cluster.ts'
import { differingPolicies, sharedBudgets } from './policies.ts'
import { selecting } from './labels.ts'
import { judgeWorkload } from './refusals.ts'
import { scales } from './scales.ts'
import type { Target } from './target.ts'
import { warnedVertical } from './vertical-autoscaler.ts'

export interface PreflightOptions {
  readonly client: Client
  readonly target: Target
  readonly applying: Applying | undefined
  readonly spread: boolean
  /** What else the step will do: `gates` (through the proxies), `hooks`. */
  readonly uses: readonly RoleRule['when'][]
}

/**
 * The first look, before anything is touched: what cannot be released is refused with all its reasons at once, and
 * every verb that the way there and back needs is proved to be allowed.
 * @returns warnings, a sentence each
 * @throws Forbidden, Conflict, ReleaseError `invalid-input`
 */
export async function lookFirst(options: PreflightOptions): Promise<readonly string[]> {
  const { client, target, applying, spread } = options
  // What the look itself needs, it says with one clear error instead of many 403s.
  const [autoscalers] = await Promise.all([
    client.list('HorizontalPodAutoscaler').catch((error: unknown) => {
      if (error instanceof Forbidden) return { items: [], resourceVersion: undefined }
      throw error
    }),
    proveAccess(client, roleRules(['always', ...(spread ? [] : ['httproute' as const]), ...options.uses])),
  ])
  const autoscaler = autoscalers.items.find((each) => scales(each, target.workload))
  const [labels, services, policies, budgets, canary, claims, manifests, vertical] = await Promise.all([
    target.labels(),
    client.list('Service'),
    client.list('NetworkPolicy'),
    client.list('PodDisruptionBudget'),
    client.find('Deployment', target.canary),
    claimsOf(client, target.goal?.template ?? target.deployment.spec?.template),
    applying?.look(),
    warnedVertical(client, [target.workload]),
  ])
  const { deployment } = target
  const service = services.items.find((each) => each.metadata?.name === target.stableService)
  const [beside, others] = await Promise.all([
    lookBeside(client, target, autoscaler !== undefined),
    othersOf(client, service, deployment),
  ])
  const needed = [...(autoscaler === undefined ? [] : roleRules(['autoscaler'])), ...(manifests?.rules ?? [])]
  if (needed.length > 0) await proveAccess(client, needed)
  if (canary !== undefined && canary.metadata?.annotations?.[OWNER] !== target.workload) {
    throw foreign(client.namespace, target.canary)
  }
  const goal: PodTemplate = target.goal?.template ?? deployment.spec?.template ?? {}
  const stable = deployment.spec?.template.metadata?.labels ?? {}
  // What the pods of the new version will carry: manifests may bring labels that the stable has not.
  const carried = { ...goal.metadata?.labels, ...labels.changed }
  const verdict = judgeWorkload({ deployment, goal, service, autoscaler, claims, spread })
  const refused = [
    ...(service === undefined ? [`the Service ${target.stableService} does not exist`] : []),
    ...verdict.refused,
    ...(spread ? [] : leaking(services.items, target.canaryService, carried)),
    ...(spread ? [] : differingPolicies(policies.items, stable, carried)),
    ...(manifests?.refused ?? []),
    ...beside.refused,
  ]
  if (refused.length > 0) throw refusal(`${client.namespace}/${target.workload}`, refused)
  return [
    ...verdict.warnings,
    ...(others.length === 0 ? [] : [sharing(target.stableService, others, spread)]),
    ...unseenClaims(claims),
    ...keepingApart({ deployment, goal, changed: labels.changed }),
    ...vertical,
    ...sharedBudgets(budgets.items, stable, carried),
    ...(labels.overlaps && autoscaler !== undefined
      ? [`HorizontalPodAutoscaler ${autoscaler.metadata?.name} counts the canary's pods too while it lives`]
      : []),
    ...(manifests?.warnings ?? []),
    ...beside.warnings,
  ]
}

/** Pods of other workloads behind the Service: their names. A Service without a selector is refused for that. */
async function othersOf(
  client: Client,
  service: Service | undefined,
  { spec }: Target['deployment'],
): Promise<readonly string[]> {
  const matchLabels = service?.spec?.selector ?? {}
  if (Object.keys(matchLabels).length === 0 || spec === undefined) return []
  return othersBehind(client, { matchLabels }, spec.selector)
}

function sharing(service: string, others: readonly string[], spread: boolean): string {
  const consequence = spread
    ? 'they take their part of the requests, so the new version gets less than its weight'
    : "the new version's share is taken from them too, at 100 % they get none, and its pods are counted for the workload's part only"
  return `the Service ${service} also selects pods of others (${named(others)}): ${consequence}; give the workload a Service of its own`
}

/** A Service that came later, or selects a label that only the new version has: traffic that no one gave the canary. */
function leaking(services: readonly Service[], own: string, labels: Labels): readonly string[] {
  return selecting({ services }, labels)
    .filter((each) => each.metadata?.name !== own)
    .map((each) => `the Service ${each.metadata?.name} selects the canary's pods`)
}

function refusal(name: string, reasons: readonly string[]): ReleaseError {
  const [first = '', ...more] = reasons
  const also = more.length > 0 ? ` (and ${more.length} more)` : ''
  return new ReleaseError(
    'invalid-input',
    `Deployment ${name} cannot be released by canary: ${first}${also}`,
    {
      object: `Deployment ${name}`,
      why: reasons,
      fix: ['nothing has been changed'],
    },
  )
}

/** Not of the Role that a release asks for, since few workloads mount a claim (ADR 9). */
export function unseenClaims(claims: ReadonlyMap<string, readonly string[] | undefined>): readonly string[] {
  if (![...claims.values()].includes(undefined)) return []
  const rule = renderRule({ group: '', resource: 'persistentvolumeclaims', verbs: ['get'] })
  return [`to have a volume that only one pod can mount refused before it is tried, add to the Role: ${rule}`]
}

/** The access modes of the volume claims that the pods mount; undefined where we may not look. */
export async function claimsOf(
  client: Client,
  template: PodTemplate | undefined,
): Promise<ReadonlyMap<string, readonly string[] | undefined>> {
  const names = (template?.spec?.volumes ?? []).map((each) => each.persistentVolumeClaim?.claimName)
  const type = { group: '', version: 'v1', plural: 'persistentvolumeclaims' }
  const looks = names
    .filter((name) => name !== undefined)
    .map(async (name) => {
      try {
        const claim = await client.findAny(type, 'PersistentVolumeClaim', name)
        const spec = claim?.['spec']
        const modes =
          isMapping(spec) && Array.isArray(spec['accessModes']) ? spec['accessModes'].map(String) : []
        return [name, modes] as const
      } catch (error) {
        if (error instanceof Forbidden) return [name, undefined] as const
        throw error
      }
    })
  return new Map(await Promise.all(looks))
}
