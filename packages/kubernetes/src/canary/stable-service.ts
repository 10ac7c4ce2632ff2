import { InvalidInput, NotFound } from '@release-actions/values'
import { OWNER } from '../names.ts'
import type { Deployment, Service } from '../objects.ts'
import type { HttpRoute } from '../traffic/route-types.ts'
import { isRule, isService } from '../traffic/route-weights.ts'
import { selecting } from './labels.ts'

export interface ServiceSearch {
  readonly namespace: string
  readonly deployment: Deployment
  readonly services: readonly Service[]
  /** Where a router splits: its name, and the route when it is there. */
  readonly route: { readonly name: string; readonly found: HttpRoute | undefined } | undefined
  readonly rule: string | undefined
}

/**
 * The Service whose traffic is split: of those that select the workload's pods, the one that the route names.
 * @throws NotFound, or InvalidInput when there are several
 */
export function stableServiceOf(search: ServiceSearch): string {
  const { namespace, deployment, services, route, rule } = search
  const object = `Deployment ${namespace}/${deployment.metadata?.name}`
  if (route !== undefined && route.found === undefined) {
    throw new NotFound(`HTTPRoute ${namespace}/${route.name} does not exist`, {
      object: `HTTPRoute ${namespace}/${route.name}`,
      fix: [`kubectl -n ${namespace} get httproutes`],
    })
  }
  const labels = deployment.spec?.template.metadata?.labels ?? {}
  const foreign = services.filter((each) => each.metadata?.annotations?.[OWNER] === undefined)
  const own = selecting({ services: foreign }, labels).map((each) => each.metadata?.name ?? '')
  const rules = (route?.found?.spec?.rules ?? []).filter(
    (each, at) => rule === undefined || isRule(each, at, rule),
  )
  const refs = rules.flatMap((each) => each.backendRefs ?? [])
  const fitting = own.filter(
    (name) => route === undefined || refs.some((ref) => isService(ref, name, namespace)),
  )
  const [only, second] = fitting
  if (second !== undefined) {
    const legal = `one of ${fitting.join(', ')}: they all select the pods of ${deployment.metadata?.name}`
    throw new InvalidInput('stable-service', undefined, legal)
  }
  if (only !== undefined) return only
  const named = [...new Set(refs.map((ref) => ref.name))].join(', ') || '(none)'
  throw new NotFound(`no Service leads to the pods of ${object}`, {
    object,
    why: [
      `Services that select its pods: ${own.join(', ') || '(none)'}`,
      ...(route === undefined ? [] : [`Services that HTTPRoute ${route.name} names: ${named}`]),
    ],
    fix: ['set stable-service'],
  })
}
