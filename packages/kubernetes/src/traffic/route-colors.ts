import { type Color, COLORS, type Owner } from '@release-actions/release'
import { isMapping } from '../config/kubeconfig.ts'
import { besideService, colorsKey } from '../names.ts'
import type { BackendRef, HttpRoute } from './route-types.ts'
import { isService, weightOf } from './route-weights.ts'

/** What we note on a route when the colours come in. */
export interface ColorMark {
  /** The user's Service, in whose place the colours' are. */
  readonly service: string
  /** ResolvedRefs was False before us: it is not our doing. */
  readonly unresolved: boolean
}

export function colorMark(route: HttpRoute | undefined, workload: string): ColorMark | undefined {
  const text = route?.metadata?.annotations?.[colorsKey(workload)]
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (!isMapping(value) || typeof value['service'] !== 'string') return undefined
    return { service: value['service'], unresolved: value['unresolved'] === true }
  } catch {
    // Somebody's own text: then the Service is the one that this step was given.
    return undefined
  }
}

/** A rule that names the user's Service or one of the colours'; places are indices. */
export interface ColorRule {
  readonly at: number
  readonly refs: readonly BackendRef[]
  readonly own: number | undefined
  readonly blue: number | undefined
  readonly green: number | undefined
}

export function colorRules(route: HttpRoute, service: string): readonly ColorRule[] {
  const namespace = route.metadata?.namespace ?? ''
  return (route.spec?.rules ?? []).flatMap(({ backendRefs: refs = [] }, at) => {
    const place = (name: string): number | undefined => {
      const found = refs.findIndex((ref) => isService(ref, name, namespace))
      return found < 0 ? undefined : found
    }
    const rule = {
      at,
      refs,
      own: place(service),
      blue: place(besideService(service, 'blue')),
      green: place(besideService(service, 'green')),
    }
    return rule.own === undefined && rule.blue === undefined && rule.green === undefined ? [] : [rule]
  })
}

/** Whose backends of a rule get requests. */
export function reached(rule: ColorRule): readonly Owner[] {
  const owners: readonly Owner[] = ['own', ...COLORS]
  return owners.filter((owner) => {
    const at = rule[owner]
    return at !== undefined && weightOf(rule.refs[at]) > 0
  })
}

/** The colour that every rule of a route names; `own` where they name none, or do not agree. */
export function servingRoute(route: HttpRoute | undefined, workload: string): Owner {
  const mark = colorMark(route, workload)
  if (route === undefined || mark === undefined) return 'own'
  const all = new Set<Owner>(colorRules(route, mark.service).flatMap(reached))
  const [only, second] = all
  return only !== undefined && second === undefined ? only : 'own'
}

/** What of a rule's weights is ours to give: that of the user's Service and of the colours' together. */
export function shareOfOurs(rule: ColorRule): number {
  const places = [rule.own, rule.blue, rule.green].filter((at) => at !== undefined)
  return places.reduce((sum, at) => sum + weightOf(rule.refs[at]), 0)
}

export function colorService(service: string, color: Color): string {
  return besideService(service, color)
}
